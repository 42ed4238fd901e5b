"""Two routing processes on a real broker: an event is offered, and a standby goes on when the owner hangs."""

import asyncio
import threading
import time

import pytest

from kindline.language.facts import OfferIssued
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.owned.core import OwnedSettings
from tests.kafka import MakeCluster
from tests.service.routing_shard.routers import SHARD, SHARDS, Router, amy_is_available, chat, publish, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.alone]

LIVELY = OwnedSettings(quiet_heartbeat_seconds=0.5)
TAKEOVER_SECONDS = 4.0
HANGS_SECONDS = 7.0


class OtherProcess:
    """A router on a loop and a thread of its own, which can hang while its Kafka threads go on."""

    def __init__(self, address: str) -> None:
        """Start it."""
        self._address = address
        self.loop = asyncio.new_event_loop()
        self.router: Router
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def owns(self) -> bool:
        """Whether it owns every shard."""
        return hasattr(self, "router") and len(self.router.shards.owned()) == SHARDS

    def hang(self) -> None:
        """Do nothing for a while, as an engine in an endless loop does."""
        self.loop.call_soon_threadsafe(time.sleep, HANGS_SECONDS)

    def end(self) -> None:
        """Stop cleanly."""
        self.loop.call_soon_threadsafe(self.router.shards.stop)
        self._thread.join(20)

    def _run(self) -> None:
        self.loop.run_until_complete(self._work())
        self.loop.close()

    async def _work(self) -> None:
        ledger = KafkaLedger(self._address, "first")
        self.router = Router(ledger, name="first", settings=LIVELY)
        await self.router.shards.run()
        await ledger.close()


async def test_a_standby_goes_on_within_four_seconds_when_the_owner_hangs(kafka_cluster: MakeCluster) -> None:
    """The hung owner still counts for the group, but its silence gives it away, and what it writes later is ignored."""
    kafka = kafka_cluster(1)
    ensure_topics(kafka.bootstrap, partitions=SHARDS)
    first, ledger = OtherProcess(kafka.bootstrap), KafkaLedger(kafka.bootstrap, "second")
    await until(first.owns, 30.0)
    await amy_is_available(ledger)
    second = Router(ledger, name="second", settings=LIVELY)
    async with second.running():
        await publish(ledger, chat("visitor-1"), "event-1")
        await until(lambda: second.has(OfferIssued), 20.0)
        await until(lambda: len(first.router.shards.owned()) == len(second.shards.owned()) == 1, 20.0)
        [victim] = first.router.shards.owned()
        first.hang()
        hung_at = time.monotonic()
        await until(lambda: victim in second.shards.owned(), 10.0)
        assert time.monotonic() - hung_at < TAKEOVER_SECONDS
        await publish(ledger, chat("visitor-2"), "event-2")
        await until(lambda: len(list(second.shards.engine(SHARD).interactions())) == 2, 10.0)
        await asyncio.sleep(max(0.0, hung_at + HANGS_SECONDS + 1.0 - time.monotonic()))
        assert first.router.shards.counts["stand_downs"] >= 1
        await asyncio.to_thread(first.end)
    await ledger.close()
    told = {(shard, batch.seq): batch for shard, batch, _ in second.told}
    assert all(told.get((shard, batch.seq), batch) == batch for shard, batch, _ in first.router.told)
