"""What agents hold (I2): no offer above capacity under the plan in force, and whatever is above it is told, exactly.

An offer needs its units beside what is used and what is set aside for interrupted work, and the most particular limit
on numbers must not be reached. Where a channel may interrupt, an offer may go above the units by as much as
interrupting frees, once nobody has room without it.
"""

from __future__ import annotations

from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.audit.workers import Worker
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S


def interrupted_for(house: House, channel: Channel) -> frozenset[Channel]:
    """The channels whose work this one may interrupt; a call is never interrupted, whatever a plan says."""
    return frozenset(house.rules.channel(channel).interrupts) - {Channel.VOICE}


def interruptible(hall: Hall, worker: Worker, channels: frozenset[Channel]) -> list[Case]:
    """What an agent works on that may be interrupted for a channel that interrupts these."""
    mine = [hall.cases[name] for name, hold in worker.hands.items() if hold.units and name in hall.cases]
    return [
        case
        for case in mine
        if case.state is S.ACTIVE and case.agent_id == worker.agent_id and case.channel in channels
    ]


class Capacity:
    """Judges what is put into agents' hands."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._untold: dict[tuple[str, str], int] = {}
        """Agents who hold more than their units, and by how many, until somebody says so."""

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        if isinstance(fact, f.OfferIssued):
            self._issued(fact, at, place)
        elif isinstance(fact, f.CapacityExceeded):
            self._told(fact, place)
        elif isinstance(fact, f.InteractionResumed):
            self._resumed(fact, place)
        elif isinstance(fact, f.InteractionHeld):
            self._held(fact)
        elif isinstance(fact, f.OfferAccepted):
            self._expect(fact.pool, fact.agent_id, 0)
        elif isinstance(fact, f.AgentSignedIn):
            worker, house = self._hall.worker(fact.pool, fact.agent_id), self._hall.houses.get(fact.pool)
            if worker is not None and house is not None:
                planned = house.rules.agents.get(fact.agent_id, worker.plan).units or 100
                self._expect(fact.pool, fact.agent_id, worker.units - planned, fewer=True)

    def close(self, _at: Instant, place: str) -> None:
        """The batch is over: what was above the units is told by now."""
        for (pool, agent_id), over in self._untold.items():
            worker = self._hall.worker(pool, agent_id)
            if over > 0 and worker is not None and worker.used > worker.units:
                what = f"{agent_id} holds {over} units more than they can, and nobody says so"
                self._findings.find(Invariant.EXCEEDED, place, what)
        self._untold.clear()

    def _issued(self, fact: f.OfferIssued, at: Instant, place: str) -> None:
        worker, case = self._hall.worker(fact.pool, fact.agent_id), self._hall.case(fact)
        if worker is None:
            if self._hall.whole:
                self._findings.find(Invariant.CAPACITY, place, f"offer to {fact.agent_id}, who has not signed in")
            return
        house = self._hall.houses[fact.pool]
        costs = house.rules.channel(fact.channel).units
        if fact.units != costs:
            what = f"{fact.offer_id} takes {fact.units} units, the plan says {costs} for {fact.channel.name}"
            self._findings.find(Invariant.CAPACITY, place, what)
        why = worker.too_many(fact.queue, fact.channel, house.rules)
        if why:
            self._findings.find(Invariant.CAPACITY, place, f"offer to {worker.agent_id}, who {why}")
        units = worker.used + worker.aside + fact.units
        if units > worker.units and (case is None or not self._may_interrupt(house, worker, case, at)):
            what = f"{fact.agent_id} holds {units} units, the plan allows {worker.units}"
            self._findings.find(Invariant.CAPACITY, place, what)

    def _may_interrupt(self, house: House, worker: Worker, case: Case, at: Instant) -> bool:
        channels = interrupted_for(house, case.channel)
        yields = sum(worker.hands[one.id].units for one in interruptible(self._hall, worker, channels))
        fits = worker.units - worker.used + yields >= house.rules.channel(case.channel).units
        last_resort = not case.offers and not case.preferred and not any(house.free_for(case, at))
        return bool(channels) and fits and last_resort

    def _resumed(self, fact: f.InteractionResumed, place: str) -> None:
        case = self._hall.case(fact)
        found = self._hall.hold(case) if case is not None else None
        if case is None or found is None:
            return
        worker, hold = found
        rules = self._hall.houses[case.pool].rules
        if case.interrupted_by:
            self._expect(case.pool, worker.agent_id, (fact.units or hold.aside) - hold.units)
        elif hold.asleep:
            why = worker.unwilling() or self._hall.awake(worker, case).full(hold.queue, hold.channel, rules)
            if why:
                self._findings.find(Invariant.CAPACITY, place, f"{case.id} woke to {worker.agent_id}, who {why}")

    def _held(self, fact: f.InteractionHeld) -> None:
        """What is set aside is carried no more: when that was enough, nothing is left to be told."""
        case = self._hall.case(fact)
        found = self._hall.hold(case) if case is not None and fact.interrupted_by else None
        if found is None:
            return
        worker, hold = found
        key = (fact.pool, worker.agent_id)
        if key in self._untold and worker.used - hold.units <= worker.units:
            del self._untold[key]

    def _expect(self, pool: str, agent_id: str, more: int, *, fewer: bool = False) -> None:
        """After the coming fact the agent holds so many units more, or can hold so many fewer."""
        worker = self._hall.worker(pool, agent_id)
        if worker is None or (fewer and more <= 0):
            return
        over = worker.used + more - worker.units
        if over > 0:
            self._untold[pool, agent_id] = over

    def _told(self, fact: f.CapacityExceeded, place: str) -> None:
        worker = self._hall.worker(fact.pool, fact.agent_id)
        over = worker.used - worker.units if worker is not None else 0
        self._untold.pop((fact.pool, fact.agent_id), None)
        if over != fact.units_over or over <= 0:
            what = f"{fact.agent_id} is said to hold {fact.units_over} units too many, the facts say {over}"
            self._findings.find(Invariant.EXCEEDED, place, what)
