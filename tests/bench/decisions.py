"""The decision alone, as the published prototypes time it: whom to serve or who is to serve, and leaving the line.

What is timed, on both sides. An agent frees: the first in line whom they can serve is found and leaves the line; ours
is `next_for` and `leave`, the naive side's its scan and the deletion. An interaction arrives: it joins the line, the
agent due is found, and it leaves the line; ours is `wait`, `agent_for` and `leave`, the naive side's a scan with both.

What was put off is brought up to date inside of these, and is part of them: what an agent has room for, looked at when
they or others are next asked for; and where everybody stands who has changed since the last arrival, which on this
floor are two for each: who took the one before, and who has just ended a piece of work. Hence work ends here between
any two arrivals, where the whole rows let it end untimed after a block of them.

What is not: hands, units, effort and shares, on both sides; they are in the whole rows only (see `matcher`). And in a
row of agents who free, in which nobody asks where anybody stands, `update` puts the first of more than 64 who have
changed in order at once, lest an arrival find them all: that is eager, no part of any answer to one who frees, and in
the whole rows only as well. Where one of these is of the bunch that frees, their room is looked at there, too.

To ask the clock takes about a microsecond. So agents free in bunches with one look at the clock before and after, in
which nobody is twice; and each arrival, as it may meet what the one before has done, is timed by itself, less what
asking the clock costs. Every pick is compared, as in the whole rows; one difference ends the bench.
"""

from __future__ import annotations

import time

from kindline.routing.domain.agents import Agent
from kindline.routing.domain.interactions import Interaction
from tests.bench.plain import PlainAgent, PlainInteraction, SortedLine
from tests.bench.whole import AgentFrees, Arrives, Event

BUNCH = 32
"""Agents who free at once: half of the changes that are kept, so that `update` looks at few of them early."""

Asked = list[tuple[Agent, Interaction | None]]
"""Agents who were asked, in turn, with what each was given."""

Ended = tuple[Agent, str, float]
"""Whose work ended, which, and when."""


class FreesAlone(AgentFrees):
    """Agents who have just ended one piece of work are asked for the next, and again until they have no more room."""

    def naive(self, events: int) -> tuple[float, int]:
        """The naive seconds for a few choices, each compared with ours; and how many answers."""
        floor, plain, spent, answers = self.floor, self.floor.plain, 0.0, 0
        for agent, held in self._next(events):
            now = self._release([(agent, held)])
            twin = plain.agents[agent.agent_id]
            twin.lets_go(held, now, plain.minute)
            expected: list[str] = []
            taken: list[str] = []
            while True:
                began = time.process_time()
                one = plain.chooses(agent.agent_id)
                spent += time.process_time() - began
                ours = floor.live.chooses(agent, now)
                if ours is not None:
                    taken.append(ours.id)
                    self._give(agent, ours, now)
                if one is None:
                    break
                expected.append(one.name)
                plain.gives(twin, one, now)
            self._compare((agent, held, taken), expected)
            answers += len(expected)
        self._refill()
        return spent / max(answers, 1), answers

    def block(self, events: int) -> tuple[float, int]:
        """Our seconds for each answer of many, a bunch at a time; and how many there were."""
        spent, answers, given = 0.0, 0, []
        for bunch in self._bunches(events):
            now, asking = self._release(bunch), [agent for agent, _ in bunch]
            rounds: list[Asked] = []
            while asking:
                chooses = self.floor.live.chooses
                began = time.process_time()
                asked = [(agent, chooses(agent, now)) for agent in asking]
                spent += time.process_time() - began
                asking = self._give_all(asked, now)
                answers += len(asking)
                rounds.append(asked)
            given.append((bunch, now, rounds))
        self._follow(given)
        return spent / max(answers, 1), answers

    def timed(self, events: int) -> list[int]:
        """As a block, with each answer's nanoseconds taken."""
        samples, given = [], []
        chooses, clock = self.floor.live.chooses, self._clock
        for bunch in self._bunches(events):
            now, asking = self._release(bunch), [agent for agent, _ in bunch]
            rounds: list[Asked] = []
            while asking:
                asked: Asked = []
                for agent in asking:
                    began = time.thread_time_ns()
                    one = chooses(agent, now)
                    spent = time.thread_time_ns() - began - clock
                    asked.append((agent, one))
                    if one is not None:
                        samples.append(spent)
                asking = self._give_all(asked, now)
                rounds.append(asked)
            given.append((bunch, now, rounds))
        self._follow(given)
        return samples

    def _bunches(self, events: int) -> list[list[Event]]:
        """What ends next, in bunches in which nobody is twice."""
        bunches: list[dict[Agent, str]] = [{}]
        for agent, held in self._next(events):
            if agent in bunches[-1] or len(bunches[-1]) == BUNCH:
                bunches.append({})
            bunches[-1][agent] = held
        return [list(bunch.items()) for bunch in bunches]

    def _release(self, bunch: list[Event]) -> float:
        """All of them end one piece of work; when that was."""
        now = self.floor.tick()
        for agent, held in bunch:
            self.floor.live.releases(agent, held, now)
        return now

    def _give_all(self, asked: Asked, now: float) -> list[Agent]:
        """What was chosen is in their hands; those who got something."""
        for agent, one in asked:
            if one is not None:
                self._give(agent, one, now)
        return [agent for agent, one in asked if one is not None]

    def _give(self, agent: Agent, one: Interaction, now: float) -> None:
        self.floor.live.gives(agent, one, now)
        self.floor.taken(agent, one.id)

    def _follow(self, given: list[tuple[list[Event], float, list[Asked]]]) -> None:
        """Let the naive side do the same in the same order, and compare each pick with its own."""
        plain = self.floor.plain
        line = SortedLine(plain.waiting.values())
        for bunch, now, rounds in given:
            for agent, held in bunch:
                plain.agents[agent.agent_id].lets_go(held, now, plain.minute)
            for agent, one in (pick for asked in rounds for pick in asked):
                twin = plain.agents[agent.agent_id]
                expected = line.take(twin)
                self._compare((agent, "", [one.id] if one else []), [expected.name] if expected else [])
                if expected is not None:
                    plain.hand_over(twin, expected, now)
        self._refill()


class ArrivesAlone(Arrives):
    """Interactions arrive while most agents are busy, and after each of them a piece of work ends."""

    def naive(self, count: int) -> float:
        """The naive seconds for each of a few choices, each compared with ours."""
        floor, spent = self.floor, 0.0
        for _ in range(count):
            arrival, now = floor.generator.arrival(), floor.tick()
            began = time.process_time()
            choice = floor.plain.finds(arrival)
            spent += time.process_time() - began
            one = floor.live.interaction(arrival)
            agent = floor.live.finds(one, now)
            self._follow(choice, one, now, agent, self._goes_on(one, agent, now))
        return spent / count

    def block(self, count: int) -> float:
        """Our seconds for each of so many choices."""
        return sum(self.timed(count)) / count / 1e9

    def timed(self, count: int) -> list[int]:
        """The nanoseconds of each of so many choices in a row, every one of which is checked afterwards."""
        floor, finds, clock = self.floor, self.floor.live.finds, self._clock
        given = [(arrival, one) for arrival, one, _ in self._given(count)]
        samples, steps = [], []
        for arrival, one in given:
            now = floor.tick()
            began = time.thread_time_ns()
            agent = finds(one, now)
            samples.append(time.thread_time_ns() - began - clock)
            steps.append((arrival, one, now, agent, self._goes_on(one, agent, now)))
        for arrival, one, now, agent, ended in steps:
            self._follow(floor.plain.finds(arrival), one, now, agent, ended)
        return samples

    def _goes_on(self, one: Interaction, agent: Agent | None, now: float) -> Ended | None:
        """What follows on our side: nobody waits on, and for who found somebody the oldest work ends."""
        floor, live = self.floor, self.floor.live
        if agent is None:
            live.pool.matching.leave(one)
            return None
        live.gives(agent, one, now)
        floor.taken(agent, one.id)
        done, held = floor.busy.popleft()
        at = floor.tick()
        live.releases(done, held, at)
        return done, held, at

    def _follow(
        self,
        choice: tuple[PlainInteraction, PlainAgent | None],
        one: Interaction,
        now: float,
        agent: Agent | None,
        ended: Ended | None,
    ) -> None:
        """Compare a pick with the naive side's own, and let the same follow there."""
        plain, (waiting, expected) = self.floor.plain, choice
        self._compare(one, agent, expected.name if expected else None)
        if expected is None:
            del plain.waiting[waiting.name]
        else:
            plain.gives(expected, waiting, now)
        if ended is not None:
            done, held, at = ended
            plain.agents[done.agent_id].lets_go(held, at, plain.minute)
