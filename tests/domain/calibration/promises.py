"""Promises of a wait and what became of them, from a replay of the engine and from the waits of the log itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from kindline.commands.replaying.outcome import staged
from kindline.commands.replaying.people import Habits
from kindline.commands.replaying.span import Span
from kindline.language import facts as f
from kindline.language.facts.waiting import WaitEstimate
from kindline.language.ids import Instant
from kindline.language.plan import OrderPlan
from kindline.language.snapshot import WaitSample
from kindline.rehearsal.domain.calls import LoggedCall
from kindline.routing.domain.order import Order, age_key
from kindline.routing.domain.waits import Flow

ONCE = 86_400.0
"""Told so seldom that everybody is told once, when they join."""
CREDIT_SECONDS = 90.0
"""The bank lets calls of high priority in as if they had waited so long."""
HIGH = 2

ENDS = (f.InteractionAnswered, f.InteractionAbandoned, f.InteractionExpired)


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody who had to wait was told when they joined, and how long they did wait."""

    queue: str
    told_at: Instant
    expected: WaitEstimate | None
    waited: float
    served: bool

    @property
    def kept(self) -> bool | None:
        """None: nothing was promised, or they left before the end of it."""
        if self.expected is None or (not self.served and self.waited <= self.expected.most_seconds):
            return None
        return self.served and self.waited <= self.expected.most_seconds


def replayed(span: Span) -> list[Promise]:
    """The promises of the real engine on a virtual clock, under the plan that the log suggests."""
    own = span.own_plan()
    plan = replace(own, queues=tuple(replace(queue, tell_wait_every_seconds=ONCE) for queue in own.queues))
    staging = staged(span, plan, Habits())
    told: dict[str, tuple[Instant, f.CustomerInformed]] = {}
    found: list[Promise] = []

    def follow(at: Instant, facts: Sequence[f.Fact]) -> None:
        for fact in facts:
            if isinstance(fact, f.CustomerInformed):
                told.setdefault(fact.interaction_id, (at, fact))
            elif isinstance(fact, ENDS) and fact.interaction_id in told:
                since, word = told.pop(fact.interaction_id)
                served = isinstance(fact, f.InteractionAnswered)
                found.append(Promise(word.queue, since, word.expected_wait, at - since, served))

    staging.simulation.follow(follow)
    staging.play()
    return found


def as_logged(calls: Iterable[LoggedCall]) -> list[Promise]:
    """The promises that the estimators would have made to those who waited in the log, and what the log says of them.

    No engine takes part: who waited how long, and who went first, is the log's own. `calls` have times of one long day.
    """
    waits = [call for call in calls if call.offered and call.queue_seconds > 0]
    # At one instant whoever leaves has left before the next one joins.
    moments = [(call.queued_at + call.queue_seconds, 0, number) for number, call in enumerate(waits)]
    moments += [(call.queued_at, 1, number) for number, call in enumerate(waits)]
    flows: dict[str, Flow] = {}
    spots, visits, expected = {}, {}, {}
    found: list[Promise] = []
    for at, joins, number in sorted(moments):
        call = waits[number]
        flow = flows.get(call.kind)
        if flow is None:
            flow = flows[call.kind] = Flow()
            flow.begin(Order(OrderPlan(starvation_seconds=0.0)))
        if joins:
            credit = CREDIT_SECONDS if call.priority == HIGH else 0.0
            spot = spots[number] = flow.line.stand(flow.line.base(0, reserved=False), age_key(at - credit, number))
            ahead = flow.line.ahead(spot, at)
            said = flow.estimates(ahead, at)
            visits[number] = WaitSample(joined_at=at, left_at=0.0, ahead=ahead, served=False, estimates=said)
            flow.waits_since(at)
            expected[number] = flow.expects(said)
        else:
            flow.line.step_out(spots.pop(number))
            flow.waits_no_more(call.queued_at)
            flow.learn(replace(visits.pop(number), left_at=at, served=call.wait.answered))
            told = expected.pop(number)
            found.append(Promise(call.kind, call.queued_at, told, call.queue_seconds, call.wait.answered))
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """How some promises fared."""

    name: str
    settled: int
    kept: float
    unknown: float
    width: float
    most: float

    @staticmethod
    def of(name: str, promises: Sequence[Promise]) -> Share:
        """Count them."""
        settled = [promise.kept for promise in promises if promise.kept is not None]
        ranges = [promise.expected for promise in promises if promise.expected is not None]
        return Share(
            name,
            len(settled),
            fmean(settled) if settled else 0.0,
            1 - len(ranges) / len(promises),
            fmean([told.most_seconds - told.least_seconds for told in ranges]) if ranges else 0.0,
            median([told.most_seconds for told in ranges]) if ranges else 0.0,
        )

    def __str__(self) -> str:
        """One line of a table."""
        return (
            f"{self.name:10} {self.settled:6} settled, {self.kept:6.1%} kept, {self.unknown:6.1%} unknown, "
            f"mean width {self.width:5.0f} s, median end {self.most:5.0f} s"
        )


def thirds(promises: Sequence[Promise]) -> list[Share]:
    """The first, second and last third of the time."""
    begin = min(promise.told_at for promise in promises)
    third = (max(promise.told_at for promise in promises) - begin) / 3
    parts: list[list[Promise]] = [[], [], []]
    for promise in promises:
        parts[min(int((promise.told_at - begin) / third), 2)].append(promise)
    return [Share.of(f"third {number}", part) for number, part in enumerate(parts, start=1) if part]


def queues(promises: Sequence[Promise]) -> list[Share]:
    """Each queue."""
    names = sorted({promise.queue for promise in promises})
    return [Share.of(name, [promise for promise in promises if promise.queue == name]) for name in names]
