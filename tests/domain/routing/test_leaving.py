"""The customer may leave in any state, and the ledger says where they were."""

from collections.abc import Callable

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language.content import ParticipantRole
from kindline.language.facts import InteractionAbandoned, InteractionClosed, InteractionCompleted, OfferRevoked
from kindline.language.facts.interactions import AbandonedWhere as W
from kindline.language.facts.interactions import CloseReason
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, plan


def hangs_up(centre: Centre, thread: str) -> None:
    """The customer's leg ends."""
    centre.event(e.LegEnded(role=ParticipantRole.CUSTOMER, cause="hung up"), thread, "phone")


def in_menu(centre: Centre) -> None:
    """A caller in the voice menu."""
    centre.arrives("t1", "phone", held_by_bot=True)


def in_queue(centre: Centre) -> None:
    """A caller for whom nobody is there."""
    centre.rings("t1")


def offered(centre: Centre) -> None:
    """A caller who is held out to an agent."""
    centre.at_work("amy")
    centre.rings("t1")


def connecting(centre: Centre) -> None:
    """A caller whose agent's phone rings."""
    offered(centre)
    centre.accepts("amy")


@pytest.mark.parametrize(
    "before,where",
    [
        (in_menu, W.IN_IVR),
        (in_queue, W.IN_QUEUE),
        (offered, W.WHILE_OFFERED),
        (connecting, W.WHILE_CONNECTING),
    ],
)
def test_a_caller_who_hangs_up_unserved_is_abandoned_where_they_were(
    before: Callable[[Centre], None], where: W
) -> None:
    """Whoever hangs up before an agent spoke to them counts as abandoned, in the place where they gave up."""
    centre = Centre(plan())
    before(centre)
    centre.now += 7
    hangs_up(centre, "t1")
    assert [(fact.where, fact.waited_seconds) for fact in centre.facts(InteractionAbandoned)] == [(where, 7.0)]
    assert len(centre.facts(OfferRevoked)) == (where is W.WHILE_OFFERED)
    assert centre.engine.work_of(centre.pool, "amy") == ()


@pytest.mark.parametrize("held", [False, True])
def test_a_caller_who_hangs_up_in_talk_or_on_hold_ends_the_work(held: bool) -> None:  # noqa: FBT001 - a pytest value
    """Hanging up after an answer completes the work, and the agent wraps up."""
    centre = Centre(plan())
    connecting(centre)
    centre.event(e.LegAnswered(role=ParticipantRole.AGENT, agent_id="amy"), "t1", "phone")
    if held:
        centre.says("amy", a.HoldInteraction(interaction_id=centre.id("t1")))
        assert centre.state("t1") is S.HELD
    hangs_up(centre, "t1")
    assert [fact.ended_by for fact in centre.facts(InteractionCompleted)] == [ParticipantRole.CUSTOMER]
    assert centre.state("t1") is S.COMPLETED
    hangs_up(centre, "t1")
    centre.wait(30)
    assert [fact.reason for fact in centre.facts(InteractionClosed)] == [CloseReason.WRAP_UP_TIMED_OUT]
    assert centre.facts(InteractionAbandoned) == []
    hangs_up(centre, "t1")
    assert centre.state("t1") is S.CLOSED


def test_a_call_that_is_not_connected_in_time_waits_again_at_its_old_age() -> None:
    """When the agent's phone is not picked up the caller goes back to where they were in line."""
    centre = Centre(plan())
    connecting(centre)
    since = centre.now
    centre.wait(30)
    assert centre.state("t1") is S.QUEUED
    queued = centre.interaction("t1").queued
    assert queued is not None
    assert queued.waiting_since == since
    assert queued.from_agent_id == "amy"


def test_a_form_that_is_withdrawn_is_cancelled() -> None:
    """What the source takes back before anybody worked on it is cancelled, not abandoned."""
    centre = Centre(plan())
    centre.arrives("t1", "form")
    centre.event(e.InteractionEnded(ended_by=ParticipantRole.CUSTOMER), "t1", "form")
    assert centre.state("t1") is S.CANCELLED
