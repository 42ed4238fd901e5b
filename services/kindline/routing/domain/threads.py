"""Which interaction an event belongs to: the one it names, the open one of its thread, or the last that was there."""

from __future__ import annotations

from kindline.language.content import ParticipantRole
from kindline.language.events import InteractionEvent, InteractionStarted, LegRinging, MessageReceived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.state import ShardState


def current(state: ShardState, pool: Pool, event: InteractionEvent) -> Interaction | None:
    """The interaction an event belongs to: the one it names, the open one of its thread, or the last that was."""
    if event.interaction_id and not opens(event):
        named = state.interactions.get(event.interaction_id) or state.ended.get(event.interaction_id)
        if named is not None and named.pool == pool.name:
            return named
    key = (pool.name, account(state, pool, event), event.thread)
    found = state.threads.get(key)
    if found is not None:
        return state.interactions[found]
    names = state.past_threads.at(key)
    if not names:
        return None
    past = (state.interactions.get(name) or state.ended[name] for name in names)
    return max(past, key=lambda interaction: interaction.sequence)


def account(state: ShardState, pool: Pool, event: InteractionEvent) -> str:
    """The account within which an event's thread is unique."""
    entry_point = pool.entry_points.get(event.entry_point)
    if entry_point is not None:
        return entry_point.account or entry_point.name
    # The entry point left the plan: those who came in by it before are still served.
    for oldest in state.entered.at((pool.name, event.entry_point, event.thread)):
        return state.interactions[oldest].received.account
    return event.entry_point


def opens(event: InteractionEvent) -> bool:
    """Whether an event opens an interaction on a thread that has none."""
    match event.event:
        case InteractionStarted() | MessageReceived():
            return True
        case LegRinging(role=role):
            return role is ParticipantRole.CUSTOMER
        case _:
            return False
