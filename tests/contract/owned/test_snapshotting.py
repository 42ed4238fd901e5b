"""When a shard's owner writes snapshots, and how much of its loop they may take."""

import asyncio
import time

import pytest

from kindline.ledger.memory import MemoryLedger
from kindline.ledger.owned import snapshotting
from kindline.ledger.owned.core import OwnedSettings
from kindline.ledger.owned.feed import InputFeed
from kindline.ledger.owned.log import OwnedLog
from kindline.ledger.owned.means import Means
from kindline.ledger.port import Partition
from kindline.ledger.topics import INTERACTIONS
from tests.contract.owned.counting import CountingCore, decoded
from tests.contract.owned.test_rules import Clock
from tests.contract.owned.test_snapshots import rows, write
from tests.contract.owned.test_untiring import LIMIT, STAGES, until


async def test_most_of_the_loop_is_left_to_others_while_a_snapshot_is_written() -> None:
    """Whoever writes rests for longer than they work, or each step of a decision would wait for a slice of rows."""
    its = rows(10_000)
    began, worked = time.monotonic(), time.thread_time()
    await write(MemoryLedger(1), "a", 10, its)
    assert time.monotonic() - began > 2 * (time.thread_time() - worked)


async def test_a_large_state_is_not_written_again_for_a_small_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state of a hundred rows is written when a hundred facts have come, not at every ten of them."""
    monkeypatch.setattr(snapshotting, "LOOK_SECONDS", 0.001)
    ledger, clock = MemoryLedger(1), Clock()
    clock.accelerated = True
    feed = InputFeed[str](ledger, STAGES, decoded)
    means: Means[str] = Means(
        ledger=ledger, clock=clock, core_for=lambda _: CountingCore(), feed=feed, on_counted=lambda *_: None,
        member="m", settings=OwnedSettings(snapshot_facts=10, snapshot_seconds=LIMIT),
    )  # fmt: skip
    owned = OwnedLog(means, 1)
    running = [asyncio.create_task(owned.run()), asyncio.create_task(feed.run())]
    shard = owned.shards[0]
    await until(lambda: shard.facts_counted > 0)
    for number in range(110):
        already = shard.facts_counted
        await ledger.writer().append(Partition(INTERACTIONS, 0), None, str(number).encode())
        await until(lambda: shard.facts_counted > already)  # noqa: B023  # Awaited in its own round.
    assert 3 <= means.counts["snapshots"] <= 5  # After 10, 20, 40 and 80 facts, give or take a tick's.
    owned.stop()
    await asyncio.wait_for(running[0], LIMIT)
    running[1].cancel()
