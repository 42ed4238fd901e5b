"""A desk as plain lines: one sentence per change, no cursor games, for pipes, tests and screen readers.

Promises that every line stands for itself, and that deadlines are said aloud: when an offer comes, and again shortly
before it or a wrap-up ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from kindline.client import WorkState
from kindline.commands import desk_words as words
from kindline.commands.desk_book import DeskBook, Notice, Tone

SOON_SECONDS = 5.0
STYLES = {
    Tone.PLAIN: "",
    Tone.OFFER: "bold yellow",
    Tone.CUSTOMER: "bold cyan",
    Tone.AGENT: "green",
    Tone.TROUBLE: "bold red",
}


class LineView:
    """Prints what happens."""

    def __init__(self, console: Console, book: DeskBook) -> None:
        """Colours come out on a terminal only; the console sees to that."""
        self._console = console
        self._book = book
        self._reminded: set[str] = set()

    def tell(self, notices: Sequence[Notice]) -> None:
        """Print each."""
        for notice in notices:
            self._console.print(Text(notice.text, style=STYLES[notice.tone]), soft_wrap=True)

    def tick(self, now: float) -> None:
        """Say how long there is for what is new or nearly over."""
        for key, text in self._due(now):
            if key not in self._reminded:
                self._reminded.add(key)
                self.tell([Notice(text, Tone.OFFER)])

    def _due(self, now: float) -> Iterator[tuple[str, str]]:
        for offer in self._book.offers.values():
            left, waited = offer.expires_at - now, words.span(now - offer.waiting_since)
            yield offer.offer_id, f"The customer has waited {waited}; you have {words.span(left)} to take the offer."
            if left <= SOON_SECONDS:
                yield f"{offer.offer_id} soon", f"The offer goes in {words.span(left)}."
        for work in self._book.work.values():
            if work.state is WorkState.WRAP_UP and work.deadline:
                left, name = work.deadline - now, self._book.name(work.interaction_id)
                yield f"{work.interaction_id} wraps", f"You have {words.span(left)} to wrap up {name}."
                if left <= SOON_SECONDS:
                    yield f"{work.interaction_id} soon", f"The wrap-up ends in {words.span(left)}."
