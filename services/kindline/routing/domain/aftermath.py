"""What a decision brings about beside what it was about, for agents and customers whom it touched: mostly nothing."""

from __future__ import annotations

from kindline.language.agents import AgentStatus
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interrupting import take_up_interrupted
from kindline.routing.domain.preference import end_preferences
from kindline.routing.domain.routing_states import apply_next_statuses
from kindline.routing.domain.state import ShardState

NO_STATUS = AgentStatus.UNSPECIFIED


def follow_up(d: Decision) -> None:
    """Interrupted work goes on, statuses that wait for the end of work hold, and nobody waits without hope."""
    if _is_called_for(d.state):
        take_up_interrupted(d)
        apply_next_statuses(d)
        end_preferences(d)


def _is_called_for(state: ShardState) -> bool:
    """Whether any of the three has anything to do: where none has now, none of them makes it so for the next."""
    for agent in state.touched:
        if agent.set_aside or agent.next_status is not NO_STATUS or state.pools[agent.pool].preferring:
            return True
    waiting = state.stirred_interactions
    return bool(waiting) and any(interaction.preferring for interaction in waiting)
