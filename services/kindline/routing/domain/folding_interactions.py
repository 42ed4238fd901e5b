"""How facts about interactions change the state."""

from __future__ import annotations

from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Content, ParticipantRole
from kindline.language.events import HandoverRequested, InteractionStarted, MessageReceived
from kindline.language.facts.inputs import EventRecorded
from kindline.language.facts.interactions import (
    InteractionAnswered,
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
from kindline.routing.domain.folding_hands import free, hold_as_it_stands
from kindline.routing.domain.folding_inputs import called_for
from kindline.routing.domain.folding_offers import leave_out
from kindline.routing.domain.folding_preference import prefers
from kindline.routing.domain.folding_waiting import begin_visit
from kindline.routing.domain.handed_over import asks
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.promised import TALKING
from kindline.routing.domain.silence import watch_silence
from kindline.routing.domain.state import ShardState

RECEIVED, QUEUED, ACTIVE = InteractionState.RECEIVED, InteractionState.QUEUED, InteractionState.ACTIVE
SPOKEN = (InteractionStarted, MessageReceived, CallBackAccepted)  # As a union it would be made each time.
_LEFT_OUT = (QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED, QueuedReason.NOT_CONNECTED)


def received(state: ShardState, fact: InteractionReceived, at: Instant) -> None:
    """A contact begins."""
    state.sharing.received(fact)
    interaction = Interaction(
        received=fact,
        sequence=state.roll.end,
        state=RECEIVED,
        state_since=at,
        deadline=fact.deadline,
    )
    state.enter(interaction)
    state.threads[interaction.thread_key] = interaction.id
    called_for(state, interaction)
    state.settle_interaction(interaction)


def queued(state: ShardState, interaction: Interaction, fact: InteractionQueued, at: Instant) -> None:
    """A queue owns it; the agent who had it is free of it, and left out for a while if it would only come back."""
    state.sharing.queued(fact, interaction.received)
    if interaction.place is not None:
        state.pools[fact.pool].matching.leave(interaction)
    free(state, interaction, at)
    prefers(state, interaction, fact)
    if interaction.state in TALKING:
        # An agent spoke with the customer: the promise was kept, and whatever comes now is another wait.
        interaction.call_back = None
    interaction.moves(QUEUED, at, fact.deadline)
    begin_visit(interaction, fact, at)
    if fact.reason in _LEFT_OUT and fact.from_agent_id:
        until = at + state.pools[fact.pool].queue(fact.queue).back_off_seconds
        leave_out(state, interaction, fact.from_agent_id, until, at)
    state.settle_interaction(interaction)


def scheduled(state: ShardState, interaction: Interaction, fact: InteractionScheduled, at: Instant) -> None:
    """It waits for an hour."""
    move(state, interaction, InteractionState.SCHEDULED, at, fact.due_at)


def answered(state: ShardState, interaction: Interaction, fact: InteractionAnswered, at: Instant) -> None:
    """Agent and customer are together."""
    interaction.answered, interaction.passed_on_by = True, ""
    state.pools[fact.pool].last_agents.served(interaction.received.customer, fact.agent_id, at)
    move(state, interaction, ACTIVE, at, fact.deadline)


def held(state: ShardState, interaction: Interaction, fact: InteractionHeld, at: Instant) -> None:
    """The customer is on hold: because the agent or the line says so, or because other work interrupted it."""
    interaction.interrupted_by = fact.interrupted_by
    move(state, interaction, InteractionState.HELD, at, interaction.deadline)


def resumed(state: ShardState, interaction: Interaction, fact: InteractionResumed, at: Instant) -> None:
    """The customer is off hold, or the conversation awake."""
    interaction.interrupted_by = ""
    interaction.units = fact.units or interaction.units
    move(state, interaction, ACTIVE, at, interaction.deadline)


def slept(state: ShardState, interaction: Interaction, fact: InteractionSlept, at: Instant) -> None:
    """The conversation sleeps."""
    interaction.units = fact.units
    move(state, interaction, InteractionState.DORMANT, at, fact.deadline)


def recorded(state: ShardState, fact: EventRecorded, at: Instant) -> None:
    """An event was taken in; what the customer said in it is kept."""
    state.identities.add(fact.identity, opening=fact.opening, at=at)
    happening = fact.event.event
    interaction = state.interactions.get(fact.interaction_id)
    if interaction is not None and isinstance(happening, HandoverRequested):
        asks(interaction, happening)
    if interaction is None or not isinstance(happening, SPOKEN):
        return
    interaction.spoke_at = at
    if isinstance(happening, InteractionStarted) and fact.opening:
        interaction.account_owner = happening.account_owner
    if happening.content is not None:
        _say(interaction, happening.message_id, happening.content, at)
    watch_silence(state.timers, state.pools[interaction.pool], interaction)


def message_sent(state: ShardState, interaction: Interaction, fact: MessageSent, at: Instant) -> None:
    """An agent said something."""
    interaction.says(
        MessageRow(
            message_id=fact.message_id,
            author=ParticipantRole.AGENT,
            agent_id=fact.agent_id,
            content=fact.content,
            said_at=at,
        )
    )
    watch_silence(state.timers, state.pools[interaction.pool], interaction)


def _say(interaction: Interaction, message_id: str, content: Content, at: Instant) -> None:
    interaction.says(
        MessageRow(message_id=message_id, author=ParticipantRole.CUSTOMER, agent_id="", content=content, said_at=at)
    )


def move(
    state: ShardState, interaction: Interaction, to: InteractionState, at: Instant, deadline: Instant | None
) -> None:
    """It is in another state, which ends at the deadline."""
    interaction.moves(to, at, deadline)
    if interaction.agent_id:
        hold_as_it_stands(state, interaction, at)
    state.settle_interaction(interaction)
