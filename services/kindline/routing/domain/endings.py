"""How interactions end: the customer leaves, the source withdraws, the work is done, a deadline passes."""

from __future__ import annotations

from kindline.language.content import Disposition, ParticipantRole
from kindline.language.facts import (
    InteractionAbandoned,
    InteractionCancelled,
    InteractionClosed,
    InteractionCompleted,
    InteractionDeflected,
    InteractionExpired,
)
from kindline.language.facts.interactions import AbandonedWhere, CloseReason, ExpiryReason, QueuedReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.language.quick import maker
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.call_backs import fall_due
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.offers import revoke_all
from kindline.routing.domain.promised import TALKING, may_leave
from kindline.routing.domain.queueing import give_back

interaction_completed, interaction_closed = maker(InteractionCompleted), maker(InteractionClosed)
DORMANT, AGENT, NO_WRAP_UP = InteractionState.DORMANT, ParticipantRole.AGENT, CloseReason.NO_WRAP_UP

_WHERE = {
    InteractionState.RECEIVED: AbandonedWhere.IN_IVR,
    InteractionState.SCHEDULED: AbandonedWhere.IN_QUEUE,
    InteractionState.QUEUED: AbandonedWhere.IN_QUEUE,
    InteractionState.OFFERED: AbandonedWhere.WHILE_OFFERED,
    InteractionState.CONNECTING: AbandonedWhere.WHILE_CONNECTING,
}


def customer_leaves(d: Decision, interaction: Interaction, cause: str) -> None:
    """The customer is gone: abandoned before an agent answered, completed by them after; free to if called back."""
    if may_leave(interaction):
        return
    where = _WHERE.get(interaction.state)
    if where is not None:
        revoke_all(d, interaction, OfferRevokedReason.CUSTOMER_LEFT)
        d.emit(
            InteractionAbandoned(
                pool=interaction.pool,
                interaction_id=interaction.id,
                where=where,
                waited_seconds=max(d.now - interaction.waiting_since, 0.0),
                cause=cause,
            )
        )
    elif interaction.state in TALKING:
        complete(d, interaction, ParticipantRole.CUSTOMER, None)


def withdraw(d: Decision, interaction: Interaction, by: ParticipantRole, disposition: Disposition | None) -> None:
    """The source ends it: a bot that held it has dealt with it, otherwise it is cancelled or, once answered, done."""
    if interaction.state in TALKING:
        complete(d, interaction, by, disposition)
    elif interaction.state is InteractionState.RECEIVED and by is ParticipantRole.BOT:
        d.emit(InteractionDeflected(pool=interaction.pool, interaction_id=interaction.id, cause="ended by the bot"))
    elif interaction.state in _WHERE:
        revoke_all(d, interaction, OfferRevokedReason.INTERACTION_ENDED)
        cause = disposition.code if disposition else ""
        d.emit(InteractionCancelled(pool=interaction.pool, interaction_id=interaction.id, cause=cause))


def complete(d: Decision, interaction: Interaction, by: ParticipantRole, disposition: Disposition | None) -> None:
    """The work is done; the capacity stays held until the wrap-up is over.

    Of a conversation that slept there is nothing to wrap up, and its agent may be on a break, unless they end it.
    """
    asleep = interaction.state is DORMANT and by is not AGENT
    seconds = 0.0 if asleep else d.state.pools[interaction.pool].queue(interaction.queue).wrap_up_seconds
    d.emit(
        interaction_completed(
            pool=interaction.pool,
            interaction_id=interaction.id,
            agent_id=interaction.agent_id,
            ended_by=by,
            disposition=disposition,
            wrap_up_until=d.now + seconds,
        )
    )
    if seconds <= 0:
        close(d, interaction, NO_WRAP_UP)


def close(d: Decision, interaction: Interaction, reason: CloseReason) -> None:
    """The capacity is free."""
    d.emit(interaction_closed(pool=interaction.pool, interaction_id=interaction.id, reason=reason))


def deadline_passes(d: Decision, interaction: Interaction) -> None:
    """The state an interaction is in has lasted as long as it may."""
    state, deadline = interaction.state, interaction.deadline
    if deadline is None:
        return
    if state is InteractionState.COMPLETED:
        close(d, interaction, CloseReason.WRAP_UP_TIMED_OUT)
    elif state is InteractionState.CONNECTING:
        give_back(d, interaction, QueuedReason.NOT_CONNECTED)
    elif state is InteractionState.SCHEDULED:
        fall_due(d, interaction)
    elif state in TALKING:
        _expire(d, interaction, ExpiryReason.WORKED_TOO_LONG, deadline)
    elif state is InteractionState.RECEIVED:
        _expire(d, interaction, ExpiryReason.BOT_TOO_LONG, deadline)
    else:
        _expire(d, interaction, ExpiryReason.WAITED_TOO_LONG, deadline)


def _expire(d: Decision, interaction: Interaction, reason: ExpiryReason, deadline: float) -> None:
    d.emit(InteractionExpired(pool=interaction.pool, interaction_id=interaction.id, reason=reason, deadline=deadline))
