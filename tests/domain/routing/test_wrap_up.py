"""Wrap-up is work: it is seen as such, lasts as long as it was promised, and no queue cuts it short."""

from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SetStatus
from kindline.language.facts.agents import RoutingState
from kindline.language.facts.interactions import CloseReason
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, plan, queue


def wrapping_up() -> Centre:
    """Bob has a minute after the work, and three customers wait."""
    centre = Centre(plan(queues=(queue(wrap_up_seconds=60.0), queue("billing"))))
    centre.at_work("bob")
    centre.arrives("one")
    centre.accepts("bob")
    for thread in ("two", "three", "four"):
        centre.arrives(thread, priority=9)
    centre.completes("bob", "one")
    return centre


def state_of(centre: Centre) -> RoutingState:
    """What Bob is doing, as the floor shows it."""
    row = centre.agent("bob")
    assert row is not None
    return row.routing_state


def test_no_queue_however_long_cuts_a_wrap_up_short() -> None:
    """Three urgent customers wait: Bob has his minute, everybody can see why, and then he is asked."""
    centre = wrapping_up()
    assert state_of(centre) is RoutingState.WRAP_UP
    centre.wait(59.9)
    assert centre.offers("bob") == []
    assert state_of(centre) is RoutingState.WRAP_UP
    centre.wait(0.1)
    assert [fact.reason for fact in centre.facts(f.InteractionClosed)] == [CloseReason.WRAP_UP_TIMED_OUT]
    assert len(centre.offers("bob")) == 1


def test_who_is_done_earlier_says_so_and_is_asked_at_once() -> None:
    """The minute is Bob's to give back."""
    centre = wrapping_up()
    centre.wait(10.0)
    centre.finishes("bob", "one")
    assert centre.state("one") is S.CLOSED
    assert len(centre.offers("bob")) == 1


def test_a_break_asked_for_in_wrap_up_follows_it_and_nothing_comes_between() -> None:
    """Bob asks for his break while he writes his notes: the minute ends, the break begins, no desk rings."""
    centre = wrapping_up()
    centre.says("bob", SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    centre.wait(60.0)
    row = centre.agent("bob")
    assert row is not None
    assert row.status is AgentStatus.BREAK
    assert centre.offers("bob") == []
