"""The hall as the facts tell it: who waits and what they need, who works and what they hold.

It promises every check one picture to judge by, re-derived from decisions alone. A check looks at the hall before a
fact is folded into it, so what it sees is what the engine saw when it decided. Nothing here is taken from the engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from kindline.audit.cases import Case, Kind
from kindline.audit.lines import Lines
from kindline.audit.rules import Rules
from kindline.audit.workers import Hold, Worker
from kindline.language import facts as f
from kindline.language.graph import WAITING
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

UNSERVED = WAITING | {S.CONNECTING}
"""States in which nobody serves it yet."""


FULL = 40
"""Facts in a batch from which on it may have been cut off: of the deserted an owner helps fifty at once."""


@dataclass(slots=True)
class House:
    """One pool: the plan in force, who works there and who waits."""

    rules: Rules
    lines: Lines[Kind]
    """Who may be offered now, by what decides who can serve them."""
    queues: Lines[str]
    """Who waits in each queue, offered or being connected too."""
    workers: dict[str, Worker] = field(default_factory=dict)
    served: dict[str, tuple[str, Instant]] = field(default_factory=dict)
    """For each customer with a name who served them last, and when."""
    adopted_at: Instant = 0.0
    lengths: Counter[str] = field(default_factory=Counter)
    """How many wait in each queue."""
    _counted: dict[str, str] = field(default_factory=dict)

    def waiting(self, queue: str) -> int:
        """How many wait in a queue, offered to somebody or not."""
        return self.lengths[queue]

    def count(self, case: Case) -> None:
        """Count a case where it waits now, and nowhere else."""
        before = self._counted.pop(case.id, None)
        if before is not None:
            self.lengths[before] -= 1
        if case.state in WAITING:
            self._counted[case.id] = case.queue
            self.lengths[case.queue] += 1

    def free_for(self, case: Case, at: Instant) -> Iterator[Worker]:
        """Those to whom a case could be offered now, without interrupting anything."""
        return (worker for worker in self.workers.values() if self.may_have(worker, case, at))

    def may_have(self, worker: Worker, case: Case, at: Instant) -> bool:
        """Whether a case could be offered to this agent now, without interrupting anything."""
        rested = worker.last_assigned_at is None or worker.last_assigned_at + self.rules.gap <= at
        return (
            rested
            and not worker.unwilling()
            and not worker.full(case.queue, case.channel, self.rules)
            and not worker.unable(case.kind, self.rules)
            and not case.leaves_out(worker.agent_id, at)
        )


class Hall:
    """Every pool of one shard."""

    def __init__(self, *, whole: bool = True) -> None:
        """Begin with nobody; `whole` is False when some may have signed in before what is read."""
        self.whole = whole
        self.houses: dict[str, House] = {}
        self.cases: dict[str, Case] = {}
        self.sequence = 0
        self.told: Counter[str] = Counter()
        """Expected waits that were told: how many were kept, and how many broken."""
        self.stirred: dict[tuple[str, str], None] = {}
        """Pool and agent of everybody whom the batch under way is about."""
        self.facts = 0
        """Facts of the batch under way."""
        self.stirred_cases: dict[str, None] = {}
        """The interactions that it is about."""

    @property
    def batch_is_full(self) -> bool:
        """Whether the batch under way may have been cut off: what else was due comes in the next."""
        return self.facts >= FULL

    def case(self, fact: f.Fact) -> Case | None:
        """The open interaction that a fact is about, or None."""
        return self.cases.get(getattr(fact, "interaction_id", ""))

    def worker(self, pool: str, agent_id: str) -> Worker | None:
        """An agent who has signed in at some time, or None."""
        house = self.houses.get(pool)
        return house.workers.get(agent_id) if house else None

    def touched_workers(self) -> Iterator[Worker]:
        """Everybody whom the batch under way is about."""
        for pool, agent_id in self.stirred:
            worker = self.worker(pool, agent_id)
            if worker is not None:
                yield worker

    @staticmethod
    def awake(worker: Worker, case: Case) -> Worker:
        """The agent as if a sleeper were not in their hands, to see whether it has room there."""
        return replace(worker, hands={name: hold for name, hold in worker.hands.items() if name != case.id})

    def hold(self, case: Case) -> tuple[Worker, Hold] | None:
        """What its owner holds for it, or None when nobody does."""
        worker = self.worker(case.pool, case.agent_id)
        held = worker.hands.get(case.id) if worker is not None else None
        return None if worker is None or held is None else (worker, held)

    def holds(self, case: Case, hold: Hold, at: Instant) -> None:
        """Its owner holds it like this from here on, and is idle if all they hold sleeps."""
        found = self.hold(case)
        if found is None:
            return
        worker, was_at_work = found[0], self._is_at_work(found[0])
        worker.hands[case.id] = hold
        if was_at_work and not self._is_at_work(worker):
            worker.idle_since = at

    def _is_at_work(self, worker: Worker) -> bool:
        """Whether an agent owns anything that is awake; what is only offered to them is no work yet."""
        awake = (self.cases.get(name) for name, hold in worker.hands.items() if not hold.asleep)
        return any(case is not None and case.agent_id == worker.agent_id for case in awake)

    def stand(self, case: Case) -> None:
        """Put a case in line, or out of it, as its state says."""
        house = self.houses.get(case.pool)
        if house is None:
            return
        house.count(case)
        room = len(case.offers) < house.rules.queue(case.queue).offers_at_once
        if case.state in WAITING and room:
            house.lines.join(case, case.kind)
        else:
            house.lines.leave(case)
        if case.state in UNSERVED:
            house.queues.join(case, case.queue)
        else:
            house.queues.leave(case)

    def free(self, case: Case, at: Instant) -> None:
        """Nobody holds anything for it any more; whoever worked on it may be idle from here on."""
        for offer in case.offers.values():
            self._let_go(case, offer.agent_id)
        found = self._let_go(case, case.agent_id)
        if found is not None and not found[1].asleep and not self._is_at_work(found[0]):
            found[0].idle_since = at
        case.agent_id = ""
        case.offers.clear()

    def _let_go(self, case: Case, agent_id: str) -> tuple[Worker, Hold] | None:
        worker = self.worker(case.pool, agent_id)
        hold = worker.hands.pop(case.id, None) if worker is not None else None
        if worker is None or hold is None:
            return None
        self.stirred[case.pool, agent_id] = None
        return worker, hold
