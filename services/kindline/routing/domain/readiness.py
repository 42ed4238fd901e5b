"""What a state keeps only in order to decide: deadlines, lines, who can take what, who was here before.

Most states never decide: those of followers, and the counted one of an owner, which stands beside the one that runs
ahead of it. All of this follows from what they do keep, so they keep none of it, and fold for half the price.

Promises whoever asks a state for the first time, as a new owner does, the same answers as if it had been kept all
along: it is derived from what is there in the one way that there is, in which a snapshot comes back to life as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language.graph import ENDS
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.staying import notice
from kindline.routing.domain.timers import Due, Timers
from kindline.routing.domain.watching import watch_lease, watch_rest


def get_ready(state: ShardState) -> ShardState:
    """The same state, which has derived all of it by now, and keeps it from here on."""
    if not state.is_ready:
        for _ in getting_ready(state):
            pass
    return state


def getting_ready(state: ShardState) -> Iterator[None]:
    """The same one by one, for who has others in the same loop; nothing may be folded or asked before the last step."""
    if state.is_ready:
        return
    state.is_ready = True
    state.timers, state.wakes = Timers(), Timers()
    for pool in state.pools.values():
        for agent in pool.agents.values():
            pool.matching.update(agent)
            notice(state.timers, pool, agent, state.decided_at)
            watch_lease(state, agent)
            watch_rest(state, agent)
            yield
    for interaction in state.roll:
        if interaction.state in ENDS or interaction.state is InteractionState.COMPLETED:
            state.past_threads.add(interaction.thread_key, interaction.id)
        if interaction.state not in ENDS:
            _watch_open(state, interaction)
            state.stirred_interactions.clear()  # Or a million would be noted, for nothing, and forgotten at once.
        yield
    for parked in state.parked.values():
        state.timers.watch((Due.PARKED, parked.identity.hex(), ""), parked.until)
    state.forget_notes()


def _watch_open(state: ShardState, interaction: Interaction) -> None:
    for offer in interaction.offers.values():
        state.timers.watch((Due.OFFER, interaction.id, offer.offer_id), offer.expires_at)
    for agent_id, until in interaction.back_offs.items():
        if until > state.decided_at:
            state.wakes.watch((Due.BACK_OFF, interaction.id, agent_id), until)
    state.settle_interaction(interaction)
