"""Sessions, leases and statuses: nobody gets work they cannot take, and no customer waits on somebody who is gone."""

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language.agents import AgentStatus, SessionCloseReason
from kindline.language.facts import (
    AgentLeaseChanged,
    AgentRoutingStateChanged,
    InputDeadLettered,
    InteractionClosed,
    OfferRevoked,
)
from kindline.language.facts.agents import Lease, RefusalReason, RoutingState
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.facts.interactions import CloseReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.language.snapshot import AgentRow
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.given import Centre, plan, queue


def row(centre: Centre, agent_id: str) -> AgentRow:
    """What is known of an agent who has been seen."""
    found = centre.agent(agent_id)
    assert found is not None
    return found


def lost(centre: Centre, agent_id: str) -> None:
    """An agent's stream breaks."""
    session = row(centre, agent_id).session_id
    centre.tell(agent_id, a.SessionClosed(session_id=session, reason=SessionCloseReason.STREAM_LOST))


def test_nobody_gets_work_before_they_say_that_they_are_available() -> None:
    """Signing in is not yet being available."""
    centre = Centre(plan())
    centre.arrives("t1")
    centre.signs_in("amy")
    assert centre.state("t1") is S.QUEUED
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    assert centre.offered_to("t1") == ["amy"]


def test_a_broken_stream_stops_offers_at_once_and_keeps_the_work_for_a_while() -> None:
    """Whoever may be gone gets nothing new, and who comes back within the grace lost nothing."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    lost(centre, "amy")
    assert row(centre, "amy").lease is Lease.SUSPECT
    centre.wait(19)
    centre.signs_in("amy")
    centre.wait(60)
    assert row(centre, "amy").lease is Lease.CONNECTED
    assert centre.interaction("t1").agent_id == "amy"


def test_a_lost_agents_chat_goes_to_the_next_at_its_old_age_and_their_offer_too() -> None:
    """When the grace is over the customer waits for somebody else, as long as they waited already."""
    centre = Centre(plan())
    centre.at_work("amy")
    arrived = centre.now
    centre.arrives("t1")
    centre.accepts("amy")
    lost(centre, "amy")
    centre.wait(20)
    assert row(centre, "amy").lease is Lease.LOST
    assert row(centre, "amy").routing_state is RoutingState.INACTIVE
    queued = centre.interaction("t1").queued
    assert queued is not None
    assert (queued.waiting_since, queued.from_agent_id) == (arrived, "amy")
    centre.at_work("bob")
    assert centre.offered_to("t1") == ["bob"]


def test_a_session_without_a_name_or_a_presence_is_a_dead_letter() -> None:
    """Nobody is signed in whose session could be neither heard of nor closed."""
    for session, replica in (("", "presence-1"), ("amy-1", ""), ("", "")):
        centre = Centre(plan())
        centre.tell("amy", a.SessionOpened(session_id=session, replica_id=replica))
        assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.INVALID_FIELD]
        assert centre.agent("amy") is None


def test_a_lost_agents_offer_is_revoked_without_penalty() -> None:
    """An offer to somebody who is gone goes back, and nobody counts it against them."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.now += 1
    lost(centre, "amy")
    centre.signs_in("amy")
    centre.arrives("t1")
    lost(centre, "amy")
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    assert [fact.reason for fact in centre.facts(OfferRevoked)] == [OfferRevokedReason.AGENT_LOST]
    assert row(centre, "amy").missed_offers == 0


def test_a_lost_agent_keeps_calls_and_mail() -> None:
    """A call lasts as long as its line, and mail waits for its agent."""
    for entrance in ("phone", "mail"):
        centre = Centre(plan())
        centre.at_work("amy")
        centre.arrives("t1", entrance)
        centre.accepts("amy")
        lost(centre, "amy")
        centre.wait(25)
        assert row(centre, "amy").lease is Lease.LOST
        assert centre.interaction("t1").agent_id == "amy"


@pytest.mark.parametrize("first", ["signs out", "leaves the plan"])
def test_mail_waits_for_nobody_who_cannot_come_back(first: str) -> None:
    """Amy has signed out and is not in the plan any more, in whichever order: Bob gets the mail, at its age."""
    centre = Centre(plan())
    centre.at_work("amy")
    arrived = centre.now
    centre.arrives("t1", "mail")
    centre.accepts("amy")
    centre.wait(60)
    without_amy = plan(version=2, agents=tuple(one for one in plan().agents if one.agent_id != "amy"))
    without_amy = replace(without_amy, queues=(queue(),), entry_points=plan().entry_points[:4])
    signed_out = a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT)
    if first == "signs out":
        centre.tell("amy", signed_out)
    centre.publish(without_amy)
    if first != "signs out":
        assert centre.interaction("t1").agent_id == "amy"
        centre.tell("amy", signed_out)
    queued = centre.interaction("t1").queued
    assert queued is not None
    assert (queued.waiting_since, centre.state("t1")) == (arrived, S.QUEUED)
    centre.at_work("bob")
    assert centre.offered_to("t1") == ["bob"]


def test_a_silent_presence_makes_all_its_agents_suspect_and_a_sign_of_life_brings_them_back() -> None:
    """When a presence replica hangs its agents get nothing new until it is heard again."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.wait(6.1, presence=False)
    assert [fact.lease for fact in centre.facts(AgentLeaseChanged)] == [Lease.SUSPECT, Lease.SUSPECT]
    centre.arrives("t1")
    assert centre.offered_to("t1") == []
    centre.wait(2)
    assert row(centre, "bob").lease is Lease.CONNECTED
    assert centre.offered_to("t1") == ["amy"]


def test_a_sign_in_is_a_sign_of_life_for_the_agents_of_other_pools_too() -> None:
    """Bob of another pool is not suspected, let alone lost, just after his presence has let Amy in."""
    support = plan()
    centre = Centre(support, shard=0)
    centre.engine = Engine(0, 1)
    sales = replace(support, pool="acme/sales")
    centre.publish(support)
    centre.publish(sales)
    centre.pool = sales.pool
    centre.at_work("bob")
    centre.wait(5, presence=False)
    centre.pool = support.pool
    centre.signs_in("amy")
    centre.wait(2, presence=False)
    centre.wait(30)
    assert centre.facts(AgentLeaseChanged) == []


def test_a_sign_of_life_does_not_bring_back_a_broken_stream() -> None:
    """The replica lives, the agent's own line does not: that makes a difference."""
    centre = Centre(plan())
    centre.at_work("amy")
    lost(centre, "amy")
    centre.wait(10)
    assert row(centre, "amy").lease is Lease.SUSPECT


def test_a_stream_that_breaks_just_when_its_replica_falls_silent_is_broken_all_the_same() -> None:
    """Amy is not there again, for good and without a front end, because her replica is heard once more."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.now += 6.1
    lost(centre, "amy")
    centre.wait(20)
    assert row(centre, "amy").lease is Lease.LOST


def test_the_newest_session_wins_and_the_older_can_neither_act_nor_close_it() -> None:
    """Whoever signs in elsewhere continues there, with all of their work."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.signs_in("amy", session="amy-2", replica="presence-2")
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), session="amy-1")
    assert centre.answer() is RefusalReason.SESSION_SUPERSEDED
    assert centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT)) == []
    centre.completes("amy", "t1")
    assert centre.answer() is RefusalReason.UNSPECIFIED


def test_signing_out_leaves_no_customer_behind() -> None:
    """Chats go back to their queue, the status is off, and the session can do nothing more."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    assert centre.state("t1") is S.QUEUED
    assert row(centre, "amy").routing_state is RoutingState.INACTIVE
    assert row(centre, "amy").status is AgentStatus.OFFLINE
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE), session="amy-1")
    assert centre.answer() is RefusalReason.SESSION_ENDED


def test_signing_out_in_wrap_up_ends_the_wrap_up() -> None:
    """Whoever signs out has finished."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.completes("amy", "t1")
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    assert [fact.reason for fact in centre.facts(InteractionClosed)] == [CloseReason.WRAP_UP_FINISHED]


def test_a_break_asked_for_during_work_begins_when_the_work_ends() -> None:
    """No new work from now on, the break as soon as the wrap-up is done, and a later choice replaces it."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.arrives("t2")
    centre.says("amy", a.SetStatus(status=AgentStatus.MEETING, when_work_ends=True))
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    assert row(centre, "amy").routing_state is RoutingState.DRAINING
    centre.finishes("amy", "t1")
    assert row(centre, "amy").status is AgentStatus.BREAK
    assert row(centre, "amy").routing_state is RoutingState.INACTIVE
    assert centre.state("t2") is S.QUEUED
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    assert centre.offered_to("t2") == ["amy"]


def test_the_agent_sees_every_change_of_state_once() -> None:
    """From sign-in through an offer, work and wrap-up to idle: each state is told when it begins."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.finishes("amy", "t1")
    told = [fact.routing_state for fact in centre.facts(AgentRoutingStateChanged)]
    r = RoutingState
    assert told == [r.IDLE, r.RESERVED, r.INTERACTING, r.WRAP_UP, r.IDLE]


def test_an_agent_who_is_not_in_the_plan_is_turned_away_with_a_reason() -> None:
    """Somebody the plan does not name cannot sign in, and people can read why."""
    centre = Centre(plan())
    centre.signs_in("mallory")
    assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.UNKNOWN_AGENT]
    assert centre.agent("mallory") is None
