"""The same floors on PostgreSQL and on Redis: an agent frees and takes the first in line whom they can serve.

PostgreSQL locks the best row with SKIP LOCKED and deletes it, in its usual durable settings; Redis keeps a sorted set
for each kind of need, and a script takes the best head of those that the agent can serve, which the client names. Both
only choose and remove: an agent's hands and effort are kept on our side, and are part of our cost alone. Each pick is
compared with ours. Time is the wall's on all sides, from one client, for the servers' work is not ours to count. The
line is at rest: in front stand those whom few can serve, past whom PostgreSQL reads each time.
In memory ours is neither durable nor a hop away: what that costs shows in the bench of publish to offer.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from kindline.routing.domain.interactions import Interaction
from tests.bench.figures import Figures, percentile, say, settle, spread
from tests.bench.live_floor import DecisionsDiffer, LiveFloor
from tests.bench.peer_servers import PeerMissing, Postgres, Redis
from tests.bench.plain import PlainAgent, PlainInteraction
from tests.bench.whole import AgentFrees

AGENTS = 1_000
SIZES = (1_000, 10_000, 100_000)
ROUNDS = 5
EVENTS = 60
ROWS_AT_ONCE = 1_000

TABLE = """
DROP TABLE IF EXISTS waiting;
CREATE TABLE waiting (
    sequence bigint PRIMARY KEY, priority int, channel int, needs text[], name text, taken boolean DEFAULT false
);
CREATE INDEX in_line ON waiting (priority DESC, sequence) WHERE NOT taken;
"""
# The planner takes a need for so rare that it would read and sort the whole table; the index in order is far quicker.
STEER = "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off; SET client_min_messages = error"
INSERT = "INSERT INTO waiting (sequence, priority, channel, needs, name) VALUES "
TAKE = """
DELETE FROM waiting WHERE sequence = (
    SELECT sequence FROM waiting
    WHERE NOT taken AND channel = ANY($1::int[]) AND needs <@ $2::text[]
    ORDER BY priority DESC, sequence LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING name
"""
SCRIPT = """
local best, from, rank = nil, nil, nil
for _, key in ipairs(KEYS) do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if head[1] and (rank == nil or tonumber(head[2]) < rank) then
        best, from, rank = head[1], key, tonumber(head[2])
    end
end
if best then redis.call('ZREM', from, best) end
return best
"""


Asked = tuple[PlainAgent, frozenset[int], str]
"""Who asked with room on which channels, and whom they took."""


class Peer(Protocol):
    """Keeps who waits, and gives the first whom an agent can serve."""

    def begin(self) -> None:
        """Forget everybody."""

    def wait(self, many: Iterable[PlainInteraction]) -> None:
        """So many more wait."""

    def take(self, agent: PlainAgent, channels: frozenset[int]) -> str | None:
        """The first in line whom the agent can serve; they wait no more."""

    def close(self) -> None:
        """End the server."""


class PostgresPeer:
    """A table, an index in the order of the line, and a row lock."""

    def __init__(self, directory: Path) -> None:
        """Start the server. Raises PeerMissing."""
        self._server = Postgres(directory)
        self._able: dict[str, str] = {}

    def begin(self) -> None:
        """An empty table."""
        self._server.run(STEER)
        self._server.run(TABLE)
        self._server.run("DEALLOCATE ALL")
        self._server.prepare("take", TAKE)
        self._able.clear()

    def wait(self, many: Iterable[PlainInteraction]) -> None:
        """Rows, many at a time; then the statistics, once there are many."""
        rows = [_row(one) for one in many]
        for first in range(0, len(rows), ROWS_AT_ONCE):
            values = ", ".join(rows[first : first + ROWS_AT_ONCE])
            self._server.run(INSERT + values)
        if len(rows) >= ROWS_AT_ONCE:
            self._server.run("VACUUM ANALYZE waiting")

    def take(self, agent: PlainAgent, channels: frozenset[int]) -> str | None:
        """One statement, one commit."""
        able = self._able.get(agent.name)
        if able is None:
            levels = [f"{skill}:{n}" for skill, level in agent.levels.items() for n in range(1, level + 1)]
            able = self._able[agent.name] = "{" + ",".join(levels) + "}"
        return self._server.ask("take", "{" + ",".join(map(str, channels)) + "}", able)

    def close(self) -> None:
        """End the server."""
        self._server.close()


def _row(one: PlainInteraction) -> str:
    needs = ",".join(f"{skill}:{level}" for skill, level in one.needs)
    return f"({one.place[2]}, {-one.place[0]}, {one.channel}, '{{{needs}}}', '{one.name}')"


class RedisPeer:
    """A sorted set for each kind of need, and a script."""

    def __init__(self, directory: Path) -> None:
        """Start the server. Raises PeerMissing."""
        self._server = Redis(directory)
        self._script = str(self._server.ask("SCRIPT", "LOAD", SCRIPT))
        self._kinds: dict[str, tuple[int, tuple[tuple[str, int], ...]]] = {}
        self._able: dict[str, dict[int, list[str]]] = {}

    def begin(self) -> None:
        """Nothing is kept."""
        self._server.ask("FLUSHALL")
        self._kinds.clear()
        self._able.clear()

    def wait(self, many: Iterable[PlainInteraction]) -> None:
        """One more in the set of their kind."""
        for one in many:
            key = f"{one.channel}/" + ",".join(f"{skill}:{level}" for skill, level in one.needs)
            if key not in self._kinds:
                self._kinds[key] = (one.channel, one.needs)
                self._able.clear()
            self._server.ask("ZADD", key, str(one.place[0] * 10**10 + one.place[2]), one.name)

    def take(self, agent: PlainAgent, channels: frozenset[int]) -> str | None:
        """One call of the script with the sets that the agent can serve now."""
        able = self._able.get(agent.name) or self._look_up(agent)
        keys = [key for channel in channels for key in able.get(channel, ())]
        name: str | None = self._server.ask("EVALSHA", self._script, str(len(keys)), *keys)
        return name

    def _look_up(self, agent: PlainAgent) -> dict[int, list[str]]:
        """As ours, this is kept from one time to the next; it is warmed up before anything is timed."""
        able: dict[int, list[str]] = {}
        for key, (channel, needs) in self._kinds.items():
            if all(agent.levels.get(skill, 0) >= level for skill, level in needs):
                able.setdefault(channel, []).append(key)
        self._able[agent.name] = able
        return able

    def warm(self, agents: Iterable[PlainAgent]) -> None:
        """Look up what each can serve."""
        for agent in agents:
            if agent.name not in self._able:
                self._look_up(agent)

    def close(self) -> None:
        """End the server."""
        self._server.close()


class Compared(AgentFrees):
    """Our floor, with peers that follow it."""

    def __init__(self, floor: LiveFloor, peers: dict[str, Peer]) -> None:
        """Let everybody who waits here wait there."""
        super().__init__(floor)
        self.warm(2 * AGENTS)
        self._peers = peers
        self._known: set[str] = set()
        self.samples: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
        for peer in peers.values():
            peer.begin()
        self._tell()

    def round(self, events: int) -> None:
        """The same events for all: ours in a row, then each peer's in a row."""
        self._tell()
        asked = self._ours_timed(events)
        for name, peer in self._peers.items():
            for twin, channels, expected in asked:
                began = time.perf_counter()
                found = peer.take(twin, channels)
                self.samples[name].append(time.perf_counter() - began)
                if found != expected:
                    raise DecisionsDiffer(f"{twin.name} takes {expected}, with {name} {found}")
        self._known.difference_update(expected for _, _, expected in asked)
        self._refill()

    def _ours_timed(self, events: int) -> list[Asked]:
        """Our picks, each timed; and, as the naive side follows, what was asked of each agent when."""
        floor, plain, samples = self.floor, self.floor.plain, self.samples["ours"]
        given = [(agent, held, floor.tick()) for agent, held in self._next(events)]
        answers: list[list[Interaction]] = []
        for agent, held, now in given:
            answers.append([])
            began = time.perf_counter()
            one = floor.live.frees(agent, held, now)
            while one is not None:
                samples.append(time.perf_counter() - began)
                answers[-1].append(one)
                began = time.perf_counter()
                one = floor.live.takes_next(agent, now)
        asked: list[Asked] = []
        for (agent, held, now), taken in zip(given, answers, strict=True):
            twin = plain.agents[agent.agent_id]
            twin.lets_go(held, now, plain.minute)
            for one in taken:
                asked.append((twin, twin.open_channels(), one.id))
                plain.hand_over(twin, plain.waiting[one.id], now)
                floor.taken(agent, one.id)
        return asked

    def _tell(self) -> None:
        fresh = [one for name, one in self.floor.plain.waiting.items() if name not in self._known]
        for peer in self._peers.values():
            peer.wait(fresh)
            if isinstance(peer, RedisPeer):
                peer.warm(self.floor.plain.agents.values())
        self._known.update(one.name for one in fresh)


def started(stack: ExitStack, folder: Path) -> dict[str, Peer]:
    """The peers that can be run here; the others are left out with a word."""
    peers: dict[str, Peer] = {}
    for name, kind in (("postgres", PostgresPeer), ("redis", RedisPeer)):
        directory = folder / name
        directory.mkdir()
        try:
            peer: Peer = kind(directory)
        except PeerMissing as missing:
            say(f"{name} skipped: {missing}")
            continue
        stack.callback(peer.close)
        peers[name] = peer
    return peers


def measure() -> Figures:
    """Rounds of the same events on all sides, at three sizes of the line."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        peers = started(stack, Path(folder))
        for size in SIZES if peers else ():
            bench = Compared(LiveFloor(AGENTS, size), peers)
            settle()
            rounds: dict[str, list[list[float]]] = {name: [] for name in bench.samples}
            for _ in range(ROUNDS):
                bench.samples = {name: [] for name in bench.samples}
                bench.round(EVENTS)
                for name, samples in bench.samples.items():
                    rounds[name].append(samples)
            figures |= _told(f"{size // 1_000}k", rounds)
    return figures


def _told(size: str, rounds: dict[str, list[list[float]]]) -> Figures:
    figures: Figures = {}
    # By the median decision, for the wall's time of the others is whatever else this machine was at.
    rates = {name: [1.0 / percentile(found, 0.5) for found in each] for name, each in rounds.items()}
    for name, each in rounds.items():
        for share, word in ((0.5, "p50"), (0.99, "p99")):
            figures[f"{name}_{size}_{word}"] = spread([1e6 * percentile(found, share) for found in each], "us")
        figures[f"{name}_{size}"] = spread(rates[name], "decisions/s")
        if name != "ours":
            ratios = [our / their for our, their in zip(rates["ours"], rates[name], strict=True)]
            figures[f"beside_{name}_{size}"] = spread(ratios, "x")
    told = ", ".join(f"{name} {figures[f'{name}_{size}']['value']:,.0f}/s" for name in rounds)
    say(f"{size} waiting: {told}")
    return figures
