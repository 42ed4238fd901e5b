"""The naive router beside which the matcher is measured: plain objects, and a scan of all of them for each decision.

It makes the identical choice and shares nothing with what it judges but the facts that both were given. A score is kept
with each agent and changed with their work, so that its scan over agents does no more than compare.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from tests.bench.floors import AGENT_UNITS, CHANNELS, Arrival

Needs = tuple[tuple[str, int], ...]
"""Skills with the level that each is needed at; the benches' kinds of need all have some."""

COSTS = {int(channel.channel): (channel.units, channel.at_once) for channel in CHANNELS}


class PlainInteraction:
    """Somebody who waits; `place` is their place in line, lowest first."""

    __slots__ = ("channel", "name", "needs", "place")

    def __init__(self, arrival: Arrival, sequence: int) -> None:
        """Keep what a choice goes by."""
        queued = arrival.queued
        self.name = queued.interaction_id
        self.channel = int(arrival.received.channel)
        self.needs = tuple((need.skill, need.level) for need in queued.needs.skills)
        self.place = (-queued.priority, int(queued.waiting_since * 1e6), sequence)


class PlainAgent:
    """Somebody at work: what they can do, what they hold, and how much they were given in the time they were there."""

    __slots__ = ("available", "hands", "held", "idle_since", "last", "levels", "name", "score", "up_to", "used", "work")

    def __init__(self, name: str, levels: dict[str, int]) -> None:
        """Begin with empty hands."""
        self.name = name
        self.levels = levels
        self.hands: dict[str, int] = {}
        self.held = dict.fromkeys(COSTS, 0)
        self.used = 0
        self.idle_since = self.last = 0.0
        self.work = self.available = self.up_to = self.score = 0.0

    def has_worked(self, work: float, available: float, up_to: float, minute: float) -> None:
        """What the agent was given before the bench began."""
        self.work, self.available, self.up_to = work, available, up_to
        self._rate(minute)

    def takes(self, name: str, channel: int, now: float, minute: float) -> None:
        """Hold one more."""
        self._reckon(now)
        self.hands[name] = channel
        self.held[channel] += 1
        self.used += COSTS[channel][0]
        self.last = now
        self._rate(minute)

    def lets_go(self, name: str, now: float, minute: float) -> None:
        """Hold one less."""
        self._reckon(now)
        channel = self.hands.pop(name)
        self.held[channel] -= 1
        self.used -= COSTS[channel][0]
        if not self.hands:
            self.idle_since = now
        self._rate(minute)

    def open_channels(self) -> frozenset[int]:
        """The channels on which one more fits."""
        free, held = AGENT_UNITS - self.used, self.held
        return frozenset(
            channel for channel, (units, at_once) in COSTS.items() if units <= free and held[channel] < at_once
        )

    def _reckon(self, now: float) -> None:
        seconds = now - self.up_to
        self.work += self.used / AGENT_UNITS * seconds
        self.available += seconds
        self.up_to = now

    def _rate(self, minute: float) -> None:
        ahead = max(0.0, minute - self.up_to)
        self.score = (self.work + self.used / AGENT_UNITS * ahead) / (self.available + ahead)


class PlainRouter:
    """Who waits and who works, in two dictionaries."""

    def __init__(self, minute: float) -> None:
        """Begin with nobody."""
        self.minute = minute
        self.waiting: dict[str, PlainInteraction] = {}
        self.agents: dict[str, PlainAgent] = {}
        self._sequence = 0

    def wait(self, arrival: Arrival) -> PlainInteraction:
        """Somebody more waits."""
        one = PlainInteraction(arrival, self._sequence)
        self._sequence += 1
        self.waiting[one.name] = one
        return one

    def frees(self, agent_id: str, held: str, now: float) -> str | None:
        """An agent lets one go and takes the next; its name."""
        self.agents[agent_id].lets_go(held, now, self.minute)
        return self.takes_next(agent_id, now)

    def takes_next(self, agent_id: str, now: float) -> str | None:
        """The agent takes the first in line whom they can serve; its name."""
        agent = self.agents[agent_id]
        best = self.next_for(agent)
        if best is None:
            return None
        self.hand_over(agent, best, now)
        return best.name

    def chooses(self, agent_id: str) -> PlainInteraction | None:
        """The decision alone when an agent frees: the first in line whom they can serve, who leaves the line."""
        best = self.next_for(self.agents[agent_id])
        if best is not None:
            del self.waiting[best.name]
        return best

    def finds(self, arrival: Arrival) -> tuple[PlainInteraction, PlainAgent | None]:
        """The decision alone when somebody arrives: they join the line, and leave it where there is an agent due."""
        one = self.wait(arrival)
        agent = self.agent_for(one)
        if agent is not None:
            del self.waiting[one.name]
        return one, agent

    def hand_over(self, agent: PlainAgent, one: PlainInteraction, now: float) -> None:
        """What was chosen happens."""
        del self.waiting[one.name]
        self.gives(agent, one, now)

    def gives(self, agent: PlainAgent, one: PlainInteraction, now: float) -> None:
        """What was chosen, and has left the line, is in the agent's hands."""
        agent.takes(one.name, one.channel, now, self.minute)

    def next_for(self, agent: PlainAgent) -> PlainInteraction | None:
        """The scan: of all who wait, the first in line whom the agent can serve."""
        channels, levels = agent.open_channels(), agent.levels
        if not channels:
            return None
        best: PlainInteraction | None = None
        for one in self.waiting.values():
            if one.channel not in channels:
                continue
            for skill, level in one.needs:
                if levels.get(skill, 0) < level:
                    break
            else:
                if best is None or one.place < best.place:
                    best = one
        return best

    def arrives(self, arrival: Arrival, now: float) -> str | None:
        """Somebody comes and is given to the agent due, if there is one; the agent's name."""
        one = self.wait(arrival)
        agent = self.agent_for(one)
        if agent is None:
            return None
        self.hand_over(agent, one, now)
        return agent.name

    def agent_for(self, one: PlainInteraction) -> PlainAgent | None:
        """The scan: of all agents who can serve this one, who was given least, then is idle longest, then by name."""
        channel, needs = one.channel, one.needs
        units, at_once = COSTS[channel]
        most = AGENT_UNITS - units
        best: PlainAgent | None = None
        rank = (math.inf, math.inf, "")
        for agent in self.agents.values():
            if agent.used > most or agent.held[channel] >= at_once:
                continue
            levels = agent.levels
            for skill, level in needs:
                if levels.get(skill, 0) < level:
                    break
            else:
                own = (agent.score, math.inf if agent.hands else agent.idle_since, agent.name)
                if best is None or own < rank:
                    best, rank = agent, own
        return best


class PlainIdleRouter(PlainRouter):
    """The same where a queue asks for who is idle longest.

    The loop stands here again with another rank: a call for each agent would make the naive side slower than it is.
    """

    def agent_for(self, one: PlainInteraction) -> PlainAgent | None:
        """The scan: of all agents who can serve this one, who has least in hand, then is idle longest, then by name."""
        channel, needs = one.channel, one.needs
        units, at_once = COSTS[channel]
        most = AGENT_UNITS - units
        best: PlainAgent | None = None
        rank = (math.inf, math.inf, math.inf, "")
        for agent in self.agents.values():
            if agent.used > most or agent.held[channel] >= at_once:
                continue
            levels = agent.levels
            for skill, level in needs:
                if levels.get(skill, 0) < level:
                    break
            else:
                own = (agent.used, math.inf if agent.hands else agent.idle_since, agent.last, agent.name)
                if best is None or own < rank:
                    best, rank = agent, own
        return best


class SortedLine:
    """The same choice from those who wait, sorted and by kind: quick enough to check every pick; never measured."""

    def __init__(self, waiting: Iterable[PlainInteraction]) -> None:
        """Put in line who waits now; who comes later is not seen."""
        self._lines: dict[tuple[int, Needs], deque[PlainInteraction]] = {}
        for one in sorted(waiting, key=lambda one: one.place):
            self._lines.setdefault((one.channel, one.needs), deque()).append(one)
        self._by_skill: dict[str, list[tuple[int, Needs]]] = {}
        for kind in self._lines:
            self._by_skill.setdefault(kind[1][0][0], []).append(kind)

    def take(self, agent: PlainAgent) -> PlainInteraction | None:
        """Take the first in line whom the agent can serve out of it."""
        channels, levels = agent.open_channels(), agent.levels
        best: deque[PlainInteraction] | None = None
        for skill in levels if channels else ():
            for kind in self._by_skill.get(skill, ()):
                line = self._lines[kind]
                if not line or kind[0] not in channels or (best is not None and line[0].place > best[0].place):
                    continue
                if all(levels.get(needed, 0) >= level for needed, level in kind[1]):
                    best = line
        return best.popleft() if best else None
