"""The agents of one pool as matching sees them: who can take what now, and who of those who can is due.

What has changed of an agent is looked at when somebody next asks, once, however often it changed: where they stand
among the others only when it is asked who of them is due.
"""

from __future__ import annotations

from collections.abc import Callable

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.choosing import INTERRUPTING, NAMES, PREFERRED, Chosen, score
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.profiles import Profiles
from kindline.routing.domain.standing import Place, Standing, reckoned

CHANGES_KEPT = 64
"""Agents who may have changed before the first of them is looked at: few, so that no decision has to look at many."""


class Crew:
    """The agents of one pool, with their room and their standing."""

    __slots__ = ("_capacity", "_changed", "_gap", "_profiles", "_rules", "_standing")

    def __init__(self, plan: Plan, capacity: Capacity, profiles: Profiles, now: Instant) -> None:
        """Begin with nobody."""
        self._capacity = capacity
        self._changed: dict[Agent, Place | None] = {}
        self._gap = plan.limits.assignment_gap_seconds
        self._profiles = profiles
        self._rules = {queue.name: queue.choice for queue in plan.queues}
        self._standing = Standing(minute_of(now), self._rules.values())

    def update(self, agent: Agent) -> None:
        """What the agent can take has changed; those who changed first are looked at before too many have."""
        self._changed[agent] = None
        if len(self._changed) > CHANGES_KEPT:
            self._rank(next(iter(self._changed)))

    def rested_at(self, agent: Agent) -> Instant:
        """When the agent may be given work again."""
        return 0.0 if agent.last_assigned_at is None else agent.last_assigned_at + self._gap

    def place(self, agent: Agent, now: Instant) -> Place | None:
        """Where an agent stands who can take something now; None for one who cannot."""
        if agent not in self._changed:
            place = self._standing.places.get(agent.agent_id)
        elif agent.is_willing:
            place = self._changed[agent] or self._look(agent)
        else:
            return None
        return None if place is None or not place.mask | place.over or self.rested_at(agent) > now else place

    def _look(self, agent: Agent) -> Place:
        """See what an agent can do, and has room for, now."""
        places = self._standing.places
        place = places.get(agent.agent_id)
        if place is None or place.plan is not agent.plan:
            profile = self._profiles.join(agent.agent_id, agent.plan, place.profile if place else None)
            if place is None:
                place = places[agent.agent_id] = Place(agent, profile, agent.plan)
            place.profile, place.plan = profile, agent.plan
        place.mask = self._capacity.room(agent) if agent.is_willing else 0
        if self._capacity.knows_interrupting:
            place.over = self._capacity.room_by_interrupting(agent) & ~place.mask if agent.is_willing else 0
        self._changed[agent] = place
        return place

    def _rank(self, agent: Agent) -> None:
        """Put an agent who has changed where they stand now."""
        self._standing.put(self._changed[agent] or self._look(agent))
        del self._changed[agent]

    def _stand(self, now: Instant) -> Standing:
        """Everybody in order, as of now."""
        while self._changed:
            self._rank(next(iter(self._changed)))
        minute = minute_of(now)
        if minute != self._standing.minute:
            self._standing.roll(minute)
        return self._standing

    def agent_for(self, interaction: Interaction, number: int, now: Instant) -> Chosen | None:
        """The agent due for an interaction of the class of this number, by the rule of its queue, or None."""
        standing, suits, profiles = self._stand(now), self._suits(interaction, now), self._profiles
        if interaction.preferring and interaction.queued is not None:
            preferred = standing.places.get(interaction.queued.preferred_agent_id)
            return Chosen(preferred.agent, 0.0, PREFERRED) if preferred is not None and suits(preferred) else None
        rule = self._rule(interaction)
        found: Place | None = None
        if rule is AgentChoice.BEST_SKILL and interaction.needs.skills:
            for tier in profiles.tiers(number):
                found = found or standing.best_among(rule, tier, suits)
        elif profiles.population[number] < standing.ready:
            found = standing.best_among(rule, profiles.servers[number], suits)
        else:
            found = standing.best(rule, lambda place: number in place.profile.serves and suits(place))
        if found is None:
            return self._by_interrupting(interaction, number, now) if self._capacity.knows_interrupting else None
        return Chosen(found.agent, self._score(rule, found, interaction, now), NAMES[rule])

    def _by_interrupting(self, interaction: Interaction, number: int, now: Instant) -> Chosen | None:
        """The last resort: of those who can set other work aside for it, who has least work, then by name."""
        if interaction.offers:
            return None
        places, suits = self._standing.places, self._suits(interaction, now, by_interrupting=True)
        able = (places[name] for profile in self._profiles.servers[number] for name in profile.members)
        ranks = [(self._standing.least_work(place), place.agent.agent_id) for place in able if suits(place)]
        if not ranks:
            return None
        least_work, agent_id = min(ranks)
        return Chosen(places[agent_id].agent, least_work, INTERRUPTING)

    def only(self, place: Place, interaction: Interaction, now: Instant) -> Chosen:
        """The choice of the one agent who can be offered an interaction: as `agent_for`, without looking at others."""
        agent = place.agent
        if interaction.preferring:
            return Chosen(agent, 0.0, PREFERRED)
        least_work = reckoned(agent, minute_of(now))
        if least_work is None:
            least_work = self._stand(now).median
        if not place.mask & self._capacity.bit(interaction.queue, interaction.channel):
            return Chosen(agent, least_work, INTERRUPTING)
        rule = self._rule(interaction)
        return Chosen(agent, score(rule, agent, interaction.needs, least_work, now), NAMES[rule])

    def _rule(self, interaction: Interaction) -> AgentChoice:
        return self._rules.get(interaction.queue, AgentChoice.LEAST_WORK)

    def _suits(
        self, interaction: Interaction, now: Instant, *, by_interrupting: bool = False
    ) -> Callable[[Place], bool]:
        """Whether an agent who is able can be offered the interaction now."""
        bit = self._capacity.bit(interaction.queue, interaction.channel)
        for_all = not interaction.offers and not interaction.back_offs
        gap = self._gap

        def suits(place: Place) -> bool:
            agent = place.agent
            if not (place.over if by_interrupting else place.mask) & bit or (gap and self.rested_at(agent) > now):
                return False
            return for_all or not interaction.leaves_out(agent.agent_id, now)

        return suits

    def _score(self, rule: AgentChoice, place: Place, interaction: Interaction, now: Instant) -> float:
        return score(rule, place.agent, interaction.needs, self._standing.work(place)[0], now)

    def score_of(self, agent: Agent, interaction: Interaction, now: Instant) -> float | None:
        """The score by which the agent stands for the interaction now, as `agent_for` gives it; None without room."""
        place = self._stand(now).places.get(agent.agent_id)
        if place is not None and place.over & self._capacity.bit(interaction.queue, interaction.channel):
            return self._standing.least_work(place)
        if place is None or place.rank is None:
            return None
        return 0.0 if interaction.preferring else self._score(self._rule(interaction), place, interaction, now)
