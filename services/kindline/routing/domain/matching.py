"""Who next for this agent, and which agent for this interaction: the small face of matching towards the engine.

A naive oracle in the tests makes the identical choice from the same state; whatever is put behind this face must too.
"""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.plan import ChannelPlan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.requirements import order_key
from kindline.routing.domain.standing import Place, Standing
from kindline.routing.domain.waiting import EMPTY, Waiting


class Matching:
    """The waiting interactions and the ready agents of one pool."""

    __slots__ = ("_channels", "_gap", "standing", "waiting")

    def __init__(self, queues: frozenset[str], channels: dict[Channel, ChannelPlan], gap: float, now: Instant) -> None:
        """Begin with nobody; `gap` is the least number of seconds between two assignments to one agent."""
        self.waiting = Waiting(queues)
        self.standing = Standing(minute_of(now))
        self._channels = channels
        self._gap = gap

    def wait(self, interaction: Interaction) -> None:
        """An interaction may be offered from here on."""
        queued = interaction.queued
        if queued is not None and interaction.place is None:
            interaction.place = order_key(queued.priority, queued.waiting_since, interaction.sequence)
            self.waiting.add(interaction, interaction.place, self._number(interaction))

    def leave(self, interaction: Interaction) -> None:
        """An interaction may not be offered any more."""
        if interaction.place is not None:
            self.waiting.remove(interaction.place, self._number(interaction))
            interaction.place = None

    def update(self, agent: Agent) -> None:
        """What the agent can take has changed."""
        place = self.standing.places.get(agent.agent_id)
        if place is None or place.plan is not agent.plan:
            profile = self.waiting.profile(agent.plan)
            if place is None:
                place = self.standing.places[agent.agent_id] = Place(agent, profile, agent.plan)
            place.profile, place.plan = profile, agent.plan
        self.standing.put(place, self._room(agent) if agent.is_willing else 0)

    def rested_at(self, agent: Agent) -> Instant:
        """When the agent may be given work again."""
        return 0.0 if agent.last_assigned_at is None else agent.last_assigned_at + self._gap

    def next_for(self, agent: Agent, now: Instant) -> int | None:
        """The place in line of the first interaction the agent can take now, or None."""
        place = self.standing.places.get(agent.agent_id)
        if place is None or not place.mask or self.rested_at(agent) > now:
            return None
        key = self.waiting.first(place.profile, place.mask)
        if key == EMPTY:
            return None
        if self.waiting.at(key).leaves_out(agent.agent_id, now):
            agent_id = agent.agent_id
            key = self.waiting.first_but(place.profile, place.mask, lambda other: other.leaves_out(agent_id, now))
        return None if key == EMPTY else key

    def agent_for(self, interaction: Interaction, now: Instant) -> tuple[Agent, float] | None:
        """The agent who should get the interaction now, with their score, or None."""
        minute = minute_of(now)
        if minute != self.standing.minute:
            self.standing.roll(minute)
        number = self._number(interaction)
        bit = 1 << interaction.received.channel
        alone = not interaction.offers and not interaction.back_offs
        gap = self._gap

        def suits(place: Place) -> bool:
            agent = place.agent
            return (
                bool(place.mask & bit)
                and number in place.profile.serves
                and (agent.last_assigned_at is None or agent.last_assigned_at + gap <= now)
                and (alone or not interaction.leaves_out(agent.agent_id, now))
            )

        found = self.standing.best(suits)
        return None if found is None else (found[0].agent, found[1])

    def _number(self, interaction: Interaction) -> int:
        # Kept on the interaction until it is queued anew: a class is found by hashing all that is needed.
        if interaction.requirement is None:
            interaction.requirement = self.waiting.number(interaction)
        return interaction.requirement

    def _room(self, agent: Agent) -> int:
        free = agent.units - agent.used
        mask = 0
        for channel, plan in self._channels.items():
            if plan.units <= free and agent.held.get(channel, 0) < plan.at_once:
                mask |= 1 << channel
        return mask
