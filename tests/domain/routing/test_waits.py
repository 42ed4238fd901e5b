"""How long a customer will wait: three estimators, the best by what came of them, and a range that holds."""

from dataclasses import replace
from random import Random

import pytest

from kindline.language.facts.waiting import WaitEstimator
from kindline.language.plan import OrderPlan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.language.snapshot import QueueFlowRow, WaitSample
from kindline.routing.domain.estimates import Record
from kindline.routing.domain.estimators import NO_WAIT, expected_wait
from kindline.routing.domain.order import Order, age_key
from kindline.routing.domain.waits import SAMPLES, Flow
from kindline.routing.domain.waits_line import Line, Spot
from tests.given import POOL, Centre, plan, queue


def flow_of(samples: list[WaitSample]) -> Flow:
    """A queue that these have left."""
    flow = Flow()
    flow.begin(Order(OrderPlan()))
    for sample in samples:
        flow.learn(sample)
    return flow


def stay(begins: float, seconds: float, *estimates: float, served: bool = True) -> WaitSample:
    """Somebody waited so long from then on."""
    said = estimates or (0.0, 0.0, 0.0)
    return WaitSample(joined_at=begins, left_at=begins + seconds, ahead=0, served=served, estimates=said)


def test_the_length_of_the_queue_tells_by_how_fast_it_moves_while_somebody_waits() -> None:
    """Ten left, one each 20 s, then nobody came for an hour: the third in line is told three times 20 s."""
    flow = flow_of([stay(20.0 * number, 40.0) for number in range(10)])
    assert flow.by_length(2, 220.0) == pytest.approx(60.0)
    assert flow.by_length(2, 3_820.0) == pytest.approx(60.0)
    assert flow.by_length(2, 20_000.0) == 0.0


def test_a_queue_in_which_somebody_waits_and_nobody_leaves_slows_down() -> None:
    """While the first in line waits on, every second makes the expected wait longer."""
    flow = flow_of([stay(20.0 * number, 40.0) for number in range(10)])
    flow.waits_since(215.0)
    assert flow.by_length(0, 315.0) == pytest.approx((315.0 - 40.0) / 9)


def test_who_is_ahead_and_who_was_last_speak_too() -> None:
    """The first in line has waited 70 s, the last one served had waited 40 s."""
    flow = flow_of([stay(0.0, 40.0), stay(10.0, 100.0, served=False)])
    flow.line.stand(flow.line.base(0, reserved=False), age_key(60.0, 1))
    head_of_line, last_to_enter, _ = flow.estimates(1, 130.0)
    assert head_of_line == pytest.approx(70.0)
    assert last_to_enter == 40.0


def test_the_estimator_that_was_least_off_is_told() -> None:
    """Where the queue's length was right and the last one's wait was not, the length is told, and vice versa."""
    dice = Random(4)
    good = [
        stay(30.0 * n, w, 0.0, w * dice.choice((0.2, 5)), w * 1.1) for n in range(30) if (w := dice.uniform(20, 90))
    ]
    best = flow_of(good).expects((0.0, 60.0, 60.0))
    assert best is not None
    assert best.estimator is WaitEstimator.QUEUE_LENGTH
    other = [replace(one, estimates=(0.0, one.estimates[2], one.estimates[1])) for one in good]
    best = flow_of(other).expects((0.0, 60.0, 60.0))
    assert best is not None
    assert best.estimator is WaitEstimator.LAST_TO_ENTER


def test_below_twenty_samples_nothing_is_promised() -> None:
    """Nineteen stays are too few to promise anything, twenty will do."""
    stays = [stay(30.0 * number, 50.0, 0.0, 0.0, 50.0) for number in range(20)]
    assert flow_of(stays[1:]).expects((0.0, 0.0, 50.0)) is None
    assert flow_of(stays).expects((0.0, 0.0, 50.0)) is not None


def test_the_range_would_have_kept_85_of_100_of_the_promises_it_comes_from() -> None:
    """Of fifty who were told 60 s and waited 1 to 50 times 4 s, the range ends where 85 of 100 were answered."""
    record = Record()
    for number in range(1, 51):
        record.add(60.0, 4.0 * number, served=True)
    least, most = record.range_of(60.0) or (0.0, 0.0)
    assert sum(4.0 * number <= most + 1e-6 for number in range(1, 51)) == 44
    assert sum(4.0 * number < least - 1e-6 for number in range(1, 51)) == 7


def test_who_leaves_early_says_nothing_and_who_leaves_late_breaks_the_promise() -> None:
    """Impatient customers make no range longer; customers who gave up after a long wait do."""
    plain, impatient, fed_up = Record(), Record(), Record()
    for number in range(1, 31):
        for record in (plain, impatient, fed_up):
            record.add(60.0, 4.0 * number, served=True)
    for _ in range(10):
        impatient.add(60.0, 0.5, served=False)
    for _ in range(3):
        fed_up.add(60.0, 400.0, served=False)
    ends = [(record.range_of(60.0) or (0.0, 0.0))[1] for record in (plain, impatient, fed_up)]
    assert ends[0] == ends[1] < ends[2]


def test_a_queue_remembers_its_last_two_hundred() -> None:
    """What came before them changes nothing."""
    dice = Random(1)
    stays = [stay(30.0 * n, dice.uniform(1, 99), 0.0, dice.uniform(1, 99), dice.uniform(1, 99)) for n in range(450)]
    long, short = flow_of(stays), flow_of(stays[-SAMPLES:])
    for size in (1.0, 30.0, 80.0):
        assert long.expects((0.0, size, size)) == short.expects((0.0, size, size))


def test_the_place_in_line_is_that_of_the_order_in_which_they_are_served() -> None:
    """With aging, a ceiling and anybody's priority, the place told is the number of those who go first, and one."""
    dice = Random(8)
    order = Order(OrderPlan(priority_per_minute=0.7, starvation_seconds=600.0))
    for _ in range(60):
        line, now = Line(order), 10_000.0
        spots: list[tuple[Spot, float]] = []
        for number in range(dice.randint(1, 40)):
            since = now - dice.uniform(0, 1_200)
            spots.append((line.stand(line.base(dice.randint(0, 3), reserved=False), age_key(since, number)), since))

        def goes(one: tuple[Spot, float], at: float = now) -> tuple[bool, int]:
            spot, _ = one
            starves = spot.entry < order.horizon(at)
            return not starves, spot.entry if starves else order.key(spot.lane.base, spot.entry)

        for place, (spot, _) in enumerate(sorted(spots, key=goes)):
            assert line.ahead(spot, now) == place
        gone = spots.pop(dice.randrange(len(spots)))
        line.step_out(gone[0])
        for place, (spot, _) in enumerate(sorted(spots, key=goes)):
            assert line.ahead(spot, now) == place


def test_a_queue_that_limits_by_the_wait_knows_it_without_telling_anybody() -> None:
    """A limit needs the expected wait: none while somebody is free, unknown before anybody waited, then a range."""
    too_long = OverflowRule(cause=OverflowCause.WAIT_TOO_LONG, action=OverflowAction.DEFLECT)
    limits = QueueLimits(longest_expected_wait_seconds=9_999.0)
    general = replace(queue(wrap_up_seconds=0.0), limits=limits, overflow=(too_long,))
    centre = Centre(plan(queues=(general, queue("billing"))))
    state = centre.engine._state  # noqa: SLF001 - the question is the domain's own, no edge asks it
    centre.at_work("amy")
    assert expected_wait(state, POOL, "general") == NO_WAIT
    assert expected_wait(state, POOL, "billing") is None
    centre.arrives("s0")
    centre.accepts("amy")
    assert expected_wait(state, POOL, "general") is None
    for number in range(30):
        centre.arrives(f"s{number + 1}")
        centre.wait(50.0)
        centre.finishes("amy", f"s{number}")
        centre.accepts("amy")
    found = expected_wait(state, POOL, "general")
    assert found is not None
    assert found.least_seconds <= 50.0 <= found.most_seconds


def samples_of(centre: Centre) -> list[tuple[float, bool]]:
    """How long those waited who left the queue, and whether they were served."""
    rows = [row for row in centre.engine.rows() if isinstance(row, QueueFlowRow)]
    return [(sample.left_at - sample.joined_at, sample.served) for row in rows for sample in row.samples]


def test_only_who_had_to_wait_says_something_of_waits() -> None:
    """Bob's 12 s until he answers are no wait; then one customer waits 30 s for him, and one leaves after 40 s."""
    general = replace(queue(wrap_up_seconds=0.0), tell_wait_every_seconds=600.0)
    centre = Centre(plan(queues=(general, queue("billing"))))
    centre.at_work("bob")
    centre.arrives("t0")
    centre.wait(12.0)
    centre.accepts("bob")
    assert samples_of(centre) == []
    centre.arrives("t1")
    centre.arrives("t2")
    centre.wait(30.0)
    centre.finishes("bob", "t0")
    centre.accepts("bob")
    centre.wait(10.0)
    centre.leaves("t2")
    assert samples_of(centre) == [(30.0, True), (40.0, False)]
    centre.finishes("bob", "t1")
    centre.arrives("t3")
    centre.declines("bob")
    centre.wait(31.0)
    centre.accepts("bob")
    assert samples_of(centre)[2:] == [(31.0, True)]
