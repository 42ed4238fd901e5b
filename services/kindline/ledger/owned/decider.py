"""The deciding state of an owner: it runs ahead of the log by the one batch in flight, and is thrown away on any doubt.

It promises that one bad input never kills a shard: whatever raises is undone by rebuilding from the counted state, and
the input stands in the log as refused, so that no later owner trips over it.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Generic

from kindline.language.facts import Fact
from kindline.ledger.owned.core import Core, Given, OwnedSettings, Taken
from kindline.ledger.owned.fold import Fold
from kindline.ledger.owned.gathering import Gathering, encoded

log = logging.getLogger("kindline.ledger.owned")

INPUTS_AT_ONCE = 1_000
TIMERS_REST = 1.0


class Decider(Generic[Given]):
    """Decides inputs in their order and keeps how far each topic has been decided."""

    def __init__(
        self, fold: Fold[Given], fresh: Callable[[], Core[Given]], settings: OwnedSettings, counts: Counter[str]
    ) -> None:
        """Begin with what counts; `fresh` makes an empty core."""
        self._fold, self._fresh, self._settings, self._counts = fold, fresh, settings, counts
        self._inbox: deque[Taken[Given]] = deque()
        self._timers_rest_until = 0.0
        self.positions = dict(fold.positions)
        self.timers = False
        self.core = self._rebuilt((), 0.0)

    @property
    def waiting(self) -> int:
        """How many inputs wait to be decided."""
        return len(self._inbox)

    def room(self) -> bool:
        """Whether one more input may wait."""
        return len(self._inbox) < self._settings.inbox

    def offer(self, taken: Taken[Given]) -> bool:
        """Let one more input wait; False if there is no room."""
        if not self.room():
            return False
        self._inbox.append(taken)
        return True

    def gather(self, now: float, gap: float | None = None) -> Gathering:
        """Decide what waits, as much as a batch may hold, and then what is due. `gap` is given once after a claim."""
        gathering = Gathering(now)
        if gap is not None:
            self._act(gathering, lambda: self.core.resume(gap, now))
        for _ in range(min(len(self._inbox), INPUTS_AT_ONCE)):
            if self._full(gathering):
                break
            self._take(gathering, self._inbox.popleft())
        if self.timers and now >= self._timers_rest_until and self._act(gathering, lambda: self.core.tick(now)):
            self._timers_rest_until = now + TIMERS_REST
        return gathering

    def _full(self, gathering: Gathering) -> bool:
        settings = self._settings
        return len(gathering.facts) >= settings.facts_per_batch or gathering.size >= settings.bytes_per_batch

    def _take(self, gathering: Gathering, taken: Taken[Given]) -> None:
        """Decide one input unless it was decided before; its position moves on whatever becomes of it."""
        if taken.offset < self.positions.get(taken.topic, 0):
            return
        self.positions[taken.topic] = taken.offset + 1
        error = self._act(gathering, lambda: self.core.decide(taken.given, gathering.now))
        if error:
            self._counts["inputs_rejected"] += 1
            self._act(gathering, lambda: self._refused(taken.given, error, gathering.now))

    def _refused(self, given: Given, error: str, now: float) -> Sequence[Fact]:
        facts = self.core.refuse(given, error)
        self.core.apply(facts, now)
        return facts

    def _act(self, gathering: Gathering, decide: Callable[[], Sequence[Fact]]) -> str:
        """Decide and take the facts in; if that fails, undo it and give the error as words that quote no content."""
        try:
            facts = decide()
            part = encoded(facts, self._settings.bytes_per_decision)
        except Exception as problem:  # noqa: BLE001  # Whatever it is, it must not take the shard with it.
            error = place_of(problem)
            frames = "".join(traceback.format_tb(problem.__traceback__))  # Not its words: they may be a customer's.
            log.error("a decision failed with %s; the state is rebuilt without it\n%s", error, frames)  # noqa: TRY400
            self._counts["state_rebuilds"] += 1
            self.core = self._rebuilt(gathering.facts, gathering.now)
            return error
        gathering.add(facts, part)
        return ""

    def _rebuilt(self, since: Sequence[Fact], now: float) -> Core[Given]:
        """A fresh core with what counts, and what this batch has decided so far; nothing is in flight meanwhile."""
        core = self._fresh()
        core.restore(self._fold.core.rows(), self._fold.decided_at or 0.0)
        if since:
            core.apply(since, now)
        return core


def place_of(problem: BaseException) -> str:
    """The kind of an error and where it was raised: its own words might quote what a customer said."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return f"{type(problem).__name__}{where}"
