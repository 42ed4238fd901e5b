"""What became of the calls, and how the crew spent the day, is folded from decisions alone."""

from __future__ import annotations

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Because, Channel, Direction, ParticipantRole
from kindline.language.facts.interactions import AbandonedWhere, CloseReason, QueuedReason
from kindline.language.facts.offers import Choice, OfferRevokedReason
from kindline.language.log import DecisionBatch
from kindline.rehearsal.domain.crew_hours import CrewHours
from kindline.rehearsal.domain.fates import Fate, Fates

POOL = "anonymous-bank/calls"


def received(thread: str = "call") -> f.InteractionReceived:
    """A call reaches the menu; its interaction is named like its thread."""
    return f.InteractionReceived(
        pool=POOL,
        interaction_id=thread,
        entry_point="voice-PS",
        account="voice-PS",
        channel=Channel.VOICE,
        thread=thread,
        direction=Direction.INBOUND,
        customer="",
        language="he",
        arrived_at=0.0,
        previous_interaction_id="",
        queue="PS",
        priority=0,
        owner=ParticipantRole.BOT,
        deadline=90.0,
    )


def queued(reason: QueuedReason = QueuedReason.HANDED_OVER) -> f.InteractionQueued:
    """The call comes into its queue."""
    return f.InteractionQueued(
        pool=POOL,
        interaction_id="call",
        queue="PS",
        priority=0,
        waiting_since=0.0,
        segment=1,
        reason=reason,
        from_agent_id="",
        deadline=90.0,
    )


def offered(number: int = 1) -> f.OfferIssued:
    """An agent is offered the call."""
    return f.OfferIssued(
        pool=POOL,
        offer_id=f"call.{number}",
        interaction_id="call",
        agent_id="AG01",
        number=number,
        queue="PS",
        channel=Channel.VOICE,
        units=100,
        expires_at=50.0,
        choice=Choice(rule="least-work", score=0.0, eligible=1, plan_version=1),
    )


def accepted(number: int = 1) -> f.OfferAccepted:
    """The agent takes it."""
    return f.OfferAccepted(
        pool=POOL, offer_id=f"call.{number}", interaction_id="call", agent_id="AG01", connect_by=60.0
    )


def answered(waited: float = 7.0) -> f.InteractionAnswered:
    """Both are together."""
    return f.InteractionAnswered(
        pool=POOL, interaction_id="call", agent_id="AG01", queue="PS", waited_seconds=waited, deadline=999.0
    )


def completed() -> f.InteractionCompleted:
    """The work is done."""
    return f.InteractionCompleted(
        pool=POOL, interaction_id="call", agent_id="AG01", ended_by=ParticipantRole.AGENT, wrap_up_until=99.0
    )


def closed() -> f.InteractionClosed:
    """The agent is free."""
    return f.InteractionClosed(pool=POOL, interaction_id="call", reason=CloseReason.WRAP_UP_FINISHED)


def status(given: AgentStatus, agent_id: str = "AG01") -> f.AgentStatusDeclared:
    """An agent's status counts from now."""
    return f.AgentStatusDeclared(
        pool=POOL,
        agent_id=agent_id,
        status=given,
        reason_code="",
        next_status=AgentStatus.UNSPECIFIED,
        next_reason_code="",
    )


def batch(at: float, *facts: f.Fact) -> DecisionBatch:
    """One decision."""
    return DecisionBatch(
        epoch=2, owner="o", seq=int(at), level=1, decided_at=at, facts=facts, next_within=0.5, released=False
    )


def told(*batches: DecisionBatch) -> tuple[Fates, Fate]:
    """The fates after these decisions, and that of the one call."""
    fates = Fates({"call"})
    for found in batches:
        fates.apply(found, offset=int(found.decided_at) + 100)
    return fates, fates.by_thread["call"]


def test_a_served_call_has_its_wait_from_the_ledger() -> None:
    """From the menu to the end of the wrap-up a call is followed, and its wait is what the decision says."""
    fates, fate = told(
        batch(1, received()),
        batch(2, queued(), offered()),
        batch(3, accepted()),
        batch(9, answered()),
        batch(40, completed()),
        batch(45, closed()),
    )
    assert (fate.served, fate.waited, fate.answered_at, fate.completed_at) == (True, 7.0, 9, 40)
    assert (fates.ended, fates.ended_wrongly) == (1, 0)
    assert not fate.found_nobody_free


def test_an_accepted_offer_tells_the_switch_whom_to_connect_and_why() -> None:
    """Between accept and talk the switch is given the agent, the offer and the decision that counts."""
    _, fate = told(batch(1, received()), batch(2, queued(), offered()), batch(3, accepted()))
    assert fate.connecting is not None
    assert (fate.connecting.agent_id, fate.connecting.offer_id) == ("AG01", "call.1")
    assert fate.connecting.because == Because(epoch=2, seq=3, offset=103)
    _, fate = told(batch(1, received()), batch(2, queued(), offered()), batch(3, accepted()), batch(4, answered()))
    assert fate.connecting is None


def test_a_call_that_is_not_offered_at_once_found_nobody_free() -> None:
    """Only a call without an offer in the decision that queued it first counts as having found nobody free."""
    _, waiting = told(batch(1, received()), batch(2, queued()), batch(8, offered()))
    assert waiting.found_nobody_free
    again = batch(5, queued(QueuedReason.NOT_CONNECTED))
    _, lucky = told(batch(1, received()), batch(2, queued(), offered()), batch(3, accepted()), again)
    assert not lucky.found_nobody_free
    assert not lucky.in_hand


def test_an_offer_that_was_taken_back_rings_no_more() -> None:
    """While an offer is open the caller is in hand, and no longer once it was revoked."""
    revoked = f.OfferRevoked(
        pool=POOL,
        offer_id="call.1",
        interaction_id="call",
        agent_id="AG01",
        reason=OfferRevokedReason.STATUS_CHANGED,
    )
    _, ringing = told(batch(1, received()), batch(2, queued(), offered()))
    _, silent = told(batch(1, received()), batch(2, queued(), offered()), batch(3, revoked))
    assert (ringing.in_hand, silent.in_hand) == (True, False)


def test_a_caller_who_hung_up_is_counted_where_they_were() -> None:
    """An abandoned call keeps where it ended and how long it had waited."""
    left = f.InteractionAbandoned(
        pool=POOL, interaction_id="call", where=AbandonedWhere.IN_QUEUE, waited_seconds=30.0, cause="hung up"
    )
    fates, fate = told(batch(1, received()), batch(2, queued()), batch(32, left))
    assert (fate.abandoned, fate.waited, fate.served) == (AbandonedWhere.IN_QUEUE, 30.0, False)
    assert fates.ended_wrongly == 0


def test_calls_that_never_end_or_come_twice_are_found() -> None:
    """A call that is still open, one that never came and one that came twice each count as wrong."""
    fates = Fates({"call", "lost"})
    fates.apply(batch(1, received()), 1)
    assert fates.ended_wrongly == 2
    fates.apply(batch(2, received()), 2)
    assert fates.ended_wrongly == 3


def test_calls_of_others_are_passed_over() -> None:
    """A call that nobody rehearses changes nothing."""
    fates = Fates({"call"})
    assert fates.apply(batch(1, received("stranger")), 1) == {}
    assert fates.by_thread == {}


def test_occupancy_is_time_in_hand_in_time_at_work() -> None:
    """Ten seconds with a contact in twenty at work are a half, wrap-up included, and nobody is named."""
    hours = CrewHours(POOL)
    steps = (
        batch(0, status(AgentStatus.AVAILABLE), status(AgentStatus.AVAILABLE, "AG02")),
        batch(5, answered()),
        batch(12, completed()),
        batch(15, closed()),
        batch(20, status(AgentStatus.BREAK), status(AgentStatus.OFFLINE, "AG02")),
        batch(90, status(AgentStatus.OFFLINE)),
    )
    for step in steps:
        hours.apply(step)
    found = hours.occupancy()
    assert (found.lowest, found.median, found.highest) == (0.0, 0.25, 0.5)


def test_other_pools_have_hours_of_their_own() -> None:
    """Agents of another pool are not counted."""
    hours = CrewHours("elsewhere/pool")
    hours.apply(batch(0, status(AgentStatus.AVAILABLE)))
    hours.apply(batch(9, status(AgentStatus.OFFLINE)))
    assert hours.occupancy().median is None
