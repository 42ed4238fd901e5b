"""Who next for this agent, and which agent for this interaction: the small face of matching towards the engine.

A naive oracle in the tests makes the identical choice from the same state; whatever is put behind this face must too.
"""

from __future__ import annotations

from collections.abc import Callable

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.chooser import Chooser
from kindline.routing.domain.choosing import Chosen
from kindline.routing.domain.crew import Crew
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.order import Order, age_key
from kindline.routing.domain.waiting import Waiting


class Matching:
    """The waiting interactions and the ready agents of one pool."""

    __slots__ = ("_chooser", "_crew", "_waiting", "leave", "update")

    def __init__(self, plan: Plan, capacity: Capacity, now: Instant) -> None:
        """Begin with nobody, under a plan and its rules on what an agent may hold."""
        self._waiting = Waiting(frozenset(queue.name for queue in plan.queues), Order(plan.order))
        self._waiting.profiles.bit = capacity.bit
        self._crew = Crew(plan, capacity, self._waiting.profiles, now)
        self._chooser = Chooser(plan, capacity, self._waiting.profiles, self._crew)
        self.leave: Callable[[Interaction], None] = self._waiting.remove
        """An interaction may not be offered any more."""
        self.update: Callable[[Agent], None] = self._crew.update
        """What an agent can take has changed; looked at when it is next asked for."""

    def wait(self, interaction: Interaction) -> None:
        """An interaction may be offered from here on; one that has changed must leave first."""
        queued = interaction.queued
        if queued is not None and interaction.place is None:
            self._waiting.add(interaction, age_key(queued.waiting_since, interaction.sequence))

    def place_of(self, interaction: Interaction, now: Instant) -> int | None:
        """The place in line of an interaction now, lowest first; None when it may not be offered."""
        self._waiting.ripen(now)
        return self._waiting.place(interaction)

    def rested_at(self, agent: Agent) -> Instant:
        """When the agent may be given work again."""
        return self._crew.rested_at(agent)

    def next_for(self, agent: Agent, now: Instant) -> Interaction | None:
        """The first in line whom the agent can take now, or None."""
        place = self._crew.place(agent, now)
        if place is None:
            return None
        agent_id, waiting = agent.agent_id, self._waiting
        waiting.ripen(now)
        first = waiting.first(agent_id, place.profile, place.mask)
        if first is not None and first.leaves_out(agent_id, now):
            leaves_out = lambda other: other.leaves_out(agent_id, now)  # noqa: E731
            first = waiting.first_but(agent_id, place.profile, place.mask, leaves_out)
        if place.over:
            spares = lambda other: other.offers or other.preferring or other.leaves_out(agent_id, now)  # noqa: E731
            first = waiting.first_but(agent_id, place.profile, place.over, spares, first)
        return first

    def agent_for(self, interaction: Interaction, now: Instant) -> Chosen | None:
        """The agent who should get the interaction now, by the rule of its queue; None when there is nobody."""
        return self._chooser.agent_for(interaction, self._waiting.number(interaction), now)

    def only(self, agent: Agent, interaction: Interaction, now: Instant) -> Chosen | None:
        """As `agent_for`, where nobody else can be given the interaction; None when the agent cannot either."""
        place = self._crew.place(agent, now)
        return None if place is None else self._chooser.only(place, interaction, now)

    def is_behind(self, interaction: Interaction) -> bool:
        """Whether somebody whom exactly the same agents can serve stands before an interaction in line.

        Then nobody can serve it: they would have been given to the one before. It is not so certain where that one has
        been offered already, or leaves somebody out.
        """
        head = self._waiting.head_of(interaction)
        return head is not None and head is not interaction and not head.offers and not head.back_offs

    def removals(self, interaction: Interaction, now: Instant, *, interrupting: bool) -> tuple[int, dict[str, int]]:
        """How many of those signed in could be chosen, and how many each rule left out; in small pools only."""
        return self._chooser.removals(interaction, self._waiting.number(interaction), now, interrupting=interrupting)

    def score_of(self, agent: Agent, interaction: Interaction, now: Instant) -> float | None:
        """The score by which the agent stands for the interaction now, as `agent_for` gives it; None without room."""
        return self._chooser.score_of(agent, interaction, now)
