"""The engine in the form that the owned log drives: what is due, resumed or refused becomes an input or a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter

from kindline.language.agents import AgentCommand
from kindline.language.facts import CommandAnswered, Fact, InputRejected
from kindline.language.facts.agents import RefusalReason
from kindline.language.snapshot import SnapshotRow
from kindline.ledger.owned.core import Moment
from kindline.routing.adapters.shard_numbers import Gauges
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import AgentSpoke, Input, OwnerResumed, TimersDue


class EngineCore:
    """Fulfils kindline.ledger.owned.core.Core for one engine."""

    def __init__(self, engine: Engine, gauges: Gauges | None = None) -> None:
        """Drive this engine, which must be fresh; `gauges` hears how long each decision takes."""
        self.engine = engine
        self._gauges = gauges

    def restoring(self, rows: Iterable[SnapshotRow], decided_at: float) -> Iterator[None]:
        """Become the state that gave these rows, row by row."""
        return self.engine.restoring(rows, decided_at)

    def getting_ready(self) -> Iterator[None]:
        """Derive deadlines, lines and who can take what, one by one."""
        return self.engine.getting_ready()

    def letting_go(self) -> Iterator[None]:
        """Drop all of it, one by one."""
        return self.engine.letting_go()

    def rows(self) -> Iterable[SnapshotRow]:
        """The whole state, as rows."""
        return self.engine.rows()

    def moment(self) -> Moment:
        """The same, which may be taken one by one while the engine goes on."""
        return self.engine.moment()

    def apply(self, facts: Sequence[Fact], decided_at: float) -> None:
        """Fold facts that were decided elsewhere or earlier."""
        self.engine.apply(facts, decided_at)

    def decide(self, given: Input, now: float) -> Sequence[Fact]:
        """Answer an input with facts, and fold them."""
        if self._gauges is None:
            return self.engine.decide(given, now)
        began = perf_counter()
        facts = self.engine.decide(given, now)
        self._gauges.decided(perf_counter() - began)
        return facts

    def resume(self, gap_seconds: float, now: float) -> Sequence[Fact]:
        """State that an owner decides again."""
        return self.engine.decide(OwnerResumed(gap_seconds=gap_seconds), now)

    def tick(self, now: float) -> Sequence[Fact]:
        """Do what is due; nothing is asked of the engine while nothing is."""
        due = self.engine.next_due()
        return self.engine.decide(TimersDue(), now) if due is not None and due <= now else ()

    def refuse(self, given: Input, error: str) -> Sequence[Fact]:
        """The facts that stand for an input on which the engine failed; a command is answered as well."""
        if isinstance(given, OwnerResumed | TimersDue):
            return ()
        facts: list[Fact] = [InputRejected(input=given.reference, error=error)]
        if isinstance(given, AgentSpoke) and isinstance(given.event.event, AgentCommand):
            facts.append(
                CommandAnswered(
                    pool=given.event.pool,
                    agent_id=given.event.agent_id,
                    command_id=given.event.event.command_id,
                    refusal=RefusalReason.COMMAND_FAILED,
                    detail="the engine failed on this command; nothing was changed",
                )
            )
        return facts

    def next_due(self) -> float | None:
        """When tick() is next needed."""
        return self.engine.next_due()

    def quiet(self) -> bool:
        """Whether nothing is open or parked and nobody is signed in."""
        return self.engine.is_quiet()
