"""Runs a stream room until it is told to stop, through brokers that are late, leave, or lack a topic.

Promised to a room's service: one clear log line per try, a growing pause between tries, a new app for each, and an end
within seconds of `stop`. Faust's own `app.start()` raises at once without a broker, and an app cannot start twice.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]

from kindline.ledger.stream.app import BuiltStream, build_app
from kindline.ledger.stream.quiet import quiet_libraries
from kindline.ledger.stream.seam import Content, StreamRoom, StreamSettings

log = logging.getLogger("kindline.ledger.stream")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
ASK_LIMIT, STOP_LIMIT = 5.0, 15.0
STEADY_AFTER = 60.0


class TopicsNotReady(RuntimeError):
    """A topic is missing, or source and changelog differ in partitions; `kindline topics` mends it."""


async def run_stream(
    room: StreamRoom[Content],
    settings: StreamSettings,
    stop: asyncio.Event,
    started: Callable[[BuiltStream[Content]], None] = lambda _built: None,
) -> None:
    """Run the room until `stop` is set. `started` is called after every start, for readiness and metrics."""
    quiet_libraries()
    loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
    while not stop.is_set():
        began = loop.time()
        try:
            await check_topics(room, settings)
            await _run_once(room, settings, stop, started)
        except Exception as failed:  # noqa: BLE001 - whatever it was, the next try is the answer, and it is said aloud
            if stop.is_set():
                return
            pause = FIRST_PAUSE if loop.time() - began > STEADY_AFTER else pause
            log.error(  # noqa: TRY400 - one clear line for the operator; Faust has logged the trace
                "%s stopped and tries again in %.1f s: %s: %s", room.name, pause, type(failed).__name__, failed
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(LONGEST_PAUSE, pause * 2)


async def check_topics(room: StreamRoom[Any], settings: StreamSettings) -> int:
    """Ask the broker for both topics and give their number of partitions.

    Raises TopicsNotReady, or what the client raises when no broker answers within 5 s.
    """
    client = AIOKafkaClient(bootstrap_servers=list(settings.brokers), request_timeout_ms=int(ASK_LIMIT * 1000))
    try:
        await asyncio.wait_for(client.bootstrap(), ASK_LIMIT)
        cluster = await asyncio.wait_for(client.fetch_all_metadata(), ASK_LIMIT)
        counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in (room.source, room.changelog)}
    finally:
        await client.close()
    missing = [topic for topic, count in counts.items() if not count]
    if missing:
        raise TopicsNotReady(f"no topic {' and no topic '.join(missing)}; run `kindline topics`")
    if len(set(counts.values())) > 1:
        raise TopicsNotReady(f"{counts}: the number of partitions must be the same; run `kindline topics`")
    return counts[room.source]


async def _run_once(
    room: StreamRoom[Content],
    settings: StreamSettings,
    stop: asyncio.Event,
    started: Callable[[BuiltStream[Content]], None],
) -> None:
    """Start one app and stay with it until it crashes (what crashed it is raised) or `stop` is set."""
    built = build_app(room, settings)
    app = built.app
    try:
        app.finalize()
        await app.start()
        log.info("%s reads %s", room.name, room.source)
        started(built)
        stopping = asyncio.ensure_future(stop.wait())
        crashed = asyncio.ensure_future(app.wait_until_stopped())
        try:
            await asyncio.wait({stopping, crashed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            crashed.cancel()
        if not stop.is_set():
            raise app.crash_reason or RuntimeError("Faust stopped by itself")
    finally:
        await _stop(built)


async def _stop(built: BuiltStream[Any]) -> None:
    """Commit what is folded, then stop the app; a stop that hangs is left behind after 15 s."""
    with suppress(Exception):
        if not built.app.crashed:
            await asyncio.wait_for(built.projection.tend(), STOP_LIMIT)
    try:
        await asyncio.wait_for(built.app.stop(), STOP_LIMIT)
    except Exception as unclean:  # noqa: BLE001 - the process goes on, or ends, either way
        log.warning("%s did not stop cleanly: %s: %s", built.app.conf.id, type(unclean).__name__, unclean)
