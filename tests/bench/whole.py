"""Whole steps of the matcher on a live floor beside a naive scan that makes the identical choice, on one state.

What is timed, on both sides. An agent frees: one piece of work is let go (effort, capacity, the agent's standing), the
first in line whom the agent can serve is found, leaves the line, and is in the agent's hands. Who has room for more is
asked again until nobody is found, as the engine does; the cost is that of all this by the answers given. An interaction
arrives: it joins the line, the agent due is found, it leaves the line and is in their hands. Not timed, on neither
side, is who comes to keep the floor as full, or who goes to keep it as busy, and the making of facts: what whole inputs
cost is the bench of the engine.

Both sides are charged with the same book-keeping: the naive side brings effort, units and counts up to date at the same
moments, though in 100,000 steps it does not show. Beyond that we are charged with what the naive scan leaves out: it
asks for the channel, the skills, the room and the order only, as nothing else can make a difference on this floor,
where the matcher asks every rule (breaks and leases, declines, preference, limits, starvation, newcomers) each time.
What the matcher puts off is not hidden either: who stands where is brought up to date within the arrivals that ask for
it, and the median of all scores, which only newcomers are compared by, whenever one of them is due; here nobody is.

The naive scan is sampled, for it is slow; the matcher's picks are checked one and all, those of whole blocks by a walk
through the sorted line. One difference ends the bench.
"""

from __future__ import annotations

import time

from kindline.routing.domain.agents import Agent
from kindline.routing.domain.interactions import Interaction
from tests.bench.figures import clock_cost
from tests.bench.floors import Arrival
from tests.bench.live_floor import DecisionsDiffer, LiveFloor
from tests.bench.plain import SortedLine

BLOCK = 2_000
"""Agents who free before their picks are checked."""

Event = tuple[Agent, str]
Pick = tuple[Agent, str, list[str]]
"""Who let go of what, and the names of what they took."""


class AgentFrees:
    """Agents end one piece of work and take the next."""

    def __init__(self, floor: LiveFloor) -> None:
        """Measure on this floor."""
        self.floor = floor
        self._clock = clock_cost()

    def warm(self, events: int) -> None:
        """Let so much happen untimed, for what is built at the first use."""
        while events > 0:
            events -= max(1, self.block(BLOCK)[1])  # A short line gives few at a time.

    def naive(self, events: int) -> tuple[float, int]:
        """The naive seconds for a few events, each decided by both sides and compared; and how many answers."""
        floor, spent, answers = self.floor, 0.0, 0
        for agent, held in self._next(events):
            now = floor.tick()
            began = time.process_time()
            name = floor.plain.frees(agent.agent_id, held, now)
            expected = []
            while name is not None:
                expected.append(name)
                name = floor.plain.takes_next(agent.agent_id, now)
            spent += time.process_time() - began
            self._compare((agent, held, self._ours(agent, held, now)), expected)
            answers += len(expected)
        self._refill()
        return spent / max(answers, 1), answers

    def block(self, events: int) -> tuple[float, int]:
        """Our seconds for a block of events in a row, every pick of which is checked afterwards; and the answers."""
        floor, frees, takes_next = self.floor, self.floor.live.frees, self.floor.live.takes_next
        given = [(agent, held, floor.tick()) for agent, held in self._next(events)]
        answers: list[list[Interaction]] = []
        began = time.process_time()
        for agent, held, now in given:
            taken = []
            one = frees(agent, held, now)
            while one is not None:
                taken.append(one)
                one = takes_next(agent, now)
            answers.append(taken)
        spent = time.process_time() - began
        count = self._check(given, answers)
        return spent / max(count, 1), count

    def timed(self, events: int) -> list[int]:
        """As a block, with each answer's nanoseconds taken."""
        floor, frees, takes_next, clock = self.floor, self.floor.live.frees, self.floor.live.takes_next, self._clock
        given = [(agent, held, floor.tick()) for agent, held in self._next(events)]
        samples, answers = [], []
        for agent, held, now in given:
            taken = []
            began = time.thread_time_ns()
            one = frees(agent, held, now)
            while one is not None:
                samples.append(time.thread_time_ns() - began - clock)
                taken.append(one)
                began = time.thread_time_ns()
                one = takes_next(agent, now)
            answers.append(taken)
        self._check(given, answers)
        return samples

    def _next(self, events: int) -> list[Event]:
        busy = self.floor.busy
        # Never so many that the line or the work runs low.
        most = min(events, len(busy) // 2, max(len(self.floor.plain.waiting) // 50, 10))
        if not most:
            raise RuntimeError("nobody has work that could end: nothing can be measured")
        return [busy.popleft() for _ in range(most)]

    def _ours(self, agent: Agent, held: str, now: float) -> list[str]:
        taken = []
        one = self.floor.live.frees(agent, held, now)
        while one is not None:
            taken.append(one.id)
            self.floor.taken(agent, one.id)
            one = self.floor.live.takes_next(agent, now)
        return taken

    def _check(self, given: list[tuple[Agent, str, float]], answers: list[list[Interaction]]) -> int:
        """Let the naive side follow, and compare each pick with its own; how many there were."""
        floor, plain = self.floor, self.floor.plain
        line = SortedLine(plain.waiting.values())
        for (agent, held, now), taken in zip(given, answers, strict=True):
            twin = plain.agents[agent.agent_id]
            twin.lets_go(held, now, plain.minute)
            expected = []
            while (one_more := line.take(twin)) is not None:
                expected.append(one_more.name)
                plain.hand_over(twin, one_more, now)
            self._compare((agent, held, [one.id for one in taken]), expected)
            for one in taken:
                floor.taken(agent, one.id)
        self._refill()
        return sum(len(taken) for taken in answers)

    def _refill(self) -> None:
        """Let as many come as went; whoever an agent has room for does not wait, as in any floor that is at rest."""
        floor, plain = self.floor, self.floor.plain
        while len(plain.waiting) < floor.waiting:
            arrival, now = floor.generator.arrival(), floor.tick()
            agent = floor.live.arrives(floor.live.interaction(arrival), now)
            one = plain.wait(arrival)
            if agent is not None:
                plain.hand_over(plain.agents[agent.agent_id], one, now)
                floor.taken(agent, one.name)

    @staticmethod
    def _compare(pick: Pick, expected: list[str]) -> None:
        if pick[2] != expected:
            raise DecisionsDiffer(f"{pick[0].agent_id} took {pick[2]}, the naive scan {expected}")


class Arrives:
    """Interactions arrive while most agents are busy."""

    def __init__(self, floor: LiveFloor) -> None:
        """Measure on this floor."""
        self.floor = floor
        self._clock = clock_cost()

    def naive(self, count: int) -> float:
        """The naive seconds for each of a few arrivals, decided by both sides and compared."""
        floor, spent = self.floor, 0.0
        for _ in range(count):
            arrival, now = floor.generator.arrival(), floor.tick()
            began = time.process_time()
            expected = floor.plain.arrives(arrival, now)
            spent += time.process_time() - began
            self._settle(arrival, floor.live.interaction(arrival), now, expected)
        return spent / count

    def block(self, count: int) -> float:
        """Our seconds for each of a block of arrivals in a row, every pick of which is checked afterwards."""
        given, arrives = self._given(count), self.floor.live.arrives
        began = time.process_time()
        agents = [arrives(one, now) for _, one, now in given]
        spent = time.process_time() - began
        self._check(given, agents)
        return spent / count

    def timed(self, count: int) -> list[int]:
        """As a block, with each arrival's nanoseconds taken."""
        given, arrives, clock = self._given(count), self.floor.live.arrives, self._clock
        samples, agents = [], []
        for _, one, now in given:
            began = time.thread_time_ns()
            agents.append(arrives(one, now))
            samples.append(time.thread_time_ns() - began - clock)
        self._check(given, agents)
        return samples

    def first_seen(self) -> list[float]:
        """One arrival of each kind of need, which nobody asked for before: seconds for each."""
        floor, spent = self.floor, []
        for kind in floor.generator.kinds:
            arrival, now = floor.generator.arrival(kind=kind), floor.tick()
            one = floor.live.interaction(arrival)
            began = time.thread_time()
            agent = floor.live.arrives(one, now)
            spent.append(time.thread_time() - began)
            self._check([(arrival, one, now)], [agent])
        return spent

    def _given(self, count: int) -> list[tuple[Arrival, Interaction, float]]:
        floor = self.floor
        drawn = [floor.generator.arrival() for _ in range(count)]
        return [(arrival, floor.live.interaction(arrival), floor.tick()) for arrival in drawn]

    def _settle(self, arrival: Arrival, one: Interaction, now: float, expected: str | None) -> None:
        agent = self.floor.live.arrives(one, now)
        self._compare(one, agent, expected)
        self._end(one, agent)
        self.floor.live.settle(arrival, now)

    def _check(self, given: list[tuple[Arrival, Interaction, float]], agents: list[Agent | None]) -> None:
        """Let the naive side follow, compare each pick with its own, and let as much work end as has begun."""
        for (arrival, one, now), agent in zip(given, agents, strict=True):
            self._compare(one, agent, self.floor.plain.arrives(arrival, now))
        for (_, one, _), agent in zip(given, agents, strict=True):
            self._end(one, agent)
        self.floor.live.settle(given[0][0], self.floor.tick())

    def _end(self, one: Interaction, agent: Agent | None) -> None:
        """Nobody waits on: who found nobody leaves, and for who found somebody the oldest work ends."""
        floor = self.floor
        if agent is None:
            floor.live.pool.matching.leave(one)
            del floor.plain.waiting[one.id]
            return
        floor.taken(agent, one.id)
        done, held = floor.busy.popleft()
        now = floor.tick()
        floor.live.releases(done, held, now)
        floor.plain.agents[done.agent_id].lets_go(held, now, floor.plain.minute)

    @staticmethod
    def _compare(one: Interaction, agent: Agent | None, expected: str | None) -> None:
        found = agent.agent_id if agent else None
        if found != expected:
            raise DecisionsDiffer(f"{one.id} was given to {found}, by the naive scan to {expected}")
