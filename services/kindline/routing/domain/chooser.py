"""Which agent is due for an interaction, by the rule of its queue: the choice, with its score and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.choosing import INTERRUPTING, NAMES, PREFERRED, Chosen, score
from kindline.routing.domain.crew import Crew
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.places import Place, Wanted, reckoned
from kindline.routing.domain.profiles import Profiles


class Chooser:
    """Chooses among the agents of one pool."""

    __slots__ = ("_capacity", "_crew", "_has_gap", "_profiles", "_rules")

    def __init__(self, plan: Plan, capacity: Capacity, profiles: Profiles, crew: Crew) -> None:
        """Choose by the rules of a plan."""
        self._capacity = capacity
        self._crew = crew
        self._has_gap = plan.limits.assignment_gap_seconds > 0
        self._profiles = profiles
        self._rules = {queue.name: queue.choice for queue in plan.queues}

    def agent_for(self, interaction: Interaction, number: int, now: Instant) -> Chosen | None:
        """The agent due for an interaction of the class of this number, or None."""
        standing, profiles = self._crew.stand(now), self._profiles
        wanted = Wanted(self._bit(interaction), self._suits(interaction, now))
        if interaction.preferring and interaction.queued is not None:
            preferred = standing.places.get(interaction.queued.preferred_agent_id)
            if preferred is None or not preferred.mask & wanted.bit or not wanted.suits(preferred.agent):
                return None
            return Chosen(preferred.agent, 0.0, PREFERRED)
        rule = self._rule(interaction)
        found: Place | None = None
        if rule is AgentChoice.BEST_SKILL and interaction.needs.skills:
            for tier in profiles.tiers(number):
                found = found or standing.best_among(rule, wanted, tier)
        else:
            found = standing.best(rule, wanted, profiles.servers[number][1], profiles.share(number))
        if found is None:
            return self._by_interrupting(interaction, number, wanted) if self._capacity.knows_interrupting else None
        least_work = standing.work(found)[0]
        return Chosen(found.agent, score(rule, found.agent, interaction.needs, least_work, now), NAMES[rule])

    def _by_interrupting(self, interaction: Interaction, number: int, wanted: Wanted) -> Chosen | None:
        """The last resort: of those who can set other work aside for it, who has least work, then by name."""
        if interaction.offers:
            return None
        standing = self._crew.standing
        able = (place for profile in self._profiles.servers[number][1] for place in profile.members.values())
        ranks = [
            (standing.least_work(place), place.agent.agent_id)
            for place in able
            if place.over & wanted.bit and wanted.suits(place.agent)
        ]
        if not ranks:
            return None
        least_work, agent_id = min(ranks)
        return Chosen(standing.places[agent_id].agent, least_work, INTERRUPTING)

    def _bit(self, interaction: Interaction) -> int:
        return self._capacity.bit(interaction.queue, interaction.channel)

    def _rule(self, interaction: Interaction) -> AgentChoice:
        return self._rules.get(interaction.queue, AgentChoice.LEAST_WORK)

    def _suits(self, interaction: Interaction, now: Instant) -> Callable[[Agent], bool]:
        """Whether an agent who is able and has room may be offered the interaction now."""
        for_all = not interaction.offers and not interaction.back_offs
        if for_all and not self._has_gap:
            return anybody
        rested_at = self._crew.rested_at
        return lambda agent: rested_at(agent) <= now and (for_all or not interaction.leaves_out(agent.agent_id, now))

    def only(self, place: Place, interaction: Interaction, now: Instant) -> Chosen:
        """The choice of the one agent who can be offered an interaction: as `agent_for`, without looking at others."""
        agent = place.agent
        if interaction.preferring:
            return Chosen(agent, 0.0, PREFERRED)
        least_work = reckoned(agent, minute_of(now))
        if least_work is None:
            least_work = self._crew.stand(now).median
        if not place.mask & self._bit(interaction):
            return Chosen(agent, least_work, INTERRUPTING)
        rule = self._rule(interaction)
        return Chosen(agent, score(rule, agent, interaction.needs, least_work, now), NAMES[rule])

    def score_of(self, agent: Agent, interaction: Interaction, now: Instant) -> float | None:
        """The score by which the agent stands for the interaction now, as `agent_for` gives it; None without room."""
        standing = self._crew.stand(now)
        place = standing.places.get(agent.agent_id)
        if place is not None and place.over & self._bit(interaction):
            return standing.least_work(place)
        if place is None or place.rank is None:
            return None
        if interaction.preferring:
            return 0.0
        return score(self._rule(interaction), agent, interaction.needs, standing.work(place)[0], now)

    def rules_leaving_out(
        self, interaction: Interaction, number: int, now: Instant, *, interrupting: bool
    ) -> Iterable[str]:
        """For everybody signed in the first rule that leaves them out; empty for those who could be chosen."""
        bit, rules = self._bit(interaction), self._profiles.rules(number)
        here = [place for place in self._crew.stand(now).places.values() if place.agent.session_id]
        if self._suits(interaction, now) is anybody and not interaction.preferring and not interrupting:
            # So it is with nearly every offer, and then asked of everybody at work: in the fewest steps.
            return [place.absence or rules[place.profile] or ("" if place.mask & bit else "capacity") for place in here]
        return [
            place.absence
            or rules[place.profile]
            or self._particular_rule(place, interaction, now, interrupting=interrupting)
            for place in here
        ]

    def _particular_rule(self, place: Place, interaction: Interaction, now: Instant, *, interrupting: bool) -> str:
        agent = place.agent
        if interaction.preferring and interaction.queued and interaction.queued.preferred_agent_id != agent.agent_id:
            return "preference"
        if not (place.mask | place.over if interrupting else place.mask) & self._bit(interaction):
            return "capacity"
        if self._suits(interaction, now)(agent):
            return ""
        return "assignment_gap" if self._crew.rested_at(agent) > now else "back_off"


def anybody(_agent: Agent) -> bool:
    """Nobody rests and nobody is left out."""
    return True
