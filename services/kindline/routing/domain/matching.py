"""Who next for this agent, and which agent for this interaction: the small face of matching towards the engine.

A naive oracle in the tests makes the identical choice from the same state; whatever is put behind this face must too.
"""

from __future__ import annotations

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.order import EMPTY, Order, age_key
from kindline.routing.domain.standing import Place, Standing
from kindline.routing.domain.waiting import Waiting


class Matching:
    """The waiting interactions and the ready agents of one pool."""

    __slots__ = ("_at", "_capacity", "_changed", "_gap", "_order", "_standing", "_waiting")

    def __init__(self, plan: Plan, capacity: Capacity, now: Instant) -> None:
        """Begin with nobody, under a plan and its rules on what an agent may hold."""
        self._order = Order(plan.order)
        self._at = -1.0
        self._capacity = capacity
        self._waiting = Waiting(frozenset(queue.name for queue in plan.queues), self._order)
        self._waiting.profiles.bit = capacity.bit
        self._standing = Standing(minute_of(now))
        self._changed: dict[Agent, None] = {}
        self._gap = plan.limits.assignment_gap_seconds

    def wait(self, interaction: Interaction) -> None:
        """An interaction may be offered from here on."""
        queued = interaction.queued
        if queued is not None and interaction.place is None:
            self._waiting.add(interaction, age_key(queued.waiting_since, interaction.sequence))

    def leave(self, interaction: Interaction) -> None:
        """An interaction may not be offered any more."""
        self._waiting.remove(interaction)

    def at(self, place: int) -> Interaction:
        """The interaction at a place in line."""
        return self._waiting.at(place)

    def place_of(self, interaction: Interaction, now: Instant) -> int | None:
        """The place in line of an interaction now, lowest first; None when it may not be offered."""
        if now > self._at:
            self._ripen(now)
        return self._waiting.place(interaction)

    def _ripen(self, now: Instant) -> None:
        self._at = now
        self._waiting.ripen(self._order.horizon(now))

    def update(self, agent: Agent) -> None:
        """What the agent can take has changed; looked at when it is next asked for."""
        self._changed[agent] = None

    def _bring_up_to_date(self) -> None:
        standing = self._standing
        for agent in self._changed:
            place = standing.places.get(agent.agent_id)
            if place is None or place.plan is not agent.plan:
                profile = self._waiting.profiles.join(agent.agent_id, agent.plan, place.profile if place else None)
                if place is None:
                    place = standing.places[agent.agent_id] = Place(agent, profile, agent.plan)
                place.profile, place.plan = profile, agent.plan
            standing.put(place, self._capacity.room(agent) if agent.is_willing else 0)
        self._changed.clear()

    def rested_at(self, agent: Agent) -> Instant:
        """When the agent may be given work again."""
        return 0.0 if agent.last_assigned_at is None else agent.last_assigned_at + self._gap

    def next_for(self, agent: Agent, now: Instant) -> int | None:
        """The place in line of the first interaction the agent can take now, or None."""
        if agent in self._changed:
            if not agent.is_willing or not self._capacity.room(agent):
                return None
            self._bring_up_to_date()
        place = self._standing.places.get(agent.agent_id)
        if place is None or not place.mask or self.rested_at(agent) > now:
            return None
        if now > self._at:
            self._ripen(now)
        agent_id = agent.agent_id
        key = self._waiting.first(agent_id, place.profile, place.mask)
        if key != EMPTY and self.at(key).leaves_out(agent_id, now):
            leaves_out = lambda other: other.leaves_out(agent_id, now)  # noqa: E731
            key = self._waiting.first_but(agent_id, place.profile, place.mask, leaves_out)
        return None if key == EMPTY else key

    def agent_for(self, interaction: Interaction, now: Instant) -> tuple[Agent, float] | None:
        """The agent who should get the interaction now, with their score, or None."""
        standing = self._standing
        if self._changed:
            self._bring_up_to_date()
        minute = minute_of(now)
        if minute != standing.minute:
            standing.roll(minute)
        number = self._waiting.number(interaction)
        bit = self._capacity.bit(interaction.queue, interaction.channel)
        for_all = not interaction.offers and not interaction.back_offs
        gap = self._gap

        def suits(place: Place) -> bool:
            if not place.mask & bit or number not in place.profile.serves:
                return False
            agent = place.agent
            if gap and agent.last_assigned_at is not None and agent.last_assigned_at + gap > now:
                return False
            return for_all or not interaction.leaves_out(agent.agent_id, now)

        profiles = self._waiting.profiles
        if profiles.population[number] < standing.ready:
            found = standing.best_among(profiles.servers[number], suits)
        else:
            found = standing.best(suits)
        return None if found is None else (found.agent, standing.rank(found)[0])

    def score_of(self, agent: Agent, _interaction: Interaction, now: Instant) -> float | None:
        """The score by which the agent stands for the interaction now, as `agent_for` gives it; None without room."""
        standing = self._standing
        if self._changed:
            self._bring_up_to_date()
        if minute_of(now) != standing.minute:
            standing.roll(minute_of(now))
        place = standing.places.get(agent.agent_id)
        return None if place is None or place.rank is None else standing.rank(place)[0]
