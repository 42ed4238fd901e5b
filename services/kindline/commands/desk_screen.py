"""A desk as a screen: state on top, offers and work with their countdowns, the conversation, and a line to type in.

Promises agents that the newest words and the time that is left are always in sight, that a bell rings for an offer,
and that colours never say anything alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.live import Live
from rich.rule import Rule
from rich.text import Text

from kindline.client import Message, Offer, ParticipantRole, Work
from kindline.commands import desk_words as words
from kindline.commands.desk_book import DeskBook, Notice, Tone
from kindline.commands.desk_keys import LineEditor
from kindline.commands.desk_lines import STYLES

NOTICES_KEPT = 50
NOTICE_ROWS = 7
MOST_ROWS = 6
ROWS_ABOVE = 9
LONG_SECONDS = 600.0
"""A deadline further away than this is not shown: nobody talks better with a clock in sight."""


class ScreenView:
    """Draws the book, the notices and the line that is being typed."""

    def __init__(self, console: Console, book: DeskBook, editor: LineEditor, who: str) -> None:
        """`who` names agent and pool; `live` has to be entered before anything is drawn."""
        self.live = Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._console = console
        self._book = book
        self._editor = editor
        self._who = who
        self._notices: deque[Notice] = deque(maxlen=NOTICES_KEPT)
        self._now = 0.0

    def tell(self, notices: Sequence[Notice]) -> None:
        """Add to the notices and draw; what is said in a conversation stands there already."""
        self._notices.extend(notice for notice in notices if not notice.about or notice.about != self._book.current)
        if any(notice.tone is Tone.OFFER for notice in notices):
            self._console.bell()
        self.draw()

    def tick(self, now: float) -> None:
        """Let the countdowns run."""
        self._now = now
        self.draw()

    def draw(self) -> None:
        """Draw everything."""
        if self._now:
            self.live.update(self._page(), refresh=True)

    def _page(self) -> Layout:
        offers, work = self._offers(), self._work()
        page = Layout()
        page.split_column(
            Layout(self._head(), size=2),
            Layout(Group(*offers), size=len(offers), visible=bool(offers)),
            Layout(Group(*work), size=len(work), visible=bool(work)),
            Layout(Rule(self._title(), align="left", style="dim"), size=1),
            Layout(Tail(self._conversation())),
            Layout(Rule("What happened", align="left", style="dim"), size=1),
            Layout(Tail([_styled(notice) for notice in self._notices]), size=self._notice_rows()),
            Layout(Rule(style="dim"), size=1),
            Layout(Tail([self._input()]), size=2),
        )
        return page

    def _notice_rows(self) -> int:
        newest = self._notices[-1].text.count("\n") + 1 if self._notices else 0
        return max(NOTICE_ROWS, min(newest, self._console.height - ROWS_ABOVE))

    def _head(self) -> Group:
        state = self._book.state
        first = Text(f" {self._who}   {words.time_of_day(self._now)} ", style="reverse", no_wrap=True)
        if self._book.stale or "routing" in self._book.down:
            first.append(" MAY BE OLD ", style="bold red")
        return Group(first, Text(f" {words.state_words(state)}" if state else " signing in", no_wrap=True))

    def _offers(self) -> list[Text]:
        offers = sorted(self._book.offers.values(), key=lambda offer: (offer.expires_at, offer.offer_id))
        return [self._offer(number, offer) for number, offer in enumerate(offers[:MOST_ROWS], 1)]

    def _offer(self, number: int, offer: Offer) -> Text:
        which = f" {number}" if len(self._book.offers) > 1 else ""
        return Text(
            f" OFFER{which}: {offer.channel.name.lower().replace('_', ' ')} from {words.shown(offer.queue)}"
            f"   waited {words.span(self._now - offer.waiting_since)}"
            f"   {words.span(offer.expires_at - self._now)} left   a{which} accepts, d{which} declines"
            + ("   your other work would wait" if offer.interrupts else "")
            + ("   to be called back" if offer.call_back else ""),
            style=f"reverse {STYLES[Tone.OFFER]}",
            no_wrap=True,
        )

    def _work(self) -> list[Text]:
        return [self._work_row(work) for work in list(self._book.work.values())[:MOST_ROWS]]

    def _work_row(self, work: Work) -> Text:
        mark = ">" if work.interaction_id == self._book.current else " "
        row = f" {mark} {self._book.numbers[work.interaction_id]}  {words.work_words(work)}"
        row += f"   {words.stands(work)}"
        if work.deadline and work.deadline - self._now < LONG_SECONDS:
            row += f"   {words.span(work.deadline - self._now)} left"
        return Text(row, style="bold" if mark == ">" else "", no_wrap=True)

    def _title(self) -> str:
        work = self._book.speaking_to
        return self._book.name(work.interaction_id).capitalize() if work else "With nobody"

    def _conversation(self) -> list[RenderableType]:
        said = [_line(message) for message in self._book.conversations.get(self._book.current, ())]
        work = self._book.speaking_to
        if work and work.note:
            said.insert(0, Text(f"Note from the agent before you: {words.said(work.note)}", style=STYLES[Tone.AGENT]))
        return list(said)

    def _input(self) -> Text:
        typed, at = self._editor.text.replace("\n", "⏎"), self._editor.at
        line = Text("> ", style="bold")
        line.append(typed[:at], style="not bold")
        line.append(typed[at : at + 1] or " ", style="reverse not bold")
        line.append(typed[at + 1 :], style="not bold")
        return line


class Tail:
    """As many of the last lines as there is room for."""

    def __init__(self, parts: Sequence[RenderableType]) -> None:
        """`parts` stand one below the other."""
        self._parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Wrap to the width, then keep the end."""
        height = options.height or options.max_height
        lines = console.render_lines(Group(*self._parts), options.update(height=None), pad=False)
        for line in lines[-height:]:
            yield from line
            yield Text("\n", end="")


def _line(message: Message) -> Text:
    mine = message.author is ParticipantRole.AGENT
    who = "you" if mine else message.author.name.lower()
    text = Text(f"{words.time_of_day(message.said_at)} {who}: ", style="dim")
    return text.append(words.said(message.content), style=STYLES[Tone.AGENT if mine else Tone.CUSTOMER])


def _styled(notice: Notice) -> Text:
    return Text(notice.text, style=STYLES[notice.tone])
