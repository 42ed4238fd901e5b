"""One floor twice, in step: as the engine keeps it, in a Pool with its Matching, and as the naive router does.

What happens on our side is what the engine's folds do to Matching, Agent and Interaction for the same fact, no more and
no less, so that a decision costs here what it costs there: `frees` ends one piece of work and takes the next, `arrives`
is one who joins the line and is given to somebody.
"""

from __future__ import annotations

from collections import deque

from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease
from kindline.language.queue_rules import AgentChoice
from kindline.language.snapshot import InteractionState
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from tests.bench.floors import AGENT_UNITS, CHANNELS, NOW, Arrival, Generator
from tests.bench.plain import PlainAgent, PlainIdleRouter, PlainRouter

UNITS = {channel.channel: channel.units for channel in CHANNELS}
MINUTE = NOW // 60 * 60
AT_WORK_SECONDS = 3_000.0
SPANS = 10
TICK = 1e-5


class DecisionsDiffer(Exception):
    """The matcher chose otherwise than the naive scan: whatever was measured counts for nothing."""


class Live:
    """The engine's side: a pool, with everybody signed in and available."""

    def __init__(self, generator: Generator) -> None:
        """Begin with everybody at work and nobody waiting."""
        self.pool = Pool(generator.plan, NOW)
        self._sequence = 0
        for plan in generator.plan.agents:
            agent = Agent(pool=self.pool.name, agent_id=plan.agent_id, plan=plan)
            agent.session_id, agent.replica_id = f"{plan.agent_id}-1", "presence-1"
            agent.status, agent.lease, agent.attached = AgentStatus.AVAILABLE, Lease.CONNECTED, True
            self.pool.agents[plan.agent_id] = agent

    def interaction(self, arrival: Arrival) -> Interaction:
        """An interaction that its queue owns, as the folds of both its facts leave it."""
        one = Interaction(
            received=arrival.received,
            sequence=self._sequence,
            state=InteractionState.QUEUED,
            state_since=NOW,
            queued=arrival.queued,
            deadline=arrival.queued.deadline,
        )
        self._sequence += 1
        return one

    def wait(self, interaction: Interaction) -> None:
        """Join the line."""
        self.pool.matching.wait(interaction)

    def frees(self, agent: Agent, held: str, now: float) -> Interaction | None:
        """An agent lets one go and takes the next."""
        self.releases(agent, held, now)
        return self.takes_next(agent, now)

    def takes_next(self, agent: Agent, now: float) -> Interaction | None:
        """The agent takes the first in line whom they can serve."""
        interaction = self.pool.matching.next_for(agent, now)
        if interaction is not None:
            self._hand_over(agent, interaction, now)
        return interaction

    def chooses(self, agent: Agent, now: float) -> Interaction | None:
        """The decision alone when an agent frees: the first in line whom they can serve, who leaves the line."""
        matching = self.pool.matching
        interaction = matching.next_for(agent, now)
        if interaction is not None:
            matching.leave(interaction)
        return interaction

    def finds(self, interaction: Interaction, now: float) -> Agent | None:
        """The decision alone when somebody arrives: they join the line, and leave it where there is an agent due."""
        matching = self.pool.matching
        matching.wait(interaction)
        found = matching.agent_for(interaction, now)
        if found is None:
            return None
        matching.leave(interaction)
        return found[0]

    def arrives(self, interaction: Interaction, now: float) -> Agent | None:
        """Somebody joins the line and is given to the agent due, if there is one."""
        matching = self.pool.matching
        matching.wait(interaction)
        found = matching.agent_for(interaction, now)
        if found is None:
            return None
        self._hand_over(found[0], interaction, now)
        return found[0]

    def _hand_over(self, agent: Agent, interaction: Interaction, now: float) -> None:
        self.pool.matching.leave(interaction)
        self.gives(agent, interaction, now)

    def gives(self, agent: Agent, interaction: Interaction, now: float) -> None:
        """What was chosen, and has left the line, is in the agent's hands."""
        agent.reckons(now)
        agent.takes(interaction.id, interaction.channel, UNITS[interaction.channel])
        agent.last_assigned_at = now
        self.pool.matching.update(agent)

    def releases(self, agent: Agent, held: str, now: float) -> None:
        """An agent lets one go."""
        agent.reckons(now)
        agent.lets_go(held)
        if not agent.hands:
            agent.idle_since = now
        self.pool.matching.update(agent)

    def settle(self, arrival: Arrival, now: float) -> None:
        """Let matching look at all that has changed; the customer asked about does not join the line."""
        self.pool.matching.agent_for(self.interaction(arrival), now)


class LiveFloor:
    """Both sides of one floor, and what was in whose hands when."""

    def __init__(
        self,
        agents: int,
        waiting: int,
        *,
        occupied: float = 1.0,
        queues: int = 1,
        choice: AgentChoice = AgentChoice.LEAST_WORK,
    ) -> None:
        """Fill the hands of a share of the agents, then let so many wait."""
        self.generator = Generator(agents, queues, choice=choice)
        self.dice = self.generator.dice
        self.waiting = waiting
        self.live = Live(self.generator)
        self.plain = PlainRouter(MINUTE) if choice is AgentChoice.LEAST_WORK else PlainIdleRouter(MINUTE)
        self.now = NOW
        self.agents = list(self.live.pool.agents.values())
        self.busy: deque[tuple[Agent, str]] = deque()
        for agent in self.agents:
            self._employ(agent, full=self.dice.random() < occupied)
        self.dice.shuffle(self.busy)
        # Everybody is at work before anybody waits, so that a requirement class is introduced when it is first seen.
        self.live.settle(self.generator.arrival(), self.now)
        for arrival in self.generator.arrivals(waiting):
            self.join(arrival)

    def tick(self) -> float:
        """A moment later, within the same minute."""
        self.now += TICK
        return self.now

    def join(self, arrival: Arrival) -> None:
        """Somebody waits, on both sides, with no agent asked."""
        self.live.wait(self.live.interaction(arrival))
        self.plain.wait(arrival)

    def taken(self, agent: Agent, name: str) -> None:
        """Remember who holds what, in order of the end of work."""
        self.busy.append((agent, name))

    def _employ(self, agent: Agent, *, full: bool) -> None:
        """Give an agent fifty minutes of work of their own, and their hands full, or else half empty or empty."""
        dice = self.dice
        levels = {skill.skill: skill.level for skill in agent.plan.skills}
        plain = self.plain.agents[agent.agent_id] = PlainAgent(agent.agent_id, levels)
        since = MINUTE - AT_WORK_SECONDS - dice.random() * 100.0
        step = (MINUTE - 30.0 - since) / SPANS
        spans = [(since + step * n, since + step * (n + 1), dice.random()) for n in range(SPANS)]
        agent.spans = effort.spans_of(spans)
        agent.running = True
        work = sum(load * (end - start) for start, end, load in spans)
        up_to = spans[-1][1]
        plain.has_worked(work, up_to - since, up_to, MINUTE)
        agent.idle_since = plain.idle_since = MINUTE - 30.0 * dice.random()
        most = AGENT_UNITS if full else dice.choice((0, AGENT_UNITS // 2))
        while agent.used < most:
            channel = dice.choice([c for c in CHANNELS if c.units <= most - agent.used]).channel
            name = f"before-{len(self.busy)}"
            agent.takes(name, channel, UNITS[channel])
            plain.hands[name] = int(channel)
            plain.held[int(channel)] += 1
            plain.used += UNITS[channel]
            self.busy.append((agent, name))
        plain.has_worked(work, up_to - since, up_to, MINUTE)
        self.live.pool.matching.update(agent)
