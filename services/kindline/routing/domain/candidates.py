"""Who was considered for an offer: every agent who is signed in, with the rule that left them out, or their score.

Promises `kindline explain` the very rules and the very choice of the engine, asked again of the state as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.routing.domain.choosing import INTERRUPTING
from kindline.routing.domain.explaining import left_out_by
from kindline.routing.domain.removals import COUNTED_UP_TO
from kindline.routing.domain.requirements import Requirement
from kindline.routing.domain.state import ShardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One agent who was signed in."""

    agent_id: str
    rule: str
    """The first rule that left them out; empty for those who could have been chosen."""
    score: float | None
    """By which the choice is made, as the choice of the queue says; None for those who were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """The choice of an agent for one interaction, looked at."""

    candidates: tuple[Candidate, ...]
    """Those who could have been chosen first, in order of their names."""
    chosen: str
    """Whom the rules choose; empty for nobody."""
    choice: str
    """By which rule; empty for nobody."""
    counted: bool
    """Whether the decision itself counts what each rule left out: in large pools it does not."""


def considered(state: ShardState, interaction_id: str, now: Instant) -> Considered:
    """How the rules see an interaction that waits, now. Raises KeyError when it is not open."""
    interaction = state.interactions[interaction_id]
    pool = state.pools[interaction.pool]
    requirement = Requirement(interaction.queue, interaction.channel, interaction.needs, interaction.also_queues)
    choice = pool.matching.agent_for(interaction, now) if interaction.place is not None else None
    last_resort = choice is not None and choice.rule == INTERRUPTING
    found = []
    for agent in pool.agents.values():
        if agent.session_id:
            rule = left_out_by(pool, agent, interaction, requirement, now, interrupting=last_resort)
            score = None if rule else pool.matching.score_of(agent, interaction, now)
            found.append(Candidate(agent_id=agent.agent_id, rule=rule, score=score))
    found.sort(key=lambda candidate: (bool(candidate.rule), candidate.agent_id))
    return Considered(
        candidates=tuple(found),
        chosen=choice.agent.agent_id if choice else "",
        choice=choice.rule if choice else "",
        counted=len(pool.agents) <= COUNTED_UP_TO,
    )
