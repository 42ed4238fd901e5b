"""A stream worker for fault tests, run as a child process: a room whose fold would show every lost or doubled record.

Every input raises a counter of its entity and the partition's total, and is published again as one output. With
`--mode stock` Faust as it comes does the same, to measure what the corrected recovery saves; no test runs that.
"""

import argparse
import asyncio
import logging
import signal
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import faust
from faust.types import StreamT

from kindline.language.reading import Reading
from kindline.ledger.port import Record
from kindline.ledger.stream import Judged, Output, Standing, StreamRoom, StreamSettings, run_stream

TOTAL = b"total"


class CountingFold:
    """Counts per entity; folding any input twice, or never, shows in the rows."""

    def __init__(self, outputs: str, partition: int) -> None:
        """Publish to the topic `outputs`, same partition."""
        self._outputs, self._partition = outputs, partition

    def fold(self, rows: MutableMapping[bytes, bytes], record: Record, content: bytes) -> Sequence[Output]:
        """Count one input; every fifth time an entity is closed and begins again, so that rows are deleted too."""
        count_input(rows, content)
        return [Output(self._outputs, content.split()[1], content, self._partition)]

    def republish(self, rows: Mapping[bytes, bytes]) -> Sequence[Output]:
        """Publish nothing again."""
        return ()


def count_input(rows: MutableMapping[bytes, bytes], content: bytes) -> None:
    """Fold one input into the rows; the same for the worker and for the plain fold it is compared with."""
    seq, entity = content.split()
    rows[TOTAL] = b"%d" % (int(rows.get(TOTAL, b"0")) + int(seq))
    count = int(rows.get(entity, b"0")) + 1
    if count % 5:
        rows[entity] = b"%d" % count
    else:
        rows.pop(entity, None)
        rows[b"closed " + entity] = b"%d" % (int(rows.get(b"closed " + entity, b"0")) + 1)


def read_input(reading: Reading | None, record: Record) -> Judged[bytes]:
    """Judge by seq alone: next counts, older is a repeat, later is a gap."""
    before = reading or Reading(1, "test", 0)
    content = record.value or b""
    seq = int(content.split()[0])
    if seq <= before.seq:
        return Judged(Standing.IGNORED, before)
    if seq > before.seq + 1:
        return Judged(Standing.GAP, before)
    return Judged(Standing.COUNTS, Reading(1, "test", seq), content)


def counting_room(name: str) -> StreamRoom[bytes]:
    """Name the room's topics after the room."""
    return StreamRoom(
        name=name,
        source=f"{name}.inputs",
        changelog=f"{name}-rows-changelog",
        read=read_input,
        open_fold=lambda partition, _rows: CountingFold(f"{name}.outputs", partition),
    )


async def work(arguments: argparse.Namespace) -> None:
    """Run the room until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if arguments.mode == "stock":
        await work_stock(arguments, stop)
        return
    settings = StreamSettings(
        brokers=(arguments.brokers,),
        replication_factor=1,
        data_dir=arguments.data_dir,
        store=arguments.store,
        session_timeout=arguments.session_timeout,
    )
    await run_stream(counting_room(arguments.room), settings, stop, lambda _built: print("started", flush=True))


async def work_stock(arguments: argparse.Namespace, stop: asyncio.Event) -> None:
    """Do the same counting with stock Faust: a table, an agent, committed offsets."""
    name = arguments.room
    app = faust.App(
        name,
        broker=f"aiokafka://{arguments.brokers}",
        store="memory://",
        datadir=arguments.data_dir,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        broker_session_timeout=arguments.session_timeout,
        broker_heartbeat_interval=arguments.session_timeout / 4,
        broker_commit_interval=0.2,
        web_enabled=False,
    )
    raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    changelog = app.topic(f"{name}-rows-changelog", acks=False, internal=True, compacting=True, allow_empty=True, **raw)
    table = app.Table("rows", key_type=bytes, value_type=bytes, changelog_topic=changelog)
    outputs = app.topic(f"{name}.outputs", **raw)

    @app.agent(app.topic(f"{name}.inputs", **raw))
    async def fold(stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            partition, entity = event.message.partition, event.value.split()[1]
            key = b"%d %s" % (partition, entity)
            table[key] = b"%d" % (int(table.get(key) or b"0") + 1)
            await outputs.send(key=entity, value=event.value, partition=partition)

    app.finalize()
    await app.start()
    print("started", flush=True)
    await stop.wait()
    await app.stop()


def main() -> None:
    """Read the arguments and work."""
    parser = argparse.ArgumentParser()
    for name in ("--room", "--brokers", "--data-dir"):
        parser.add_argument(name, required=True)
    parser.add_argument("--store", default="memory://")
    parser.add_argument("--mode", default="ours")
    parser.add_argument("--session-timeout", type=float, default=10.0)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
