"""Which agent is due for an interaction, by the rule of its queue: the choice, with its score and its reason."""

from __future__ import annotations

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.choosing import INTERRUPTING, PREFERRED, Chosen, Rule
from kindline.routing.domain.crew import Crew
from kindline.routing.domain.effort import minute_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.places import Place, Suits, reckoned
from kindline.routing.domain.profiles import Profiles
from kindline.routing.domain.served import Served


class Chooser:
    """Chooses among the agents of one pool."""

    __slots__ = ("_capacity", "_crew", "_has_gap", "_profiles", "_rules", "_usual")

    def __init__(self, plan: Plan, capacity: Capacity, profiles: Profiles, crew: Crew) -> None:
        """Choose by the rules of a plan."""
        self._capacity = capacity
        self._crew = crew
        self._has_gap = plan.limits.assignment_gap_seconds > 0
        self._profiles = profiles
        self._rules = {queue.name: Rule(queue.choice) for queue in plan.queues}
        self._usual = Rule(AgentChoice.LEAST_WORK)

    def agent_for(self, interaction: Interaction, number: int, now: Instant) -> Chosen | None:
        """The agent due for an interaction of the class of this number, or None."""
        standing, profiles = self._crew.stand(now), self._profiles
        served = profiles.served[number]
        bit, suits = served.bit, self._suits(interaction, now)
        if interaction.preferring and interaction.queued is not None:
            preferred = standing.places.get(interaction.queued.preferred_agent_id)
            if preferred is None or not preferred.mask & bit or not (suits is None or suits(preferred.agent)):
                return None
            return Chosen(preferred.agent, 0.0, PREFERRED)
        rule = self._rule(interaction)
        found: Place | None = None
        turn = standing.turn(rule.choice) if rule.is_by_turn else None
        if rule.is_by_skill and interaction.needs.skills:
            for tier in profiles.tiers(served):
                found = found or standing.best(None, bit, suits, tier)
        else:
            found = standing.best(turn, bit, suits, served.able)
        if found is None:
            return self._by_interrupting(interaction, served, suits) if self._capacity.knows_interrupting else None
        least_work = 0.0 if turn is not None else standing.least_work.score(found)
        return Chosen(found.agent, rule.score(found.agent, interaction.needs, least_work, now), rule.name)

    def _by_interrupting(self, interaction: Interaction, served: Served, suits: Suits | None) -> Chosen | None:
        """The last resort: of those who can set other work aside for it, who has least work, then by name."""
        if interaction.offers:
            return None
        standing = self._crew.standing
        able = (place for profile in served.able.profiles for place in profile.members.values())
        ranks = [
            (standing.least_work.score(place), place.agent.agent_id)
            for place in able
            if place.over & served.bit and (suits is None or suits(place.agent))
        ]
        if not ranks:
            return None
        least_work, agent_id = min(ranks)
        return Chosen(standing.places[agent_id].agent, least_work, INTERRUPTING)

    def _bit(self, interaction: Interaction) -> int:
        return self._capacity.bit(interaction.queue, interaction.channel)

    def _rule(self, interaction: Interaction) -> Rule:
        return self._rules.get(interaction.queue, self._usual)

    def _suits(self, interaction: Interaction, now: Instant) -> Suits | None:
        """Whether an agent who is able and has room may be offered the interaction now; None where everybody may."""
        for_all = not interaction.offers and not interaction.back_offs
        if for_all and not self._has_gap:
            return None
        rested_at = self._crew.rested_at
        return lambda agent: rested_at(agent) <= now and (for_all or not interaction.leaves_out(agent.agent_id, now))

    def only(self, place: Place, interaction: Interaction, now: Instant) -> Chosen:
        """The choice of the one agent who can be offered an interaction: as `agent_for`, without looking at others."""
        agent = place.agent
        if interaction.preferring:
            return Chosen(agent, 0.0, PREFERRED)
        rule, has_room = self._rule(interaction), place.mask & self._bit(interaction)
        least_work = 0.0 if has_room and rule.is_by_turn else reckoned(agent, minute_of(now))
        if least_work is None:
            least_work = self._crew.stand(now).least_work.median()
        if not has_room:
            return Chosen(agent, least_work, INTERRUPTING)
        return Chosen(agent, rule.score(agent, interaction.needs, least_work, now), rule.name)

    def score_of(self, agent: Agent, interaction: Interaction, now: Instant) -> float | None:
        """The score by which the agent stands for the interaction now, as `agent_for` gives it; None without room."""
        standing = self._crew.stand(now)
        place = standing.places.get(agent.agent_id)
        if place is not None and place.over & self._bit(interaction):
            return standing.least_work.score(place)
        if place is None or not place.mask:
            return None
        if interaction.preferring:
            return 0.0
        rule = self._rule(interaction)
        least_work = 0.0 if rule.is_by_turn else standing.least_work.score(place)
        return rule.score(agent, interaction.needs, least_work, now)

    def removals(
        self, interaction: Interaction, number: int, now: Instant, *, interrupting: bool
    ) -> tuple[int, dict[str, int]]:
        """How many of those signed in could be chosen, and how many the first rule that left them out was which."""
        standing = self._crew.stand(now)
        only: int | None = None
        if interaction.preferring and interaction.queued and interaction.queued.preferred_agent_id:
            preferred = standing.places.get(interaction.queued.preferred_agent_id)
            only = 1 << preferred.number if preferred else 0
        left, counts = self._crew.removals.count(self._profiles.served[number], only, interrupting=interrupting)
        suits, eligible = self._suits(interaction, now), left.bit_count()
        if suits is not None:
            for place in standing.of(left):
                if not suits(place.agent):
                    rule = "assignment_gap" if self._crew.rested_at(place.agent) > now else "back_off"
                    counts[rule] = counts.get(rule, 0) + 1
                    eligible -= 1
        return eligible, counts
