"""The agents of one pool as matching sees them: who can take what now, and where everybody stands.

What has changed of an agent is looked at when somebody next asks, once, however often it changed: where they stand
among the others only when it is asked who of them is due.
"""

from __future__ import annotations

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.places import Place, absence
from kindline.routing.domain.profiles import Profiles
from kindline.routing.domain.standing import Standing

CHANGES_KEPT = 64
"""Agents who may have changed before the first of them is looked at: few, so that no decision has to look at many."""


class Crew:
    """The agents of one pool, with their room and their standing."""

    __slots__ = ("_capacity", "_changed", "_gap", "_profiles", "standing")

    def __init__(self, plan: Plan, capacity: Capacity, profiles: Profiles, now: Instant) -> None:
        """Begin with nobody."""
        self._capacity = capacity
        self._changed: dict[Agent, Place | None] = {}
        self._gap = plan.limits.assignment_gap_seconds
        self._profiles = profiles
        self.standing = Standing(minute_of(now), [queue.choice for queue in plan.queues])

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
        place: Place | None
        if agent in self._changed:
            place = self._changed[agent] or self._look(agent)
        else:
            place = self.standing.places.get(agent.agent_id)
        return None if place is None or not place.mask | place.over or self.rested_at(agent) > now else place

    def _look(self, agent: Agent) -> Place:
        """See what an agent can do, and has room for, now."""
        places = self.standing.places
        place = places.get(agent.agent_id)
        if place is None or place.plan is not agent.plan:
            profile, former = self._profiles.of(agent.plan), place.profile if place else None
            if place is None:
                place = places[agent.agent_id] = Place(agent, profile, agent.plan)
            place.profile, place.plan = profile, agent.plan
            self._profiles.join(place, former)
        place.absence = absence(agent)
        willing = bool(agent.session_id) and not place.absence
        place.mask = self._capacity.room(agent) if willing else 0
        if self._capacity.knows_interrupting:
            place.over = self._capacity.room_by_interrupting(agent) & ~place.mask if willing else 0
        self._changed[agent] = place
        return place

    def _rank(self, agent: Agent) -> None:
        """Put an agent who has changed where they stand now."""
        self.standing.put(self._changed[agent] or self._look(agent))
        del self._changed[agent]

    def stand(self, now: Instant) -> Standing:
        """Everybody in order, as of now."""
        while self._changed:
            self._rank(next(iter(self._changed)))
        minute = minute_of(now)
        if minute != self.standing.minute:
            self.standing.roll(minute)
        return self.standing
