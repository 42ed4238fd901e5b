"""How facts about interactions change the state."""

from __future__ import annotations

from kindline.language.content import Content, ParticipantRole
from kindline.language.events import InteractionStarted, MessageReceived
from kindline.language.facts.agents import RoutingStateReason
from kindline.language.facts.inputs import EventRecorded
from kindline.language.facts.interactions import (
    InteractionAbandoned,
    InteractionAnswered,
    InteractionCancelled,
    InteractionClosed,
    InteractionCompleted,
    InteractionDeflected,
    InteractionExpired,
    InteractionHeld,
    InteractionQueued,
    InteractionReceived,
    InteractionResumed,
    InteractionScheduled,
    InteractionSlept,
    MessageSent,
    QueuedReason,
)
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState, MessageRow
from kindline.routing.domain.folding_offers import leave_out
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.timers import Due

AFTERGLOW_SECONDS = 300.0
"""An ended interaction is remembered this long, so that its last reports find it."""

_LEFT_OUT = frozenset({QueuedReason.TRANSFERRED, QueuedReason.NOT_CONNECTED})

Ending = InteractionClosed | InteractionAbandoned | InteractionDeflected | InteractionCancelled | InteractionExpired

_END_STATES: dict[type[Ending], InteractionState] = {
    InteractionClosed: InteractionState.CLOSED,
    InteractionAbandoned: InteractionState.ABANDONED,
    InteractionDeflected: InteractionState.DEFLECTED,
    InteractionCancelled: InteractionState.CANCELLED,
    InteractionExpired: InteractionState.EXPIRED,
}


def received(state: ShardState, fact: InteractionReceived, at: Instant) -> None:
    """A contact begins."""
    interaction = Interaction(
        received=fact,
        sequence=state.sequence,
        state=InteractionState.RECEIVED,
        state_since=at,
        deadline=fact.deadline,
    )
    state.sequence += 1
    state.interactions[fact.interaction_id] = interaction
    state.threads[interaction.thread_key] = fact.interaction_id
    state.settle_interaction(interaction)


def queued(state: ShardState, fact: InteractionQueued, at: Instant) -> None:
    """A queue owns it; the agent who had it is free of it, and left out for a while if it would only come back."""
    interaction = state.interactions[fact.interaction_id]
    state.pools[fact.pool].matching.leave(interaction)
    _free(state, interaction, at)
    interaction.queued = fact
    interaction.requirement = None
    interaction.moves(InteractionState.QUEUED, at, fact.deadline)
    if fact.reason in _LEFT_OUT:
        until = at + state.pools[fact.pool].queue(fact.queue).back_off_seconds
        leave_out(state, interaction, fact.from_agent_id, until, at)
    state.settle_interaction(interaction)


def scheduled(state: ShardState, fact: InteractionScheduled, at: Instant) -> None:
    """It waits for an hour."""
    _move(state, fact.interaction_id, InteractionState.SCHEDULED, at, fact.due_at)


def answered(state: ShardState, fact: InteractionAnswered, at: Instant) -> None:
    """Agent and customer are together."""
    _move(state, fact.interaction_id, InteractionState.ACTIVE, at, fact.deadline)


def held(state: ShardState, fact: InteractionHeld, at: Instant) -> None:
    """The customer is on hold."""
    _move(state, fact.interaction_id, InteractionState.HELD, at, state.interactions[fact.interaction_id].deadline)


def resumed(state: ShardState, fact: InteractionResumed, at: Instant) -> None:
    """The customer is off hold, or the conversation awake."""
    _move(state, fact.interaction_id, InteractionState.ACTIVE, at, state.interactions[fact.interaction_id].deadline)


def slept(state: ShardState, fact: InteractionSlept, at: Instant) -> None:
    """The conversation sleeps."""
    _move(state, fact.interaction_id, InteractionState.DORMANT, at, state.interactions[fact.interaction_id].deadline)


def completed(state: ShardState, fact: InteractionCompleted, at: Instant) -> None:
    """The work is done: the thread is free for another contact, the agent wraps up."""
    _move(state, fact.interaction_id, InteractionState.COMPLETED, at, fact.wrap_up_until)
    interaction = state.interactions[fact.interaction_id]
    _retire_thread(state, interaction)
    agent = state.agent(fact.pool, interaction.agent_id)
    if agent is not None:
        state.touched.setdefault(agent, RoutingStateReason.WORK)


def ended(state: ShardState, fact: Ending, at: Instant) -> None:
    """It is over; what it held is free."""
    interaction = state.interactions.pop(fact.interaction_id)
    state.pools[fact.pool].matching.leave(interaction)
    _retire_thread(state, interaction)
    owner = interaction.agent_id
    _free(state, interaction, at)
    interaction.agent_id = owner
    interaction.moves(_END_STATES[type(fact)], at, None)
    interaction.messages.clear()
    state.timers.watch((Due.INTERACTION, interaction.id, ""), None)
    remember_ended(state, interaction)
    while True:
        oldest = next(iter(state.ended.values()))
        if oldest.state_since + AFTERGLOW_SECONDS >= at:
            break
        del state.ended[oldest.id]
        past = state.past_threads[oldest.thread_key]
        past.pop(oldest.id, None)
        if not past:
            del state.past_threads[oldest.thread_key]


def remember_ended(state: ShardState, interaction: Interaction) -> None:
    """Keep an ended interaction for its last reports."""
    state.ended[interaction.id] = interaction
    state.past_threads.setdefault(interaction.thread_key, {})[interaction.id] = None


def recorded(state: ShardState, fact: EventRecorded, at: Instant) -> None:
    """An event was taken in; what the customer said in it is kept."""
    state.identities.add(fact.identity, opening=fact.opening, at=at)
    happening = fact.event.event
    interaction = state.interactions.get(fact.interaction_id)
    if interaction is None or not isinstance(happening, InteractionStarted | MessageReceived):
        return
    if happening.content is not None:
        _say(interaction, happening.message_id, happening.content, at)


def message_sent(state: ShardState, fact: MessageSent, at: Instant) -> None:
    """An agent said something."""
    state.interactions[fact.interaction_id].says(
        MessageRow(
            message_id=fact.message_id,
            author=ParticipantRole.AGENT,
            agent_id=fact.agent_id,
            content=fact.content,
            said_at=at,
        )
    )


def _say(interaction: Interaction, message_id: str, content: Content, at: Instant) -> None:
    interaction.says(
        MessageRow(message_id=message_id, author=ParticipantRole.CUSTOMER, agent_id="", content=content, said_at=at)
    )


def _move(state: ShardState, interaction_id: str, to: InteractionState, at: Instant, deadline: Instant | None) -> None:
    interaction = state.interactions[interaction_id]
    interaction.moves(to, at, deadline)
    state.settle_interaction(interaction)


def _retire_thread(state: ShardState, interaction: Interaction) -> None:
    key = interaction.thread_key
    if state.threads.get(key) == interaction.id:
        del state.threads[key]
    state.past_threads.setdefault(key, {})[interaction.id] = None


def _free(state: ShardState, interaction: Interaction, at: Instant) -> None:
    agent = state.agent(interaction.pool, interaction.agent_id)
    if agent is not None and interaction.id in agent.hands:
        agent.reckons(at)
        agent.lets_go(interaction.id)
        if not agent.hands:
            agent.idle_since = at
        state.settle_agent(agent, RoutingStateReason.WORK)
    interaction.agent_id = ""
    interaction.units = 0
