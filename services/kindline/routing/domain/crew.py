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
from kindline.routing.domain.removals import COUNTED_UP_TO, Removals
from kindline.routing.domain.standing import Standing

CHANGES_KEPT = 64
"""Agents who may have changed before the first of them is looked at: few, so that no decision has to look at many."""


class Crew:
    """The agents of one pool, with their room and their standing."""

    __slots__ = (
        "_changed",
        "_gap",
        "_knows_interrupting",
        "_profiles",
        "_room",
        "_room_by_interrupting",
        "removals",
        "standing",
    )

    def __init__(self, plan: Plan, capacity: Capacity, profiles: Profiles, now: Instant) -> None:
        """Begin with nobody."""
        self._knows_interrupting = capacity.knows_interrupting
        self._room, self._room_by_interrupting = capacity.room, capacity.room_by_interrupting
        self._changed: dict[Place, None] = {}
        self._gap = plan.limits.assignment_gap_seconds
        self._profiles = profiles
        self.removals = Removals(profiles)
        self.standing = Standing(minute_of(now), [queue.choice for queue in plan.queues], profiles.few)

    def update(self, agent: Agent) -> None:
        """What the agent can take has changed; those who changed first are looked at before too many have."""
        place = agent.place or self._admit(agent)
        place.seen = False
        changed = self._changed
        changed[place] = None
        if len(changed) > CHANGES_KEPT:
            self._rank(next(iter(changed)))

    def rested_at(self, agent: Agent) -> Instant:
        """When the agent may be given work again."""
        return 0.0 if agent.last_assigned_at is None else agent.last_assigned_at + self._gap

    def place(self, agent: Agent, now: Instant) -> Place | None:
        """Where an agent stands who can take something now; None for one who cannot."""
        place = agent.place
        if place is None:
            return None
        if not place.seen:
            self._look(place)
        if not place.mask | place.over:
            return None
        return None if self._gap and self.rested_at(agent) > now else place

    def _admit(self, agent: Agent) -> Place:
        """Find a place for an agent who has none."""
        place = agent.place = Place(agent, self._profiles.of(agent.plan), agent.plan)
        self.standing.admit(place)
        self._profiles.join(place, None)
        return place

    def _look(self, place: Place) -> None:
        """See what an agent can do, and has room for, now; who has none, and had none before, needs no more.

        Nobody who is looked for is among them, so where they stand plays no part but in the median of all scores: it is
        reckoned again when somebody asks for that.
        """
        place.seen = True
        agent = place.agent
        if place.plan is not agent.plan:
            self._learn(place)
        mask, over = self._room(agent), 0
        if self._knows_interrupting:
            over = self._room_by_interrupting(agent) & ~mask
        if mask | over and (absence(agent) or not agent.session_id):
            mask = over = 0
        place.mask, place.over = mask, over
        if place.number < COUNTED_UP_TO:
            self.removals.note(place)
        if not mask | over | place.shown:
            del self._changed[place]
            self.standing.least_work.overlook(place)

    def _learn(self, place: Place) -> None:
        """An agent can do something else from here on: where they stand it is known what those there can do."""
        place.mask = place.over = 0
        self.standing.put(place)
        former, place.plan, place.profile = place.profile, place.agent.plan, self._profiles.of(place.agent.plan)
        if former is not place.profile:
            self._profiles.join(place, former)

    def _rank(self, place: Place) -> None:
        """Put an agent who has changed where they stand now."""
        if not place.seen:
            self._look(place)
        if place in self._changed:
            del self._changed[place]
            self.standing.put(place)

    def stand(self, now: Instant) -> Standing:
        """Everybody in order, as of now."""
        while self._changed:
            self._rank(next(iter(self._changed)))
        minute = minute_of(now)
        if minute != self.standing.minute:
            self.standing.roll(minute)
        return self.standing
