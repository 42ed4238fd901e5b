"""Which chat pages are attached to which thread, and which customers have been without a page for too long.

Promises that a page which comes back within the grace was never gone, and that a thread with two pages is left only
when both are closed. The clock is the caller's: monotonic seconds come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kindline.channels.domain.conversations import Thread


class Page(Protocol):
    """A page that can be told to look again."""

    def wake(self) -> None:
        """Something may have changed; must not wait."""

    def dismiss(self) -> None:
        """The process ends; must not wait."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The last message of a page that the ledger has but no decision has shown yet."""

    message_id: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody is attached to this thread; at `due` the customer counts as gone."""

    thread: Thread
    due: float
    accepted: Accepted | None


class Attendance:
    """All pages of this process."""

    def __init__(self) -> None:
        """Nobody is here."""
        self._pages: dict[Thread, set[Page]] = {}
        self._gone: dict[Thread, Gone] = {}
        self._accepted: dict[Thread, Accepted] = {}
        self._closing = False
        self.connected = 0
        """Sockets that are open, whether or not they have said who they are."""

    def enter(self, thread: Thread, page: Page) -> None:
        """A page is attached; what the pages before it had accepted is not forgotten."""
        self._pages.setdefault(thread, set()).add(page)
        gone = self._gone.pop(thread, None)
        if gone is not None and gone.accepted is not None:
            self._accepted[thread] = gone.accepted

    def leave(self, thread: Thread, page: Page, due: float, accepted: Accepted | None) -> None:
        """A page is detached; if it was the last one, its customer is gone at `due` unless a page comes back."""
        pages = self._pages.get(thread, set())
        pages.discard(page)
        if accepted is not None:
            self._accepted[thread] = accepted
        if pages:
            return
        self._pages.pop(thread, None)
        last = self._accepted.pop(thread, None)
        if not self._closing:
            self._gone[thread] = Gone(thread, due, last)

    def miss(self, thread: Thread, due: float) -> None:
        """Expect a page on a thread that has none; whoever is attached or expected already stays as they are."""
        if thread not in self._pages and thread not in self._gone:
            self._gone[thread] = Gone(thread, due, None)

    def settled(self, gone: Gone) -> None:
        """Nothing more is to be done about somebody who is gone, unless they came back meanwhile."""
        if self.expected(gone):
            del self._gone[gone.thread]

    def expected(self, gone: Gone) -> bool:
        """Whether they have not come back since they were found to be gone."""
        return self._gone.get(gone.thread) is gone

    def overdue(self, now: float) -> list[Gone]:
        """Who has been gone for too long."""
        return [gone for gone in self._gone.values() if gone.due <= now]

    def wake(self, threads: set[Thread]) -> None:
        """Tell the pages of these threads to look again."""
        for thread in threads & self._pages.keys():
            for page in self._pages[thread]:
                page.wake()

    def wake_all(self) -> None:
        """Tell every page to look again."""
        self.wake(set(self._pages))

    def dismiss_all(self) -> None:
        """The process ends: from now on a closed page says nothing about its customer."""
        self._closing = True
        for page in [page for pages in self._pages.values() for page in pages]:
            page.dismiss()
