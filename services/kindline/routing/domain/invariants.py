"""Counts facts that would break an invariant, as they are folded: the counters must read 0.

I1 to I4 are those of DESIGN 4.5. The others bear the names that `kindline audit` gives them, which looks at more: here
is only what one fact and the state before it can show at once.

It promises people who run Kindline a number to watch while the audit is not running. The engine that decides never asks
here: the check stands beside the state that counts, so that a mistake of the engine is seen and not repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from kindline.language import facts as f
from kindline.language.graph import ENDS, FACT_MOVES, INTERACTION_MOVES
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.state import ShardState

INVARIANTS = (
    *("I1", "I2", "I3", "I4"),
    *("willing", "preference", "preference_ends", "place_kept", "ladder", "exceeded", "interrupted"),
)
"""Those that one shard's log can break by itself, fact by fact; sla counts I5, the audit proves all."""


def violations(state: ShardState, fact: f.Fact) -> Iterator[str]:
    """The invariants, by name, that this fact breaks if it comes next."""
    check = CHECKS.get(type(fact))
    if check is not None:
        yield from check(state, fact)
    target = FACT_MOVES.get(type(fact))
    if target is not None and not _may_move(state, fact, target):
        yield "I4"


def count_violations(state: ShardState, fact: f.Fact, into: Counter[str]) -> None:
    """Count what this fact breaks if it comes next."""
    for name in violations(state, fact):
        into[name] += 1


def _may_move(state: ShardState, fact: f.Fact, target: InteractionState) -> bool:
    interaction = state.interactions.get(getattr(fact, "interaction_id", ""))
    return interaction is not None and target in INTERACTION_MOVES[interaction.state]


def _received(state: ShardState, fact: f.InteractionReceived) -> Iterator[str]:
    if fact.interaction_id in state.interactions:
        yield "I3"
    if (fact.pool, fact.account, fact.thread) in state.threads:
        yield "I1"


def _issued(state: ShardState, fact: f.OfferIssued) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    pool = state.pools[fact.pool]
    if interaction is None or interaction.state in ENDS:
        yield "I3"
    elif len(interaction.offers) >= pool.queue(fact.queue).offers_at_once or interaction.agent_id:
        yield "I1"
    elif interaction.preferring and interaction.queued and interaction.queued.preferred_agent_id != fact.agent_id:
        yield "preference"
    agent = pool.agents[fact.agent_id]
    if not agent.is_willing:
        yield "willing"
    bit = pool.capacity.bit(fact.queue, fact.channel)
    fits = agent.used + agent.set_aside + fact.units <= agent.units and pool.capacity.room(agent) & bit
    if not fits and not pool.capacity.room_by_interrupting(agent) & bit:
        yield "I2"


def _accepted(state: ShardState, fact: f.OfferAccepted) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    offer = interaction.offers.get(fact.offer_id) if interaction else None
    if interaction is None or interaction.agent_id or offer is None or offer.agent_id != fact.agent_id:
        yield "I1"


def _owned(state: ShardState, fact: f.InteractionAnswered | f.MessageSent) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    if interaction is None or interaction.agent_id != fact.agent_id:
        yield "I1"


def _queued(state: ShardState, fact: f.InteractionQueued) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    if interaction and interaction.queued and fact.waiting_since != interaction.queued.waiting_since:
        yield "place_kept"


def _relaxed(state: ShardState, fact: f.InteractionRelaxed) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    taken = interaction.relaxed.step if interaction and interaction.relaxed else 0
    if interaction is None or interaction.state is not InteractionState.QUEUED or fact.step != taken + 1:
        yield "ladder"


def _preference_ended(state: ShardState, fact: f.PreferenceEnded) -> Iterator[str]:
    interaction = state.interactions.get(fact.interaction_id)
    queued = interaction.queued if interaction and interaction.preferring else None
    if queued is None or queued.preferred_agent_id != fact.agent_id:
        yield "preference_ends"


def _exceeded(state: ShardState, fact: f.CapacityExceeded) -> Iterator[str]:
    agent = state.agent(fact.pool, fact.agent_id)
    if agent is None or fact.units_over <= 0 or agent.used - agent.units != fact.units_over:
        yield "exceeded"


def _held(state: ShardState, fact: f.InteractionHeld) -> Iterator[str]:
    interaction, by = state.interactions.get(fact.interaction_id), state.interactions.get(fact.interrupted_by)
    if fact.interrupted_by and (interaction is None or by is None or by.agent_id != interaction.agent_id):
        yield "interrupted"


CHECKS: dict[type[f.Fact], Callable[[ShardState, Any], Iterator[str]]] = {
    f.InteractionReceived: _received,
    f.InteractionQueued: _queued,
    f.InteractionRelaxed: _relaxed,
    f.InteractionHeld: _held,
    f.PreferenceEnded: _preference_ended,
    f.CapacityExceeded: _exceeded,
    f.OfferIssued: _issued,
    f.OfferAccepted: _accepted,
    f.InteractionAnswered: _owned,
    f.MessageSent: _owned,
}
