"""How one queue has moved of late, and who stands where in it: what expected waits and places in line come from.

Only queues whose plan tells customers their wait, or limits by it, are followed. All of it follows from facts, so that
a snapshot and the facts after it give the same flow as all facts.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from math import ceil, floor

from kindline.language.facts.waiting import WaitEstimate, WaitEstimator
from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.snapshot import QueueFlowRow, WaitSample
from kindline.routing.domain.estimates import Record
from kindline.routing.domain.order import Order
from kindline.routing.domain.waits_line import Line

SAMPLES = 200
"""The last to leave a queue, whenever they did: how far estimates stray changes less than the load."""
PACE_SAMPLES = 30
PACE_SECONDS = 7_200.0
FEWEST_OF_PACE = 5
"""A queue's pace is that of its last departures, if they are recent and not too few."""
ESTIMATORS = (WaitEstimator.HEAD_OF_LINE, WaitEstimator.LAST_TO_ENTER, WaitEstimator.QUEUE_LENGTH)


class Flow:
    """One queue: who waits in it, in order, and the last who left it."""

    __slots__ = ("_joins", "_records", "line", "samples")

    def __init__(self) -> None:
        """Begin with nobody; `begin` gives it an order."""
        self.samples: deque[WaitSample] = deque()
        self._records = tuple(Record() for _ in ESTIMATORS)

    def begin(self, order: Order) -> None:
        """Another plan's order is in force; the line begins empty, the caller fills it again."""
        self.line = Line(order)
        self._joins: list[Instant] = []

    def waits_since(self, joined_at: Instant) -> None:
        """Somebody began to wait."""
        insort(self._joins, joined_at)

    def waits_no_more(self, joined_at: Instant) -> None:
        """Somebody who began to wait then does not any more."""
        del self._joins[bisect_left(self._joins, joined_at)]

    def learn(self, sample: WaitSample) -> None:
        """Somebody who had to wait has left the queue."""
        if len(self.samples) == SAMPLES:
            gone = self.samples.popleft()
            for record, estimate in zip(self._records, gone.estimates, strict=True):
                record.remove(estimate, gone.left_at - gone.joined_at, served=gone.served)
        self.samples.append(sample)
        for record, estimate in zip(self._records, sample.estimates, strict=True):
            record.add(estimate, sample.left_at - sample.joined_at, served=sample.served)

    def estimates(self, ahead: int, now: Instant) -> tuple[float, ...]:
        """What each estimator says to whoever joins behind so many now, in the order of ESTIMATORS; 0: nothing."""
        return (now - self.line.since if ahead else 0.0, self._last_to_enter(now), self.by_length(ahead, now))

    def _last_to_enter(self, now: Instant) -> float:
        for sample in reversed(self.samples):
            if sample.left_at < now - PACE_SECONDS:
                break
            if sample.served:
                return sample.left_at - sample.joined_at
        return 0.0

    def by_length(self, ahead: int, now: Instant) -> float:
        """The seconds until so many and one more have left at the queue's pace; 0 when that is not known."""
        recent: list[WaitSample] = []
        for sample in reversed(self.samples):
            if len(recent) == PACE_SAMPLES or sample.left_at < now - PACE_SECONDS:
                break
            recent.append(sample)
        if len(recent) < FEWEST_OF_PACE:
            return 0.0
        waits = [(sample.joined_at, sample.left_at) for sample in recent]
        if self._joins:
            waits.append((self._joins[0], now))
        return (ahead + 1) * _covered(waits, since=recent[-1].left_at) / (len(recent) - 1)

    def expects(self, estimates: Iterable[float]) -> WaitEstimate | None:
        """The range of the estimator with the least error of those that say something; None: unknown."""
        said = zip(ESTIMATORS, self._records, estimates, strict=True)
        able = [(record.error, name, record, size) for name, record, size in said if size > 0 and record.speaks]
        for _, name, record, size in sorted(able, key=lambda one: one[:2]):
            found = record.range_of(size)
            if found is not None:
                least, most = float(floor(found[0])), float(ceil(found[1]))
                return WaitEstimate(least_seconds=least, most_seconds=most, estimator=name)
        return None

    def expects_more(self, ahead: int, now: Instant) -> WaitEstimate | None:
        """The range for somebody who has waited already and has so many before them: by the length of the queue."""
        return self.expects((0.0, 0.0, self.by_length(ahead, now)))


def _covered(stretches: list[tuple[Instant, Instant]], *, since: Instant) -> float:
    """How many seconds after `since` lie in at least one of the stretches."""
    covered, end = 0.0, since
    for begins, ends in sorted(stretches):
        if ends > end:
            covered += ends - max(begins, end)
            end = ends
    return covered


def flows_under(plan: Plan, former: Mapping[str, Flow]) -> dict[str, Flow]:
    """The flows that a plan asks to follow, by queue; those that were followed keep what was learned."""
    order = Order(plan.order)
    flows: dict[str, Flow] = {}
    for queue in plan.queues:
        if queue.tell_wait_every_seconds > 0 or queue.limits.longest_expected_wait_seconds > 0:
            flow = flows[queue.name] = former[queue.name] if queue.name in former else Flow()
            flow.begin(order)
    return flows


def flow_rows(pool: str, flows: Mapping[str, Flow]) -> Iterator[QueueFlowRow]:
    """What was learned of each queue, as rows."""
    for name, flow in flows.items():
        if flow.samples:
            yield QueueFlowRow(pool=pool, queue=name, samples=tuple(flow.samples))


def learn_again(flows: Mapping[str, Flow], row: QueueFlowRow) -> None:
    """Take a row back; one of a queue that is followed no more says nothing."""
    flow = flows.get(row.queue)
    if flow is not None:
        for sample in row.samples:
            flow.learn(sample)
