"""What is sent when: an output arrives before the position that covers it is written, and a row before it is kept."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from kindline.ledger.stream import StreamSettings
from kindline.ledger.stream.projection import Projection
from tests.contract.stream.test_shard import ROOM, number

NUMBERS = TP("numbers", 0)


class SlowBroker:
    """Takes every record at once and acknowledges only when told to."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.sent: list[str] = []
        self.unacknowledged: list[asyncio.Future[Any]] = []
        self.kept: list[Any] = []
        self.crashes: list[BaseException] = []

    async def send(self, topic: str, *_: object) -> asyncio.Future[Any]:
        """Take one record."""
        self.sent.append(topic)
        self.unacknowledged.append(asyncio.get_running_loop().create_future())
        return self.unacknowledged[-1]

    async def acknowledge(self, refused: Exception | None = None) -> None:
        """Acknowledge, or refuse, all that was taken so far."""
        taken, self.unacknowledged = self.unacknowledged, []
        for offset, future in enumerate(taken):
            if refused is None:
                future.set_result(SimpleNamespace(offset=offset))
            else:
                future.set_exception(refused)
        await turns()

    async def crash(self, reason: BaseException) -> None:
        """Note that the app was ended."""
        self.crashes.append(reason)

    async def earliest_offsets(self, *tps: TP) -> Mapping[TP, int]:
        """The log is whole."""
        return dict.fromkeys(tps, 0)

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        """The log is long."""
        return dict.fromkeys(tps, 1_000)

    def highwater(self, _tp: TP) -> int:
        """The log is long."""
        return 1_000


async def turns() -> None:
    """Let everybody else go on until they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


async def projection_on(broker: SlowBroker) -> Projection[bytes]:
    """A projection that holds one empty partition."""
    projection = Projection(ROOM, StreamSettings(brokers=("nowhere",), replication_factor=1, data_dir="."))
    app = SimpleNamespace(producer=broker, consumer=broker, consumer_generation_id=0, crash=broker.crash)
    table = SimpleNamespace(data=SimpleNamespace(data={}), apply_changelog_batch=broker.kept.extend)
    projection.attach(cast("Any", app), cast("Any", table))
    assert await projection.load(frozenset({NUMBERS})) == {NUMBERS: 0}
    return projection


def event(offset: int) -> Any:  # noqa: ANN401 - a stand-in for Faust's event
    """The number 5, as Faust hands it to an agent."""
    record = number(offset, b"5")
    message = SimpleNamespace(
        topic="numbers",
        partition=0,
        offset=offset,
        timestamp=record.appended_at,
        key=None,
        value=b"5",
        headers=None,
        generation_id=0,
    )
    return SimpleNamespace(message=message)


async def test_the_position_is_written_only_after_the_outputs_have_arrived() -> None:
    """A worker killed at any moment sends an answer again rather than never."""
    broker = SlowBroker()
    projection = await projection_on(broker)
    await projection.take(event(0))
    committing = asyncio.create_task(projection.tend())
    await turns()
    assert broker.sent == ["sums"]
    await broker.acknowledge()
    assert set(broker.sent[1:]) == {ROOM.changelog}
    assert broker.kept == []
    await broker.acknowledge()
    await committing
    assert [kept.message.offset for kept in broker.kept] == [0, 1, 2, 3]


async def test_nothing_is_folded_while_a_commit_is_under_way() -> None:
    """What is written as one commit is the state of one moment."""
    broker = SlowBroker()
    projection = await projection_on(broker)
    await projection.take(event(0))
    committing = asyncio.create_task(projection.tend())
    await turns()
    next_one = asyncio.create_task(projection.take(event(1)))
    await turns()
    assert projection.shards()[0].rows[b"sum"] == b"5"
    await broker.acknowledge()
    await broker.acknowledge()
    await asyncio.gather(committing, next_one)
    assert projection.shards()[0].rows[b"sum"] == b"10"


async def test_a_rebalance_in_the_middle_of_a_commit_leaves_the_local_state_alone() -> None:
    """Rows of a partition that was given away are not kept by the worker that gave it away."""
    broker = SlowBroker()
    projection = await projection_on(broker)
    await projection.take(event(0))
    committing = asyncio.create_task(projection.tend())
    await turns()
    projection.forget()
    await broker.acknowledge()
    await committing
    assert broker.sent == ["sums"]
    assert broker.kept == []


async def test_rows_that_arrive_after_the_partition_is_gone_are_not_kept() -> None:
    """What was written in the moment of a rebalance is left to the changelog, which the next owner replays."""
    broker = SlowBroker()
    projection = await projection_on(broker)
    await projection.take(event(0))
    committing = asyncio.create_task(projection.tend())
    await turns()
    await broker.acknowledge()
    projection.forget()
    await broker.acknowledge()
    await committing
    assert ROOM.changelog in broker.sent
    assert broker.kept == []


async def test_a_refused_output_is_an_error_and_no_position_is_written() -> None:
    """When the broker refuses an answer, the worker ends loudly and the event is folded again."""
    broker = SlowBroker()
    projection = await projection_on(broker)
    await projection.take(event(0))
    committing = asyncio.create_task(projection.tend())
    await turns()
    await broker.acknowledge(refused=OSError("too large"))
    with pytest.raises(OSError, match="too large"):
        await committing
    assert broker.sent == ["sums"]
