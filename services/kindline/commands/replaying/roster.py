"""Agents of a replay as the log tells of them: who came, what they declared, whose line broke, all at its time.

Promises that nobody is torn out of their work: whoever signed out in the log and still has work in a replay ends it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from kindline.commands.replaying.serving import Serving
from kindline.commands.replaying.simulation import Simulation
from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState
from kindline.language.ids import Instant
from kindline.language.plan import Plan

NOTICED_SECONDS = 5.0
"""After so long an agent whom the engine took for away says that they are here; in the log nobody had to."""


class Presence(Enum):
    """What an agent, or their line, did."""

    CAME = auto()
    DECLARED = auto()
    WENT = auto()
    LINE_BROKE = auto()
    LINE_BACK = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One agent, once."""

    at: Instant
    agent_id: str
    what: Presence
    status: AgentStatus = AgentStatus.UNSPECIFIED
    reason_code: str = ""
    when_work_ends: bool = False


LEASES = {
    Lease.CONNECTED: Presence.LINE_BACK,
    Lease.SUSPECT: Presence.LINE_BROKE,
    Lease.LOST: Presence.LOST,
}


@dataclass(slots=True)
class _Standing:
    """An agent as the log leaves them."""

    present: bool = False
    status: AgentStatus = AgentStatus.OFFLINE
    next_status: AgentStatus = AgentStatus.UNSPECIFIED
    reason_code: str = ""


@dataclass(slots=True)
class Attendance:
    """Folds a log's facts into statements; those before `begin` become how everybody stood then."""

    begin: Instant
    statements: list[Statement] = field(default_factory=list)
    _standing: dict[str, _Standing] = field(default_factory=dict)

    def take(self, fact: f.Fact, at: Instant) -> None:
        """Take in the next fact of the pool."""
        said = self._statement(fact, at)
        if said is None:
            return
        standing = self._standing.setdefault(said.agent_id, _Standing())
        if said.what is Presence.DECLARED:
            standing.status, standing.reason_code = said.status, said.reason_code
        elif said.what is not Presence.LINE_BROKE:
            standing.present = said.what in {Presence.CAME, Presence.LINE_BACK}
        if at >= self.begin:
            self.statements.append(said)

    def has_seen(self, agent_id: str) -> bool:
        """Whether the log has told anything of an agent's coming and going so far."""
        return agent_id in self._standing

    def _statement(self, fact: f.Fact, at: Instant) -> Statement | None:
        match fact:
            case f.AgentSignedIn():
                return Statement(at=at, agent_id=fact.agent_id, what=Presence.CAME)
            case f.AgentSignedOut():
                return Statement(at=at, agent_id=fact.agent_id, what=Presence.WENT)
            case f.AgentLeaseChanged(lease=lease) if lease in LEASES:
                return Statement(at=at, agent_id=fact.agent_id, what=LEASES[lease])
            case f.AgentStatusDeclared():
                return self._declared(fact, at)
            case _:
                return None

    def _declared(self, fact: f.AgentStatusDeclared, at: Instant) -> Statement | None:
        standing = self._standing.setdefault(fact.agent_id, _Standing())
        before, standing.next_status = standing.next_status, fact.next_status
        if fact.next_status is AgentStatus.UNSPECIFIED and before is fact.status:
            # What was declared for the end of the work came true; in a replay that work may end at another time.
            standing.status = fact.status
            return None
        later = fact.next_status is not AgentStatus.UNSPECIFIED
        return Statement(
            at=at,
            agent_id=fact.agent_id,
            what=Presence.DECLARED,
            status=fact.next_status if later else fact.status,
            reason_code=fact.next_reason_code if later else fact.reason_code,
            when_work_ends=later,
        )

    def at_begin(self) -> list[Statement]:
        """How everybody stands now, as statements; to be asked when the beginning has come."""
        found = []
        for name, standing in sorted(self._standing.items()):
            if standing.present:
                came = Statement(at=self.begin, agent_id=name, what=Presence.CAME)
                status = replace(came, what=Presence.DECLARED, status=standing.status, reason_code=standing.reason_code)
                found += [came, status]
        return found


class Roster:
    """Plays statements."""

    def __init__(self, simulation: Simulation, serving: Serving, plan: Plan) -> None:
        """Begin with nobody there."""
        self._simulation = simulation
        self._serving = serving
        self._codes = frozenset(plan.reason_codes)
        self._declared: dict[str, Statement] = {}
        self._lost: set[str] = set()
        simulation.on(f.AgentRoutingStateChanged, self._overlooked)

    def works(self, statements: Iterable[Statement], known: Collection[str]) -> None:
        """Let agents say what they said; those whom the plan does not know stay at home."""
        gone_at: dict[str, Instant] = {}
        for statement in statements:
            if statement.agent_id in known:
                # Who comes or goes in the very moment in which work comes was there for it in the log, too; what one
                # agent says in a moment keeps its order.
                if _goes(statement):
                    gone_at[statement.agent_id] = statement.at
                last = gone_at.get(statement.agent_id) == statement.at
                self._simulation.at(statement.at, self._says, statement, last=last)

    def _says(self, said: Statement) -> None:
        agent_id = said.agent_id
        match said.what:
            case Presence.CAME | Presence.LINE_BACK:
                self._attaches(agent_id)
            case Presence.DECLARED:
                self._declared[agent_id] = said
                self._declares(said)
            case Presence.WENT:
                self._serving.say(agent_id, a.SetStatus(status=AgentStatus.OFFLINE, when_work_ends=True))
            case Presence.LINE_BROKE:
                self._closes(agent_id, a.SessionCloseReason.STREAM_LOST)
            case Presence.LOST:
                self._closes(agent_id, a.SessionCloseReason.SIGNED_OUT)
                self._serving.seated.discard(agent_id)
                self._lost.add(agent_id)

    def _attaches(self, agent_id: str) -> None:
        simulation = self._simulation
        self._serving.seated.add(agent_id)
        simulation.decide(simulation.voices.sits_down(agent_id, simulation.now))
        if agent_id in self._lost:
            # In the log a lost agent keeps what they declared; here they were signed out to be lost at all.
            self._lost.discard(agent_id)
            if agent_id in self._declared:
                self._declares(self._declared[agent_id])

    def _declares(self, said: Statement) -> None:
        code = said.reason_code if said.reason_code in self._codes or not self._codes else ""
        command = a.SetStatus(status=said.status, reason_code=code, when_work_ends=said.when_work_ends)
        self._serving.say(said.agent_id, command)

    def _closes(self, agent_id: str, reason: a.SessionCloseReason) -> None:
        if agent_id in self._serving.seated:
            simulation = self._simulation
            simulation.decide(simulation.voices.gets_up(agent_id, reason, simulation.now))

    def _overlooked(self, fact: f.AgentRoutingStateChanged) -> None:
        if fact.routing_state is RoutingState.NOT_RESPONDING:
            self._simulation.at(self._simulation.now + NOTICED_SECONDS, self._is_here, fact.agent_id)

    def _is_here(self, agent_id: str) -> None:
        self._serving.say(agent_id, a.ClearNotResponding())


def _goes(said: Statement) -> bool:
    if said.what is Presence.DECLARED:
        return said.status is not AgentStatus.AVAILABLE
    return said.what not in {Presence.CAME, Presence.LINE_BACK}
