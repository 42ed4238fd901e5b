"""What an event does to the interaction it belongs to; the event itself is recorded already."""

from __future__ import annotations

from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Channel, ParticipantRole
from kindline.language.events import (
    CallHeld,
    CallResumed,
    CustomerLeft,
    HandoverRequested,
    InteractionEnded,
    InteractionEvent,
    InteractionStarted,
    LegAnswered,
    LegEnded,
    MessageReceived,
)
from kindline.language.facts import InteractionHeld, InteractionResumed
from kindline.language.facts.agents import Lease
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.call_backs import promise
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.dormancy import wake_up
from kindline.routing.domain.endings import complete, customer_leaves, withdraw
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.interrupting import take_up
from kindline.routing.domain.offers import answer
from kindline.routing.domain.promised import TALKING
from kindline.routing.domain.queueing import Entry, enqueue, give_back


def happen(d: Decision, interaction: Interaction, event: InteractionEvent, happened_at: Instant) -> None:
    """Decide what follows from an event on an interaction; on one that is completed or ended nothing does."""
    match event.event:
        case CustomerLeft(cause=cause):
            customer_leaves(d, interaction, cause)
        case LegEnded() | LegAnswered() | CallHeld() | CallResumed():
            _on_the_line(d, interaction, event.event)
        case InteractionEnded(ended_by=by, disposition=disposition):
            withdraw(d, interaction, by, disposition)
        case HandoverRequested() as handover if interaction.state is InteractionState.RECEIVED:
            _hand_over(d, interaction, handover, happened_at)
        case MessageReceived() | InteractionStarted():
            wake_up(d, interaction)
        case CallBackAccepted(wished_at=wished_at):
            wake_up(d, interaction)
            promise(d, interaction, wished_at)
        case _:
            pass


def _on_the_line(
    d: Decision, interaction: Interaction, happening: LegEnded | LegAnswered | CallHeld | CallResumed
) -> None:
    match happening:
        case LegEnded(role=ParticipantRole.CUSTOMER, cause=cause):
            customer_leaves(d, interaction, cause)
        case LegEnded(role=ParticipantRole.AGENT):
            _agent_leg_ends(d, interaction)
        case LegAnswered(role=ParticipantRole.AGENT, agent_id=agent_id):
            if interaction.state is InteractionState.CONNECTING and agent_id in {"", interaction.agent_id}:
                answer(d, interaction)
        case CallHeld():
            hold(d, interaction)
        case CallResumed():
            resume(d, interaction)
        case _:
            pass


def hold(d: Decision, interaction: Interaction) -> bool:
    """Put the customer on hold; False when they cannot be."""
    if interaction.state is not InteractionState.ACTIVE:
        return False
    d.emit(InteractionHeld(pool=interaction.pool, interaction_id=interaction.id))
    return True


def resume(d: Decision, interaction: Interaction) -> bool:
    """Take the customer off hold; False when they are not on it."""
    if interaction.state is not InteractionState.HELD:
        return False
    if interaction.interrupted_by:
        take_up(d, interaction)
    else:
        d.emit(InteractionResumed(pool=interaction.pool, interaction_id=interaction.id))
    return True


def _agent_leg_ends(d: Decision, interaction: Interaction) -> None:
    """An agent's leg that ends before it was answered did not connect; after that, hanging up ends the work.

    Unless the agent is lost or gone: then the line broke, and the customer is served by somebody else.
    """
    if interaction.channel is not Channel.VOICE:
        return
    if interaction.state is InteractionState.CONNECTING:
        give_back(d, interaction, QueuedReason.NOT_CONNECTED)
    elif interaction.state in TALKING:
        agent = d.state.agent(interaction.pool, interaction.agent_id)
        if agent is None or agent.lease is not Lease.CONNECTED:
            give_back(d, interaction, QueuedReason.AGENT_LOST)
        else:
            complete(d, interaction, ParticipantRole.AGENT, None)


def _hand_over(d: Decision, interaction: Interaction, handover: HandoverRequested, happened_at: Instant) -> None:
    """A bot asks for a person. What it got wrong is corrected, not refused: there is a customer at the other end."""
    pool = d.state.pools[interaction.pool]
    candidates = [handover.queue, interaction.received.queue]
    entry_point = pool.entry_points.get(interaction.received.entry_point)
    candidates += [entry_point.queue] if entry_point else []
    candidates += [queue.name for queue in pool.plan.queues]
    queue = next((name for name in candidates if pool.has_queue(name)), interaction.received.queue)
    since = min(max(happened_at, interaction.received.arrived_at), d.now)
    entry = Entry(queue=queue, reason=QueuedReason.HANDED_OVER, waiting_since=since, note=handover.summary)
    enqueue(d, interaction, entry)
