"""Agents as an edge of the ledger knows them: sessions, plan, and how far behind the decisions this edge is.

Promises presence and routing one answer to three questions: who is this session, may I act for it now, and when does
what I wait for count. Nothing here decides anything; it only follows batches that count.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from kindline.language.agent_view import AgentKey, AgentsSeen, AgentView, Standing, standing
from kindline.language.content import Because
from kindline.language.ids import shard_of
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger.port import Ledger, LedgerUnavailable
from kindline.ledger.topics import DECISIONS
from kindline.runtime.refused import Refused

log = logging.getLogger(__name__)

SHORTEST_SILENCE_SECONDS = 3.0
SESSION_WAIT_SECONDS = 3.0
SILENCE_POLL_SECONDS = 0.5
LONGEST_TOLD_SECONDS = 86_400.0
TELL_AGAIN_SECONDS = 10.0

NOWHERE = Because()

Watcher = Callable[[AgentView], None]


class Following(Protocol):
    """Whoever follows the decisions, as far as an edge asks."""

    def silent_seconds(self, shard: int) -> float:
        """Seconds since the last record that counts."""

    def caught_up(self, shard: int) -> bool:
        """Whether the shard was read to its end once."""


class Behind(Refused):
    """The edge is behind the ledger or cannot reach it; nothing was appended."""

    def __init__(self, detail: str) -> None:
        """Say how far behind."""
        super().__init__("BEHIND", detail)


class Attendance:
    """The agents of all shards; fed with snapshots and counting batches, in each shard's order."""

    def __init__(self, shards: int) -> None:
        """Behind, until somebody follows the decisions."""
        self.shards = shards
        self._following: Following | None = None
        self._seen = [AgentsSeen() for _ in range(shards)]
        self._next_within = [0.0] * shards
        self._positions = [NOWHERE] * shards
        self._watchers: dict[AgentKey, list[Watcher]] = defaultdict(list)

    def followed_by(self, following: Following) -> None:
        """Ask this follower how far the decisions are read."""
        self._following = following

    def restore(self, shard: int, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """Begin a shard anew; everybody who watches one of its agents hears how they are."""
        seen = self._seen[shard]
        seen.restore(rows)
        self._next_within[shard] = manifest.next_within if manifest else 0.0
        self._positions[shard] = _position(manifest) if manifest else NOWHERE
        self._tell(seen.views)

    def apply(self, shard: int, batch: DecisionBatch, offset: int) -> Mapping[AgentKey, AgentView]:
        """Take in a batch that counts; gives the agents who look different now."""
        self._positions[shard] = Because(epoch=batch.epoch, seq=batch.seq, offset=offset)
        self._next_within[shard] = batch.next_within
        changed = self._seen[shard].apply(batch.facts)
        self._tell(changed)
        return changed

    def shard(self, pool: str) -> int:
        """Where a pool lives."""
        return shard_of(pool, self.shards)

    def position(self, shard: int) -> Because | None:
        """The last batch that was taken in; None before the first."""
        position = self._positions[shard]
        return None if position is NOWHERE else position

    def view(self, key: AgentKey) -> AgentView | None:
        """The agent as they stand; None when they were never seen."""
        return self._seen[self.shard(key[0])].views.get(key)

    def caught_up(self, shard: int) -> bool:
        """Whether the shard's decisions were read to their end, and there were any."""
        return (
            self._following is not None and self._following.caught_up(shard) and self._positions[shard] is not NOWHERE
        )

    def views(self) -> Iterator[AgentView]:
        """Every agent of every shard."""
        for seen in self._seen:
            yield from seen.views.values()

    def stale_seconds(self, shard: int) -> float:
        """How long the shard has been silent when that is too long, else 0."""
        silent = self._following.silent_seconds(shard) if self._following else 0.0
        return silent if silent > max(SHORTEST_SILENCE_SECONDS, 2 * self._next_within[shard]) else 0.0

    def require_current(self, shard: int) -> None:
        """Raise Behind while what this edge knows of the shard may be old."""
        if not self.caught_up(shard):
            raise Behind("this replica still reads the decisions")
        if stale := self.stale_seconds(shard):
            raise Behind(f"nothing was decided for {stale:.0f} s")

    def require_planned(self, key: AgentKey) -> None:
        """Raise Refused unless the plan in force names the agent; Behind before that can be known."""
        pool, agent_id = key
        shard = self.shard(pool)
        self.require_current(shard)
        planned = self._seen[shard].planned.get(pool)
        if planned is None:
            raise Refused("UNKNOWN_POOL", f"no plan names the pool {pool!r}")
        if agent_id not in planned:
            raise Refused("UNKNOWN_AGENT", f"the plan of {pool} names no agent {agent_id!r}")

    async def require_session(self, key: AgentKey, session_id: str) -> AgentView:
        """The agent, once this session is seen to be theirs; one just opened has 3 s to show. Raises Refused."""
        if standing(self.view(key), session_id) is Standing.UNSEEN:
            self.require_current(self.shard(key[0]))
        found = await self.until(
            key, lambda view: standing(view, session_id) is not Standing.UNSEEN, SESSION_WAIT_SECONDS
        )
        match standing(found, session_id):
            case Standing.CURRENT if found:
                return found
            case Standing.SUPERSEDED:
                raise Refused("SESSION_SUPERSEDED")
            case _:
                self.require_current(self.shard(key[0]))
                raise Refused("SESSION_SUPERSEDED" if found and found.session_id else "SESSION_ENDED")

    async def watch_silence(self, tell: Callable[[int, float], None]) -> None:
        """For ever: say how long a shard is silent, when that begins, every 10 s, and 0 when it is over."""
        told: dict[int, int] = {}
        while True:
            for shard in range(self.shards):
                # Before the first decision the silence is endless; nobody needs to hear of more than a day.
                stale = min(self.stale_seconds(shard), LONGEST_TOLD_SECONDS)
                step = int(stale // TELL_AGAIN_SECONDS) + 1 if stale else 0
                if step != told.get(shard, 0):
                    told[shard] = step
                    tell(shard, stale)
            await asyncio.sleep(SILENCE_POLL_SECONDS)

    def trouble(self) -> str | None:
        """One sentence when this edge is behind, for a health check."""
        reading = [shard for shard in range(self.shards) if not self.caught_up(shard)]
        if reading:
            return f"still waits for the decisions of shards {_list(reading)}: is routing up?"
        silent = [shard for shard in range(self.shards) if self.stale_seconds(shard)]
        if silent:
            return f"nothing is decided in shards {_list(silent)}: is routing up, and Kafka within reach?"
        return None

    async def until(
        self, key: AgentKey, condition: Callable[[AgentView | None], bool], limit: float
    ) -> AgentView | None:
        """The agent as soon as the condition holds, or as they are after `limit` seconds."""
        if condition(self.view(key)):
            return self.view(key)
        holds = asyncio.Event()

        def look(view: AgentView) -> None:
            if condition(view):
                holds.set()

        self.watch(key, look)
        try:
            async with asyncio.timeout(limit):
                await holds.wait()
        except TimeoutError:
            pass
        finally:
            self.unwatch(key, look)
        return self.view(key)

    def watch(self, key: AgentKey, watcher: Watcher) -> None:
        """Call the watcher whenever the agent looks different, until unwatch."""
        self._watchers[key].append(watcher)

    def unwatch(self, key: AgentKey, watcher: Watcher) -> None:
        """Call the watcher no more."""
        watchers = self._watchers[key]
        watchers.remove(watcher)
        if not watchers:
            del self._watchers[key]

    def _tell(self, views: Mapping[AgentKey, AgentView]) -> None:
        for key in views.keys() & self._watchers.keys():
            for watcher in tuple(self._watchers[key]):
                watcher(views[key])


def _position(manifest: SnapshotManifest) -> Because:
    return Because(epoch=manifest.epoch, seq=manifest.seq, offset=manifest.next_offset - 1)


def _list(shards: Iterable[int]) -> str:
    return ", ".join(str(shard) for shard in shards)


async def shard_count(ledger: Ledger) -> int:
    """How many shards there are; waits while the ledger is away, for the process is there before its broker."""
    told = False
    while True:
        try:
            return await ledger.partitions(DECISIONS)
        except LedgerUnavailable as problem:
            if not told:
                log.warning("waiting for the ledger: %s; is Kafka up at KINDLINE_KAFKA?", problem)
                told = True
            await asyncio.sleep(SILENCE_POLL_SECONDS)
