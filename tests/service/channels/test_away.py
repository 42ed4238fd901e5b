"""Real Kafka goes away for a while: nobody is told that something is stored which is not, and nothing is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kindline.channels.adapters.settings import ChannelSettings
from kindline.channels.service import Channels, build
from kindline.language.ids import shard_of
from kindline.ledger import topics
from kindline.ledger.envelope import read_envelope
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.port import Partition, Record
from kindline.runtime.on import On
from kindline.runtime.settings import ProcessSettings
from tests.domain.channels.given import CHAT, HOOK, POOL, plan_adopted
from tests.kafka import MakeCluster
from tests.service.channels.room import SECRET, Owner, Page, connected, until
from tests.service.channels.test_web_hooks import KEYS, send, signed

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SHARDS = 2
ENDPOINT = f"{POOL}/{HOOK}"


@contextlib.asynccontextmanager
async def channels_on(bootstrap: str) -> AsyncIterator[tuple[Channels, KafkaLedger]]:
    """Channels on real Kafka, with a plan in force."""
    await asyncio.to_thread(ensure_topics, bootstrap, partitions=SHARDS)
    ledger = KafkaLedger(bootstrap, "channels-test")
    owner = Owner(ledger, SHARDS)
    await owner.claim()
    await owner.decide(plan_adopted())
    process = ProcessSettings(name="channels", kafka=bootstrap, drain_seconds=0.0)
    settings = ChannelSettings(process=process, port=0, token_secret=SECRET, hook_keys=KEYS)
    async with On(process) as on:
        on.closer(ledger.close)
        channels = await build(settings, process.clock, ledger, on)
        await until(lambda: channels.following.not_started() is None, 30.0)
        yield channels, ledger


async def stored(ledger: KafkaLedger) -> list[str]:
    """The ids of every event in the log, in its order."""
    partition = Partition(topics.INTERACTIONS, shard_of(POOL, SHARDS))
    end = (await ledger.bounds([partition]))[partition].end
    reader = ledger.reader({partition: 0})
    records: list[Record] = []
    async with asyncio.timeout(20.0):
        while reader.position(partition) < end:
            records += await reader.read(1.0)
    await reader.close()
    return [read_envelope(record).event_id for record in records]


async def post(channels: Channels, webhook_id: str) -> int:
    """Send one web hook; gives the status."""
    answer = await send(f"http://127.0.0.1:{channels.port}", b"{}", signed(b"{}", webhook_id=webhook_id), ENDPOINT)
    return answer.status_code


async def test_what_was_accepted_around_an_outage_is_there_exactly_once(kafka_cluster: MakeCluster) -> None:
    """While the broker hangs senders get 503 and pages 'unavailable'; after their next tries all is there once."""
    kafka = kafka_cluster(1)
    async with channels_on(kafka.bootstrap) as (channels, ledger):
        page = Page(await connected(channels.port))
        await page.tell(type="hello", pool=POOL, entry_point=CHAT)
        await page.say("before", "Hello")
        await page.hear("accepted", client_message_id="before")
        assert await post(channels, "before") == 202

        kafka.nodes[0].pause()
        statuses = await asyncio.gather(*(post(channels, f"during-{number}") for number in range(5)))
        assert set(statuses) == {503}
        await page.say("during", "Are you there?")
        await page.hear("unavailable", client_message_id="during")
        kafka.nodes[0].resume()

        async with asyncio.timeout(60.0):
            for number in range(5):
                while await post(channels, f"during-{number}") != 202:
                    await asyncio.sleep(0.5)
            heard = ""
            while heard != "accepted":
                await page.say("during", "Are you there?")
                heard = await page.hear_any("accepted", "unavailable", "slow_down")
                await asyncio.sleep(0.5)
        assert len(set(await stored(ledger))) == 2 + 5 + 1
        page.socket.transport.abort()
        await page.socket.wait_closed()
