"""Who comes first and who gets them: by priority, age and fairness, and always as a plain scan over everything says."""

import pytest

from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.plan import ChannelPlan
from kindline.routing.domain import marks
from kindline.routing.domain.engine import Engine
from tests.domain.routing.days import busy_day
from tests.domain.routing.naive import Floor
from tests.given import SHARDS, Centre, agent, needs, plan, queue


def served(centre: Centre) -> list[str]:
    """The interactions that were offered, in order."""
    return [fact.interaction_id for fact in centre.facts(f.OfferIssued)]


def test_higher_priority_comes_first_then_the_older_then_who_arrived_first() -> None:
    """Priority beats age, age beats arrival, and a tie of both goes to whoever arrived first."""
    centre = Centre(plan())
    centre.arrives("late-and-low", priority=1)
    centre.arrives("older", priority=5, age=60.0)
    centre.arrives("newer", priority=5, age=30.0)
    centre.arrives("newer-too", priority=5, age=30.0)
    centre.arrives("high", priority=9)
    centre.at_work("amy")
    for thread in ("high", "older", "newer", "newer-too", "late-and-low"):
        assert centre.offered_to(thread) == ["amy"]
        centre.accepts("amy")
        centre.finishes("amy", thread)


def test_a_queues_weight_counts_with_the_priority() -> None:
    """A queue that matters more lifts everybody in it."""
    centre = Centre(plan(queues=(queue(), queue("billing", weight=3))))
    centre.arrives("general", priority=2)
    centre.arrives("billing", "billing-chat")
    centre.at_work("amy")
    assert served(centre) == [centre.id("billing")]


def test_an_agent_passes_over_those_they_cannot_serve() -> None:
    """Whoever cannot be served by the agent who is free keeps waiting, and nobody waits behind them for nothing."""
    centre = Centre(plan())
    centre.arrives("skilled", needing=needs(billing=4))
    centre.arrives("spoken", needing=needs(language="fr"))
    centre.arrives("simple")
    centre.at_work("amy")
    assert served(centre) == [centre.id("simple")]


def test_levels_and_languages_must_be_met() -> None:
    """A skill counts from its level on, and a language must be spoken."""
    able = (agent("amy", billing=3), agent("bob", billing=4), agent("cy", languages=("fr",), billing=5))
    centre = Centre(plan(agents=able))
    centre.at_work("amy", "bob", "cy")
    centre.arrives("t1", needing=needs(language="fr", billing=4))
    assert centre.offered_to("t1") == ["cy"]
    centre.arrives("t2", needing=needs(billing=4))
    assert centre.offered_to("t2") == ["bob"]


def test_whoever_is_idle_longest_is_asked_first_when_nobody_has_a_past() -> None:
    """At the start of the day the first who signed in is the first to be asked."""
    centre = Centre(plan())
    for name in ("cy", "amy", "bob"):
        centre.at_work(name)
        centre.wait(1)
    for thread in ("t1", "t2", "t3"):
        centre.arrives(thread)
    assert [fact.agent_id for fact in centre.facts(f.OfferIssued)] == ["cy", "amy", "bob"]


def test_whoever_worked_least_for_the_time_they_were_there_is_asked_first() -> None:
    """Long talks earn rest: after them the next customer goes to the agent who had less to do."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.wait(600)
    centre.arrives("t1")
    busy = centre.offered_to("t1")[0]
    rested = {"amy": "bob", "bob": "amy"}[busy]
    centre.accepts(busy)
    centre.wait(300)
    centre.finishes(busy, "t1")
    centre.arrives("t2")
    assert centre.offered_to("t2") == [rested]
    centre.accepts(rested)
    centre.wait(10)
    centre.finishes(rested, "t2")
    centre.wait(600)
    centre.arrives("t3")
    assert centre.offered_to("t3") == [rested]


def test_capacity_is_held_from_the_offer_to_the_close() -> None:
    """Two chats fill an agent, a third waits, and wrap-up still counts."""
    half = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    centre = Centre(plan(channels=half))
    centre.at_work("amy")
    for thread in ("t1", "t2", "t3"):
        centre.arrives(thread)
    assert len(centre.offers("amy")) == 2
    centre.accepts("amy")
    centre.completes("amy", "t1")
    assert centre.offered_to("t3") == []
    centre.says("amy", a.FinishWrapUp(interaction_id=centre.id("t1")))
    assert centre.offered_to("t3") == ["amy"]


def test_units_of_all_channels_are_counted_together() -> None:
    """Who talks on the phone is not asked to chat as well."""
    centre = Centre(plan(channels=()))
    centre.at_work("amy")
    centre.rings("call")
    centre.arrives("chat")
    assert centre.offered_to("call") == ["amy"]
    assert centre.offered_to("chat") == []


def test_nobody_is_given_two_things_within_the_gap() -> None:
    """Between two assignments an agent has the time that the plan promises."""
    usual = plan()
    half = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    from_plan = plan(channels=half, limits=type(usual.limits)(assignment_gap_seconds=8.0))
    centre = Centre(from_plan)
    centre.at_work("amy")
    centre.arrives("t1")
    centre.arrives("t2")
    assert centre.offered_to("t2") == []
    centre.wait(7.9)
    assert centre.offered_to("t2") == []
    centre.wait(0.2)
    assert centre.offered_to("t2") == ["amy"]


@pytest.mark.parametrize("looks", [0, 1, marks.LOOKS, 10_000])
def test_every_choice_of_a_busy_day_is_that_of_a_plain_scan(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over hours each offer goes to whom a scan over everybody names, however many make up a few for the matcher."""
    monkeypatch.setattr(marks, "LOOKS", looks)
    assert check_every_offer(busy_day()) > 100


def check_every_offer(centre: Centre) -> int:
    """Fold the day again, and before each offer ask the naive twin who it should go to; the number of offers."""
    reader = Engine(centre.shard, SHARDS)
    offers = 0
    for at, facts in centre.log:
        for fact in facts:
            if isinstance(fact, f.OfferIssued):
                due = Floor(at).take(list(reader.rows())).pairs()
                assert due is not None
                assert (due[0].received.interaction_id, due[1].agent_id) == (fact.interaction_id, fact.agent_id)
                offers += 1
            reader.apply([fact], at)
    assert reader.fingerprint() == centre.engine.fingerprint()
    return offers
