"""Commands: always answered, carried out once, refused with a reason."""

import pytest

from kindline.language import agents as a
from kindline.language.agents import AgentStatus
from kindline.language.facts import (
    AgentStatusDeclared,
    CommandAnswered,
    InteractionAnswered,
    InteractionQueued,
    MessageSent,
)
from kindline.language.facts.agents import RefusalReason as R
from kindline.language.facts.interactions import QueuedReason
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, plan, text


@pytest.fixture
def centre() -> Centre:
    """Amy talks to a customer, Bob is there too."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.at_work("bob")
    return centre


def test_a_repeated_command_gets_the_answer_of_the_first_and_does_nothing_more(centre: Centre) -> None:
    """Asking again after a lost answer is safe."""
    command = a.TransferInteraction(interaction_id=centre.id("t1"), queue="general")
    name = centre.command_id()
    centre.says("amy", command, command_id=name)
    centre.wait(300)
    again = centre.says("amy", command, command_id=name)
    assert again == [centre.facts(CommandAnswered)[-1]]
    assert centre.answer() is R.UNSPECIFIED
    assert [fact.reason for fact in centre.facts(InteractionQueued)] == [QueuedReason.ARRIVED, QueuedReason.TRANSFERRED]


def test_a_command_of_ten_minutes_ago_is_refused(centre: Centre) -> None:
    """What was meant ten minutes ago may be wrong by now."""
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), said_ago=601)
    assert centre.answer() is R.COMMAND_TOO_OLD
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), said_ago=599)
    assert centre.answer() is R.UNSPECIFIED


def test_a_command_from_the_future_is_refused(centre: Centre) -> None:
    """A clock that is a little fast is forgiven; a command dated hours ahead could be carried out twice."""
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), said_ago=-301)
    assert centre.answer() is R.INVALID_COMMAND
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), said_ago=-299)
    assert centre.answer() is R.UNSPECIFIED


@pytest.mark.parametrize("ahead", [0, 299, 301, 599])
def test_a_break_that_is_over_is_not_begun_again_by_a_late_repeat(centre: Centre, ahead: int) -> None:
    """Whatever the clock of Amy's front end says, its command of a quarter of an hour ago is carried out once."""
    name = centre.command_id(-ahead)
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK), command_id=name)
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    centre.wait(901.0)
    centre.at_work("bob")
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK), command_id=name)
    assert [fact.status for fact in centre.facts(AgentStatusDeclared)].count(AgentStatus.BREAK) <= 1


def test_a_command_needs_a_proper_id(centre: Centre) -> None:
    """An id that is no UUIDv7 tells no age."""
    centre.says("amy", a.CompleteInteraction(interaction_id=centre.id("t1")), command_id="one")
    assert centre.answer() is R.INVALID_COMMAND


def test_nobody_touches_somebody_elses_customer(centre: Centre) -> None:
    """An agent acts on their own work only."""
    name = centre.id("t1")
    for command in (
        a.CompleteInteraction(interaction_id=name),
        a.SendMessage(interaction_id=name, message_id="m1", content=text("hi")),
        a.TransferInteraction(interaction_id=name, queue="general"),
        a.FinishWrapUp(interaction_id=name),
    ):
        centre.says("bob", command)
        assert centre.answer() is R.NOT_YOUR_INTERACTION
    centre.says("bob", a.CompleteInteraction(interaction_id="nothing"))
    assert centre.answer() is R.UNKNOWN_INTERACTION
    assert centre.state("t1") is S.ACTIVE


def test_commands_at_the_wrong_moment_are_refused(centre: Centre) -> None:
    """What cannot be done now is refused with where the interaction stands."""
    name = centre.id("t1")
    for command in (a.FinishWrapUp(interaction_id=name), a.ResumeInteraction(interaction_id=name)):
        centre.says("amy", command)
        assert centre.answer() is R.WRONG_STATE
    centre.finishes("amy", "t1")
    centre.completes("amy", "t1")
    assert centre.answer() is R.WRONG_STATE


def test_a_message_is_sent_once_however_often_it_is_asked(centre: Centre) -> None:
    """The same message under another command id is answered as done, and not said twice."""
    command = a.SendMessage(interaction_id=centre.id("t1"), message_id="m1", content=text("hello"))
    centre.says("amy", command)
    centre.says("amy", command)
    assert centre.answer() is R.UNSPECIFIED
    assert len(centre.facts(MessageSent)) == 1


def test_strangers_and_the_absent_are_refused(centre: Centre) -> None:
    """An unknown agent, one who has not signed in, and an unknown pool each get their own reason."""
    centre.says("mallory", a.SetStatus(status=AgentStatus.AVAILABLE))
    assert centre.answer() is R.UNKNOWN_AGENT
    centre.says("cy", a.SetStatus(status=AgentStatus.AVAILABLE))
    assert centre.answer() is R.SESSION_ENDED
    nowhere = Centre()
    nowhere.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    assert nowhere.answer() is R.UNKNOWN_POOL


def test_a_reason_code_must_be_one_of_the_tenants() -> None:
    """Where the plan names reason codes no other is taken, and none at all is always right."""
    centre = Centre(plan(reason_codes=("lunch",)))
    centre.at_work("amy")
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, reason_code="tired"))
    assert centre.answer() is R.UNKNOWN_REASON_CODE
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, reason_code="lunch"))
    assert centre.answer() is R.UNSPECIFIED
    centre.says("amy", a.SetStatus(status=AgentStatus.UNSPECIFIED))
    assert centre.answer() is R.INVALID_COMMAND


def test_a_transfer_keeps_the_customers_age_and_does_not_come_straight_back(centre: Centre) -> None:
    """The next agent gets the customer as old as they are, and an unknown queue is refused."""
    arrived = centre.interaction("t1").received.arrived_at
    centre.wait(100)
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("t1"), queue="nowhere"))
    assert centre.answer() is R.UNKNOWN_QUEUE
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("t1"), queue="general", note=text("angry")))
    queued = centre.interaction("t1").queued
    assert queued is not None
    assert (queued.waiting_since, queued.segment, queued.from_agent_id) == (arrived, 2, "amy")
    assert queued.note == text("angry")
    assert centre.offered_to("t1") == ["bob"]
    centre.accepts("bob")
    assert [fact.waited_seconds for fact in centre.facts(InteractionAnswered)] == [0.0, 100.0]
