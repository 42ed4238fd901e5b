"""Who goes first: what waiting earns, the ceiling above which nobody is overtaken, and one line across all queues."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.content import Channel, Direction, ParticipantRole
from kindline.language.plan import OrderPlan, Plan
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.lines import NUMBER_BITS, Lines
from kindline.routing.domain.order import STARVING, Order, age_key
from tests.domain.routing.days import busy_day
from tests.domain.routing.test_matching import check_every_offer
from tests.given import POOL, SHARDS, Centre, needs, plan

MINUTE = 60.0


def ordered(slope: float = 0.0, ceiling: float = 0.0, version: int = 1) -> Plan:
    """A plan in which a minute of waiting earns so much, and nobody is overtaken after so many seconds."""
    return replace(plan(version=version), order=OrderPlan(priority_per_minute=slope, starvation_seconds=ceiling))


def served_by_amy(centre: Centre, number: int) -> list[str]:
    """The threads that amy takes one after the other, with no time in between."""
    threads = []
    for _ in range(number):
        offered = centre.facts(f.OfferIssued)[-1].interaction_id
        thread = next(
            row.received.thread for row in centre.engine.interactions() if row.received.interaction_id == offered
        )
        threads.append(thread)
        centre.accepts("amy")
        centre.finishes("amy", thread)
    return threads


def test_waiting_earns_priority_minute_by_minute() -> None:
    """Who waits long enough goes before those who count for more and have just come, and not a moment sooner."""
    for waited, first in ((3.9, "important"), (4.1, "patient")):
        centre = Centre(ordered(slope=1.0))
        centre.arrives("patient", priority=1)
        centre.wait(waited * MINUTE)
        centre.arrives("important", priority=5)
        centre.at_work("amy")
        assert served_by_amy(centre, 1) == [first]


def test_where_waiting_earns_nothing_priority_alone_counts() -> None:
    """Without a slope an hour of waiting is no match for one point of priority."""
    centre = Centre(ordered())
    centre.arrives("patient", priority=1)
    centre.wait(60 * MINUTE)
    centre.arrives("important", priority=2)
    centre.at_work("amy")
    assert served_by_amy(centre, 2) == ["important", "patient"]


def test_whoever_waits_beyond_the_ceiling_goes_before_everybody_who_does_not() -> None:
    """A customer of no importance who has waited longer than the ceiling is served before the most important one."""
    for waited, first in ((300.0, "important"), (300.001, "starving")):
        centre = Centre(ordered(ceiling=300.0))
        centre.arrives("starving", priority=0)
        centre.wait(waited)
        centre.arrives("important", priority=9)
        centre.at_work("amy")
        assert served_by_amy(centre, 1) == [first]


def test_among_those_beyond_the_ceiling_only_age_counts() -> None:
    """Once they have waited too long, the oldest goes first, whatever they counted for before."""
    centre = Centre(ordered(slope=0.5, ceiling=300.0))
    for priority in (2, 0, 9):
        centre.arrives(f"p{priority}", priority=priority)
        centre.wait(1)
    centre.wait(301)
    centre.arrives("new", priority=9)
    centre.at_work("amy")
    assert served_by_amy(centre, 4) == ["p2", "p0", "p9", "new"]


def test_the_ceiling_holds_across_queues_and_needs() -> None:
    """Whoever waits too long in one queue goes before the more important of another, for an agent who serves both."""
    centre = Centre(ordered(ceiling=300.0))
    centre.arrives("old", "billing-chat")
    centre.wait(250)
    centre.arrives("younger", priority=9, needing=needs(billing=2))
    centre.wait(51)
    centre.arrives("newest", priority=9)
    centre.at_work("amy")
    assert served_by_amy(centre, 3) == ["old", "younger", "newest"]


def test_a_transfer_keeps_what_waiting_earned() -> None:
    """A customer who is passed on is next before a more important one who came ten minutes later."""
    centre = Centre(ordered(slope=1.0))
    centre.at_work("amy")
    centre.arrives("passed-on", priority=0)
    centre.accepts("amy")
    centre.wait(10 * MINUTE)
    centre.arrives("important", priority=9)
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("passed-on"), queue="billing"))
    centre.accepts("amy")
    centre.arrives("important-too", priority=9)
    centre.at_work("cy")
    assert centre.offered_to("important-too") == ["cy"]
    centre.wait(31)
    centre.finishes("amy", "important")
    assert centre.offered_to("passed-on") == ["amy"]


def test_nobody_falls_back_in_line_by_an_offer_that_was_not_taken() -> None:
    """A customer whose offer went by, or was declined, is the next again, before all who came after (asterisk #108)."""
    centre = Centre(ordered())
    centre.at_work("amy")
    centre.arrives("first")
    centre.arrives("second")
    centre.declines("amy")
    assert centre.offered_to("second") == ["amy"]
    centre.at_work("bob")
    assert centre.offered_to("first") == ["bob"]
    centre.wait(20)
    centre.arrives("third")
    centre.at_work("cy")
    assert centre.offered_to("first") == ["cy"]


def test_the_heads_of_all_queues_of_an_agent_are_compared_and_no_head_blocks_another() -> None:
    """An agent of two queues gets the first of both; one whom nobody can serve holds up neither (asterisk #1691)."""
    centre = Centre(ordered())
    centre.arrives("hopeless", priority=9, needing=needs(language="fr"))
    centre.arrives("hopeless-too", "billing-chat", priority=9, needing=needs(language="fr"))
    centre.arrives("second", age=30.0)
    centre.arrives("first", "billing-chat", age=60.0)
    centre.arrives("third", "billing-chat", age=20.0)
    centre.at_work("amy")
    assert served_by_amy(centre, 3) == ["first", "second", "third"]


def test_work_that_found_nobody_is_served_by_whoever_is_free_next_the_oldest_first() -> None:
    """What waits is offered the moment somebody is free, and nothing newer overtakes it (chatwoot #10376)."""
    centre = Centre(ordered())
    centre.at_work("amy")
    for number in range(4):
        centre.arrives(f"t{number}")
        centre.wait(1)
    assert served_by_amy(centre, 4) == ["t0", "t1", "t2", "t3"]


def test_another_plan_orders_those_who_wait_already() -> None:
    """When the slope changes, everybody who waits stands where the new plan puts them, at once."""
    centre = Centre(ordered())
    centre.arrives("patient", priority=1)
    centre.wait(10 * MINUTE)
    centre.arrives("important", priority=5)
    centre.publish(ordered(slope=1.0, version=2))
    centre.at_work("amy")
    assert served_by_amy(centre, 1) == ["patient"]


def a_day_that_ages() -> Centre:
    """A busy day on which waiting counts and the ceiling is passed."""
    return busy_day(160, order=OrderPlan(priority_per_minute=0.7, starvation_seconds=200.0))


def test_every_choice_of_a_day_that_ages_is_that_of_a_plain_scan() -> None:
    """With slope and ceiling, too, each offer goes to whom a scan over everybody names at that moment."""
    centre = a_day_that_ages()
    assert check_every_offer(centre) > 60
    waits = [fact.waited_seconds for fact in centre.facts(f.InteractionAnswered)]
    assert sum(seconds > 200.0 for seconds in waits) > 5


def test_whoever_takes_over_in_the_middle_orders_the_same() -> None:
    """From a snapshot or from the facts alone, an engine that takes over goes on as the one before would have."""
    centre = a_day_that_ages()
    for start in range(0, len(centre.log), 23):
        reader = Engine(centre.shard, SHARDS)
        for decided_at, facts in centre.log[:start]:
            reader.apply(facts, decided_at)
        restored = Engine(centre.shard, SHARDS)
        restored.restore(list(reader.rows()), reader.decided_at)
        for after in (reader, restored):
            for (now, item), (_, facts) in zip(centre.inputs[start:], centre.log[start:], strict=True):
                assert tuple(after.decide(item, now)) == facts


@given(
    slope=st.sampled_from([0.0, 0.000001, 0.1, 1 / 3, 1.0, 7.5, 1e6]),
    people=st.lists(st.tuples(st.integers(-50, 50), st.floats(1.6e9, 1.8e9)), min_size=2, max_size=8),
    now=st.floats(1.8e9, 1.9e9),
)
def test_the_fixed_keys_stand_in_the_order_of_effective_priority_at_any_time(
    slope: float, people: list[tuple[int, float]], now: float
) -> None:
    """Whenever one looks, sorting by the keys that never change is sorting by what everybody has earned by then."""
    order = Order(OrderPlan(priority_per_minute=slope, starvation_seconds=0.0))
    keyed = []
    for number, (priority, since) in enumerate(people):
        waited = int(now * 1e6) - int(since * 1e6)
        effective = priority + Fraction(round(slope * 1e6), 10**6) * waited / 60_000_000
        key = order.key(order.base(priority, reserved=False), age_key(since, number))
        keyed.append((key, (-effective, int(since * 1e6), number)))
    assert all(one[1] < other[1] for one, other in pairwise(sorted(keyed)))


def somebody(since: float, sequence: int) -> Interaction:
    """Somebody who has waited since then, and is about to stand in line."""
    received = f.InteractionReceived(
        pool=POOL,
        interaction_id=f"i{sequence}",
        entry_point="web",
        account="",
        channel=Channel.CHAT,
        thread=f"t{sequence}",
        direction=Direction.INBOUND,
        customer="",
        language="",
        arrived_at=since,
        previous_interaction_id="",
        queue="general",
        priority=0,
        owner=ParticipantRole.UNSPECIFIED,
        deadline=since,
    )
    interaction = Interaction(received=received, sequence=sequence, state=InteractionState.QUEUED, state_since=since)
    interaction.place = age_key(since, sequence)
    return interaction


class Counting(Lines):
    """Lines that count how often a head is looked for."""

    looked = 0

    def _settle(self, number: int) -> None:
        self.looked += 1
        super()._settle(number)


def test_when_time_passes_only_the_heads_are_looked_at() -> None:
    """Though thousands pass the ceiling at once, the first of each kind is enough: no kind is looked through for it."""
    order = Order(OrderPlan(starvation_seconds=10.0))
    lines = Counting(order)
    for number in range(1, 4):
        lines.introduce()
        for sequence in range(2_000):
            lines.add(number, order.base(sequence % 3, reserved=False), somebody(1_000.0, 3 * sequence + number))
    lines.ripen(1_010.0)
    before, lines.looked = list(lines.heads), 0
    lines.ripen(1_010.1)
    assert lines.looked == 0
    assert all(now < then for now, then in zip(lines.heads[1:], before[1:], strict=True))


@pytest.mark.parametrize("meanwhile", ["nothing", "left", "came back", "somebody older came", "another priority"])
def test_when_a_whole_rush_starves_in_one_instant_the_oldest_of_each_kind_comes_first(meanwhile: str) -> None:
    """Whatever happened since they were watched for: the first of all priorities, as if each had been looked at."""
    order = Order(OrderPlan(starvation_seconds=10.0))
    lines, kinds = Lines(order), 50
    standing: dict[int, list[Interaction]] = {}
    for number in range(1, kinds + 1):
        lines.introduce()
        standing[number] = [somebody(1_000.0 + 0.001 * place, 10 * number + place) for place in range(5)]
        for one in reversed(standing[number]):
            one.lane = lines.add(number, order.base(one.sequence % 3, reserved=False), one)
    lines.ripen(1_005.0)
    for number, ones in standing.items():
        first = ones[0]
        assert first.lane is not None
        if meanwhile in {"left", "came back", "another priority"}:
            lines.remove(first.lane, first)
        if meanwhile == "left":
            ones.pop(0)
        elif meanwhile in {"came back", "another priority"}:
            priority = first.sequence + (meanwhile == "another priority")
            first.lane = lines.add(number, order.base(priority % 3, reserved=False), first)
        elif meanwhile == "somebody older came":
            ones.insert(0, somebody(999.0, 10_000 + number))
            ones[0].lane = lines.add(number, order.base(0, reserved=False), ones[0])
    lines.ripen(1_011.0)
    for number, ones in standing.items():
        front = lines.fronts[number]
        assert front is not None
        assert front.first is ones[0] is min(ones, key=lambda one: (one.waiting_since, one.sequence))
        assert lines.heads[number] >> NUMBER_BITS == age_key(ones[0].waiting_since, ones[0].sequence) - STARVING


def test_who_comes_back_to_the_line_starves_at_once_if_they_have_waited_that_long() -> None:
    """An offer that was not taken brings back a customer who has waited too long: before all others, and at once."""
    order = Order(OrderPlan(starvation_seconds=10.0))
    lines = Lines(order)
    lines.introduce()
    lines.ripen(1_020.0)
    lines.add(1, order.base(9, reserved=False), somebody(1_015.0, 1))
    before = lines.heads[1]
    starves = somebody(1_005.0, 0)
    lane = lines.add(1, order.base(0, reserved=False), starves)
    lines.ripen(1_020.0)
    assert lines.heads[1] < before
    assert lines.fronts[1] is lane
    assert lines.place(lane, starves) < before
