"""What agents do at their desk: one function per command, which carries it out or says why not."""

from __future__ import annotations

from kindline.language import agents as c
from kindline.language.content import ParticipantRole
from kindline.language.facts import MessageSent
from kindline.language.facts.agents import RefusalReason
from kindline.language.facts.interactions import CloseReason, QueuedReason
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.endings import close, complete
from kindline.routing.domain.happenings import hold, resume
from kindline.routing.domain.offers import accept, decline
from kindline.routing.domain.ownership import Outcome, offer_of, owned, reason_code_refused, wrong_state
from kindline.routing.domain.promised import TALKING
from kindline.routing.domain.queueing import Entry, enqueue


def accept_offer(d: Decision, agent: Agent, command: c.AcceptOffer) -> Outcome:
    """Take an offer while it is pending."""
    found = offer_of(d, agent, command.offer_id)
    if found is None:
        return RefusalReason.OFFER_GONE, "the offer is not open any more"
    accept(d, *found)
    return None


def decline_offer(d: Decision, agent: Agent, command: c.DeclineOffer) -> Outcome:
    """Leave an offer."""
    found = offer_of(d, agent, command.offer_id)
    if found is None:
        return RefusalReason.OFFER_GONE, "the offer is not open any more"
    refused = reason_code_refused(d, agent, command.reason_code)
    if refused is None:
        decline(d, *found, command.reason_code)
    return refused


def send_message(d: Decision, agent: Agent, command: c.SendMessage) -> Outcome:
    """Say something to the customer, once however often it is asked."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    if not command.message_id or command.content is None:
        return RefusalReason.INVALID_COMMAND, "a message needs a message_id and content"
    if interaction.knows_message(command.message_id):
        return None
    if interaction.state not in TALKING:
        return wrong_state(interaction, "be answered and not yet completed")
    d.emit(
        MessageSent(
            pool=agent.pool,
            interaction_id=interaction.id,
            agent_id=agent.agent_id,
            message_id=command.message_id,
            content=command.content,
        )
    )
    return None


def complete_interaction(d: Decision, agent: Agent, command: c.CompleteInteraction) -> Outcome:
    """End the work."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    if interaction.state not in TALKING:
        return wrong_state(interaction, "be answered and not yet completed")
    complete(d, interaction, ParticipantRole.AGENT, command.disposition)
    return None


def finish_wrap_up(d: Decision, agent: Agent, command: c.FinishWrapUp) -> Outcome:
    """End the wrap-up."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    if interaction.state is not InteractionState.COMPLETED:
        return wrong_state(interaction, "be in wrap-up")
    close(d, interaction, CloseReason.WRAP_UP_FINISHED)
    return None


def transfer_interaction(d: Decision, agent: Agent, command: c.TransferInteraction) -> Outcome:
    """Give the work to a queue of the plan, at the customer's age."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    if not d.state.pools[agent.pool].has_queue(command.queue):
        return RefusalReason.UNKNOWN_QUEUE, f"the plan has no queue {command.queue!r}"
    if interaction.state not in TALKING:
        return wrong_state(interaction, "be answered and not yet completed")
    enqueue(d, interaction, Entry(queue=command.queue, reason=QueuedReason.TRANSFERRED, note=command.note))
    return None


def hold_interaction(d: Decision, agent: Agent, command: c.HoldInteraction) -> Outcome:
    """Put the customer on hold."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    return None if hold(d, interaction) else wrong_state(interaction, "be active")


def resume_interaction(d: Decision, agent: Agent, command: c.ResumeInteraction) -> Outcome:
    """Take the customer off hold."""
    interaction, refused = owned(d, agent, command.interaction_id)
    if interaction is None:
        return refused
    return None if resume(d, interaction) else wrong_state(interaction, "be on hold")
