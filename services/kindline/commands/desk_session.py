"""One shift at a terminal desk: what happens, what is typed and the clock, brought together until the agent leaves.

Promises agents that lines are carried out in the order in which they were typed, one after the other; that an error is
a sentence and never the end of the desk; and that Ctrl-C, a closed terminal and the end of a pipe all sign out.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from kindline.client import Desk, DeskRefused, DeskUnreachable
from kindline.commands import desk_words as words
from kindline.commands.desk_book import DeskBook, Notice, Tone
from kindline.commands.desk_orders import DeskOrders, NotUnderstood
from kindline.runtime.clock import BusinessClock

LINES_WAITING = 100
TICK_SECONDS = 0.5


class View(Protocol):
    """How a desk is shown: as lines, or as a screen."""

    def tell(self, notices: Sequence[Notice]) -> None:
        """Tell the agent something."""

    def tick(self, now: float) -> None:
        """Time has passed; `now` is business time."""


class DeskSession:
    """A signed-in desk, its view and its input."""

    def __init__(self, desk: Desk, book: DeskBook, view: View, clock: BusinessClock) -> None:
        """`desk` is entered; the view shows `book`."""
        self._desk = desk
        self._book = book
        self._view = view
        self._clock = clock
        self._orders = DeskOrders(desk, book)
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(LINES_WAITING)
        self._left = asyncio.Event()

    async def typed(self, line: str | None) -> None:
        """The agent ended a line; None: there will be no more, and that means goodbye."""
        await self._lines.put(line)

    def interrupted(self) -> None:
        """Ctrl-C: sign out, or ask once more while customers are there."""
        notice = self._orders.leave()
        if notice:
            self._view.tell([notice])
        else:
            self._left.set()

    async def run(self) -> None:
        """Work until the agent leaves or the session is over. Raises DeskRefused, DeskUnreachable."""
        tasks = [asyncio.create_task(work) for work in (self._hear(), self._obey(), self._watch(), self._left.wait())]
        with self._signals():
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()

    async def _hear(self) -> None:
        async for event in self._desk.events():
            self._view.tell(self._book.hear(event))

    async def _obey(self) -> None:
        while not self._orders.leaving:
            line = await self._lines.get()
            if line is None:
                return
            try:
                notice = await self._orders.perform(line)
            except (NotUnderstood, DeskRefused, DeskUnreachable) as error:
                notice = Notice(words.error_words(error), Tone.TROUBLE)
            self._view.tell([notice] if notice else [])

    async def _watch(self) -> None:
        while True:
            self._view.tick(self._clock.now())
            await asyncio.sleep(TICK_SECONDS)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        actions = {signal.SIGINT: self.interrupted, signal.SIGTERM: self._left.set, signal.SIGHUP: self._left.set}
        for number, action in actions.items():
            loop.add_signal_handler(number, action)
        try:
            yield
        finally:
            for number in actions:
                loop.remove_signal_handler(number)
