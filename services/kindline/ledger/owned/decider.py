"""The deciding state of an owner: it runs ahead of the log by the one batch in flight, and is thrown away on any doubt.

It promises that one bad input never kills a shard: whatever raises is undone by building anew from the counted state,
and the input stands in the log as refused, so that no later owner trips over it. Between the two nothing is decided:
what was decided before it counts by then, and the input is the first that waits, for this owner or the next.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic

from kindline.language.facts import Fact
from kindline.ledger.owned.core import Core, Given, OwnedSettings, Taken
from kindline.ledger.owned.fold import Fold
from kindline.ledger.owned.gathering import Gathering, encoded

log = logging.getLogger("kindline.ledger.owned")

INPUTS_AT_ONCE = 1_000
TIMERS_REST = 1.0


class Decider(Generic[Given]):
    """Decides inputs in their order and keeps how far each topic has been decided; to be built before anything else."""

    def __init__(
        self, fold: Fold[Given], fresh: Callable[[], Core[Given]], settings: OwnedSettings, counts: Counter[str]
    ) -> None:
        """Begin with what counts; `fresh` makes an empty core."""
        self._fold, self._fresh, self._settings, self._counts = fold, fresh, settings, counts
        self._inbox: deque[Taken[Given]] = deque()
        self._timers_rest_until = 0.0
        self._refusing = ""
        """With what error the input that waits first has failed."""
        self._resumes = True
        self.positions = dict(fold.positions)
        self.timers = False
        self.core = fresh()
        self.is_built = False
        self._spoilt: list[Core[Given]] = []
        """States that failed: to be dropped little by little, see Core.letting_go()."""

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

    def building(self) -> Iterator[None]:
        """Build the state from what counts, a small step at a time; meanwhile no fact may be folded into that."""
        yield from self.letting_go()
        core = self._fresh()
        yield from core.restoring(self._fold.core.rows(), self._fold.decided_at or 0.0)
        yield from core.getting_ready()
        self.core, self.is_built = core, True

    def letting_go(self) -> Iterator[None]:
        """Drop whatever was built here, a small step at a time."""
        self.is_built = False
        self._spoilt.append(self.core)
        self.core = self._fresh()
        while self._spoilt:
            yield from self._spoilt.pop().letting_go()

    def quiet(self) -> bool:
        """Whether a slow heartbeat does."""
        return self.is_built and self.core.quiet()

    def gather(self, now: float, gap: float | None = None) -> Gathering:
        """Decide what waits, as much as a batch may hold, and then what is due. `gap` is given after time without.

        Ends before what fails: then the state is to be built anew, when what was gathered here counts.
        """
        gathering = Gathering(now)
        if gap is not None and self._resumes:  # An engine that fails at this is not asked again.
            self._resumes = not self._act(gathering, lambda: self.core.resume(gap, now))
        for _ in range(min(len(self._inbox), INPUTS_AT_ONCE)):
            if not self.is_built or self._full(gathering):
                break
            self._take(gathering, self._inbox[0])
        timely = self.is_built and self.timers and now >= self._timers_rest_until
        if timely and self._act(gathering, lambda: self.core.tick(now)):
            self._timers_rest_until = now + TIMERS_REST
        return gathering

    def _full(self, gathering: Gathering) -> bool:
        settings = self._settings
        return len(gathering.facts) >= settings.facts_per_batch or gathering.size >= settings.bytes_per_batch

    def _take(self, gathering: Gathering, taken: Taken[Given]) -> None:
        """Decide the input that waits first unless it was decided before, or refuse it; if it fails now, it stays."""
        if taken.offset >= self.positions.get(taken.topic, 0):
            error, self._refusing = self._refusing, ""
            if error:
                self._counts["inputs_rejected"] += 1
                self._act(gathering, lambda: self._refused(taken.given, error, gathering.now))
            else:
                self._refusing = self._act(gathering, lambda: self.core.decide(taken.given, gathering.now))
                if self._refusing:
                    return
            self.positions[taken.topic] = taken.offset + 1
        self._inbox.popleft()

    def _refused(self, given: Given, error: str, now: float) -> Sequence[Fact]:
        facts = self.core.refuse(given, error)
        self.core.apply(facts, now)
        return facts

    def _act(self, gathering: Gathering, decide: Callable[[], Sequence[Fact]]) -> str:
        """Decide and take the facts in; if that fails, drop the state and give the error in words that quote nobody."""
        try:
            facts = decide()
            part = encoded(facts, self._settings.bytes_per_decision)
        except Exception as problem:  # noqa: BLE001  # Whatever it is, it must not take the shard with it.
            error = place_of(problem)
            frames = "".join(traceback.format_tb(problem.__traceback__))  # Not its words: they may be a customer's.
            log.error("a decision failed with %s; the state is rebuilt without it\n%s", error, frames)  # noqa: TRY400
            self._counts["state_rebuilds"] += 1
            self._spoilt.append(self.core)
            self.core, self.is_built = self._fresh(), False
            return error
        gathering.add(facts, part)
        return ""


def place_of(problem: BaseException) -> str:
    """The kind of an error and where it was raised: its own words might quote what a customer said."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return f"{type(problem).__name__}{where}"
