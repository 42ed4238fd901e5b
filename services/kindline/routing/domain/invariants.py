"""Counts facts that would break an invariant, as they are folded: the counters must read 0.

I1 to I4 are those of DESIGN 4.5. The others bear the names that `kindline audit` gives them, which looks at more: here
is only what one fact and the state before it can show at once.

It promises people who run Kindline a number to watch while the audit is not running. The engine that decides never asks
here: the check stands beside the state that counts, so that a mistake of the engine is seen and not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kindline.language import facts as f
from kindline.language.graph import ENDS, FACT_MOVES, INTERACTION_MOVES
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState

INVARIANTS = (
    *("I1", "I2", "I3", "I4"),
    *("willing", "preference", "preference_ends", "place_kept", "ladder", "exceeded", "interrupted"),
)
"""Those that one shard's log can break by itself, fact by fact; sla counts I5, the audit proves all."""

NONE: Sequence[str] = ()

Found = Interaction | None
"""The open interaction that a fact names, if there is one: looked for once."""
Before = tuple[InteractionState, ...]


def _received(state: ShardState, fact: f.InteractionReceived) -> Sequence[str]:
    broken = ("I3",) if fact.interaction_id in state.interactions else NONE
    return (*broken, "I1") if (fact.pool, fact.account, fact.thread) in state.threads else broken


def _issued(state: ShardState, fact: f.OfferIssued, interaction: Found) -> Sequence[str]:
    broken: list[str] = []
    pool = state.pools[fact.pool]
    if interaction is None or interaction.state in ENDS:
        broken.append("I3")
    elif len(interaction.offers) >= pool.queue(fact.queue).offers_at_once or interaction.agent_id:
        broken.append("I1")
    elif interaction.preferring and interaction.queued and interaction.queued.preferred_agent_id != fact.agent_id:
        broken.append("preference")
    agent = pool.agents[fact.agent_id]
    if not agent.is_willing:
        broken.append("willing")
    capacity = pool.capacity
    if agent.used + agent.set_aside + fact.units <= agent.units and capacity.has_room(agent, fact.queue, fact.channel):
        return broken
    if not capacity.may_interrupt(agent, fact.queue, fact.channel):
        broken.append("I2")
    return broken


def _accepted(_state: ShardState, fact: f.OfferAccepted, interaction: Found) -> Sequence[str]:
    offer = interaction.offers.get(fact.offer_id) if interaction else None
    wrong = interaction is None or interaction.agent_id or offer is None or offer.agent_id != fact.agent_id
    return ("I1",) if wrong else NONE


def _owned(_state: ShardState, fact: f.InteractionAnswered | f.MessageSent, interaction: Found) -> Sequence[str]:
    wrong = interaction is None or interaction.agent_id != fact.agent_id
    return ("I1",) if wrong else NONE


def _queued(_state: ShardState, fact: f.InteractionQueued, interaction: Found) -> Sequence[str]:
    wrong = interaction and interaction.queued and fact.waiting_since != interaction.queued.waiting_since
    return ("place_kept",) if wrong else NONE


def _relaxed(_state: ShardState, fact: f.InteractionRelaxed, interaction: Found) -> Sequence[str]:
    taken = interaction.relaxed.step if interaction and interaction.relaxed else 0
    wrong = interaction is None or interaction.state is not InteractionState.QUEUED or fact.step != taken + 1
    return ("ladder",) if wrong else NONE


def _preference_ended(_state: ShardState, fact: f.PreferenceEnded, interaction: Found) -> Sequence[str]:
    queued = interaction.queued if interaction and interaction.preferring else None
    wrong = queued is None or queued.preferred_agent_id != fact.agent_id
    return ("preference_ends",) if wrong else NONE


def _exceeded(state: ShardState, fact: f.CapacityExceeded) -> Sequence[str]:
    agent = state.agent(fact.pool, fact.agent_id)
    wrong = agent is None or fact.units_over <= 0 or agent.used - agent.units != fact.units_over
    return ("exceeded",) if wrong else NONE


def _held(state: ShardState, fact: f.InteractionHeld, interaction: Found) -> Sequence[str]:
    by = state.interactions.get(fact.interrupted_by) if fact.interrupted_by else None
    wrong = fact.interrupted_by and (interaction is None or by is None or by.agent_id != interaction.agent_id)
    return ("interrupted",) if wrong else NONE


CHECKS: dict[type[f.Fact], Callable[[ShardState, Any, Found], Sequence[str]]] = {
    f.InteractionQueued: _queued,
    f.InteractionRelaxed: _relaxed,
    f.InteractionHeld: _held,
    f.PreferenceEnded: _preference_ended,
    f.OfferIssued: _issued,
    f.OfferAccepted: _accepted,
    f.InteractionAnswered: _owned,
    f.MessageSent: _owned,
}
"""What to ask of a fact of an open interaction before it is folded; the names of the invariants that it breaks."""

OTHER_CHECKS: dict[type[f.Fact], Callable[[ShardState, Any], Sequence[str]]] = {
    f.InteractionReceived: _received,
    f.CapacityExceeded: _exceeded,
}
"""The same for facts of anything else. Of kinds without a row nothing needs to be asked."""

BEFORE: dict[type[f.Fact], Before] = {
    kind: tuple(state for state, moves in INTERACTION_MOVES.items() if to in moves) for kind, to in FACT_MOVES.items()
}
"""The states from which facts of a kind may move an interaction (I4); other kinds move none by themselves."""
