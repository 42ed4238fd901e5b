"""Reads the decisions for those who are told by web hook, from the place that was committed.

Promises that each shard is read by one replica of a group, by the reading rule, and that the committed place moves only
past what was delivered or given up; so a restart repeats some web hooks under their old ids and loses none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection

from kindline.channels.adapters.following import Following
from kindline.channels.adapters.hook_out import Addresses
from kindline.channels.adapters.metrics import Numbers
from kindline.channels.domain.notices import Notice, Notices
from kindline.channels.domain.progress import Progress, progress
from kindline.language.log import DecisionBatch
from kindline.language.reading import LevelTooHigh, Reading, Verdict, read
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable, UnknownFact
from kindline.ledger.port import Ledger, LedgerUnavailable, Membership, OutsideLog, Partition, Record

GROUP = "kindline-web-hooks"
READ_SECONDS = 1.0
SHARE_SECONDS = 1.0
COMMIT_SECONDS = 5.0
LAST_COMMIT_SECONDS = 2.0
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class NoticeLog:
    """One task per shard that the group gives to this replica and in which one of the endpoints lives."""

    def __init__(
        self,
        ledger: Ledger,
        following: Following,
        endpoints: Collection[str],
        addresses: Addresses,
        numbers: Numbers,
    ) -> None:
        """Tell these endpoints of their interactions."""
        self._ledger = ledger
        self._following = following
        self._endpoints = endpoints
        self._shards = frozenset(following.shard(endpoint.rpartition("/")[0]) for endpoint in endpoints)
        self._addresses = addresses
        self._numbers = numbers
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._notices: dict[int, Notices] = {}

    async def run(self) -> None:
        """Take part in the group for ever."""
        membership = await self._joined()
        try:
            while True:
                await self._share(membership)
                self._numbers.notices_waiting.set(sum(notices.waiting for notices in self._notices.values()))
                await asyncio.sleep(SHARE_SECONDS)
        finally:
            await self._drop(set(self._tasks))
            await membership.close()

    async def _joined(self) -> Membership:
        while True:
            try:
                return await self._ledger.join(GROUP, topics.DECISIONS)
            except LedgerUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _share(self, membership: Membership) -> None:
        assigned = membership.assigned() & self._shards
        await self._drop(self._tasks.keys() - assigned)
        for shard in assigned - self._tasks.keys():
            self._tasks[shard] = asyncio.create_task(self._keep_telling(membership, shard))
        for task in self._tasks.values():
            if task.done():
                task.result()

    async def _drop(self, shards: Collection[int]) -> None:
        tasks = [self._tasks.pop(shard) for shard in tuple(shards)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_telling(self, membership: Membership, shard: int) -> None:
        lost = False
        while True:
            try:
                await self._tell(membership, shard, await self._begin(membership, shard, lost=lost))
            except LedgerUnavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except OutsideLog:
                # What lay between is gone for good; saying so loudly is all that is left.
                lost = True
                self._numbers.rebuilds.labels("web_hooks_outside_log").inc()
                log.error("shard %d: decisions were trimmed before their web hooks were sent", shard)  # noqa: TRY400
            except (Undecodable, UnknownFact, LevelTooHigh):
                # Nothing is skipped: this shard waits for a version that understands, the others go on.
                log.exception("shard %d: no web hooks are sent any more", shard)
                return

    async def _begin(self, membership: Membership, shard: int, *, lost: bool) -> Progress:
        committed = await membership.committed(shard)
        found = progress(*committed) if committed and not lost else None
        if found is None:
            found = await self._now(shard)
            await self._commit(membership, shard, found)
        return found

    async def _now(self, shard: int) -> Progress:
        """Where the shard stands now: an address is told of what happens after it was named."""
        follower = self._following.follower
        while not follower.caught_up(shard):  # noqa: ASYNC110 - the follower wakes nobody.
            await asyncio.sleep(RETRY_SECONDS / 10)
        offset = follower.next_offset(shard)
        return Progress(offset, follower.reading(shard), offset)

    async def _tell(self, membership: Membership, shard: int, begin: Progress) -> None:
        notices = self._notices[shard] = Notices(shard, self._endpoints)
        partition = Partition(topics.DECISIONS, shard)
        reader = self._ledger.reader({partition: begin.offset})
        reading, committed, reached_to = begin.reading, begin, begin.offset
        loop = asyncio.get_running_loop()
        next_commit = loop.time() + COMMIT_SECONDS
        try:
            while True:
                for record in await reader.read(READ_SECONDS):
                    before = reading
                    reading, batch = _counted(before, record)
                    if batch is not None:
                        for notice in notices.apply(batch, record.offset, before):
                            await self._pass_on(notices, notice, record, begin)
                    reached_to = record.offset + 1
                reached = notices.progress(reached_to, reading)
                if reached != committed and loop.time() >= next_commit:
                    next_commit = loop.time() + COMMIT_SECONDS
                    with contextlib.suppress(LedgerUnavailable):
                        await self._commit(membership, shard, reached)
                        committed = reached
        finally:
            await reader.close()
            # A clean stop leaves nothing to repeat; if this last word does not get through, some is repeated.
            with contextlib.suppress(LedgerUnavailable, TimeoutError):
                async with asyncio.timeout(LAST_COMMIT_SECONDS):
                    await self._commit(membership, shard, notices.progress(reached_to, reading))

    async def _pass_on(self, notices: Notices, notice: Notice, record: Record, begin: Progress) -> None:
        if record.offset < begin.delivered_to:
            notices.settled(notice)
        else:
            await self._addresses.put(notice, lambda: notices.settled(notice))

    async def _commit(self, membership: Membership, shard: int, reached: Progress) -> None:
        await membership.commit({shard: (reached.offset, reached.note())})


def _counted(reading: Reading, record: Record) -> tuple[Reading, DecisionBatch | None]:
    """The reading after a record, and its batch if that counts. Raises Undecodable, UnknownFact, LevelTooHigh."""
    if record.value is None:
        return reading, None
    try:
        decision = codec.decode_decision(record.value)
    except UnknownFact as unknown:
        if read(reading, unknown.batch)[1] is Verdict.IGNORED:
            return reading, None
        raise
    after, verdict = read(reading, decision)
    if verdict is Verdict.COUNTS and isinstance(decision, DecisionBatch):
        return after, decision
    return after, None
