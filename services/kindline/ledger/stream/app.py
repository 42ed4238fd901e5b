"""Builds the Faust app of a stream room: every default that loses, hides or exposes something is set here.

Built in a function and never at import, because an app belongs to one event loop and cannot be started twice: whoever
wants another try builds another app.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, cast

import faust
from faust.tables import Table
from faust.types import EventT, StreamT
from faust.types.transports import TransportT

from kindline.ledger.stream.consumer import LedgerTransport
from kindline.ledger.stream.projection import Projection
from kindline.ledger.stream.recovery import OrderedTableManager
from kindline.ledger.stream.seam import Content, StreamRoom, StreamSettings

REQUEST_LIMIT = 30.0


class LedgerApp(faust.App):
    """A Faust app on the ledger's own consumer and producer."""

    def _new_transport(self) -> TransportT:
        return LedgerTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> TransportT:
        return LedgerTransport(self.conf.broker_producer, self)


class BuiltStream(Generic[Content]):
    """A room's app and its state, built but not started; good for one start."""

    def __init__(self, app: LedgerApp, projection: Projection[Content]) -> None:
        """Keep both."""
        self.app, self.projection = app, projection


def build_app(room: StreamRoom[Content], settings: StreamSettings) -> BuiltStream[Content]:
    """Build the app of a room and make its data directory; needs no broker yet, but must run on the event loop."""
    Path(settings.data_dir, room.name).mkdir(parents=True, exist_ok=True)
    projection = Projection(room, settings)
    app = LedgerApp(room.name, **_options(room, settings, _table_manager(projection)))
    table = _table(app, room, settings, projection)
    projection.attach(app, table)
    source = app.topic(
        room.source, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True
    )

    @app.agent(source, name=f"{room.name}.fold", concurrency=1)
    async def fold(stream: StreamT[bytes]) -> None:
        """Hand every record to the projection."""
        async for event in stream.events():
            await projection.take(event)

    async def tend() -> None:
        """Commit and republish until the app stops."""
        while not app.should_stop:
            try:
                await projection.tend()
            except Exception as broken:  # noqa: BLE001 - a commit that fails leaves a state only a restart can name
                await app.crash(broken)
                return
            await app.sleep(settings.commit_every)

    app.task(tend)
    return BuiltStream(app, projection)


def _table_manager(projection: Projection[Any]) -> type[OrderedTableManager]:
    """Give the table manager class that knows this projection: Faust makes the instance itself."""

    class TableManager(OrderedTableManager):
        positions = projection

    return TableManager


def _options(
    room: StreamRoom[Any], settings: StreamSettings, table_manager: type[OrderedTableManager]
) -> Mapping[str, Any]:
    """Say what differs from Faust's defaults, and no more."""
    return {
        "broker": [f"aiokafka://{address}" for address in settings.brokers],
        "store": settings.store,
        "datadir": str(Path(settings.data_dir) / room.name),
        "TableManager": table_manager,
        "processing_guarantee": "at_least_once",
        "key_serializer": "raw",
        "value_serializer": "raw",
        "topic_replication_factor": settings.replication_factor,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,  # A standby loses changelog records whenever the flow stops.
        "stream_wait_empty": False,
        "stream_buffer_maxsize": 4096,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": settings.session_timeout / 4,
        "broker_request_timeout": REQUEST_LIMIT,
        "broker_commit_interval": 1.0,
        "producer_request_timeout": REQUEST_LIMIT,
        "producer_max_request_size": 8 * 1024 * 1024,
        "consumer_auto_offset_reset": "earliest",  # For changelogs; a source that jumps is noticed and rebuilt.
        "web_enabled": False,
        "autodiscover": False,
    }


def _table(
    app: LedgerApp, room: StreamRoom[Any], settings: StreamSettings, projection: Projection[Any]
) -> Table[bytes, bytes]:
    """Make the one table, on the changelog topic that `kindline topics` has made."""

    async def saw(event: EventT[Any]) -> None:
        projection.saw_changelog(event)

    options = (
        {"block_cache_size": settings.block_cache, "write_buffer_size": settings.write_buffer}
        if settings.store.startswith("rocksdb")
        else None
    )
    changelog = app.topic(
        room.changelog,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
        internal=True,
        compacting=True,
        allow_empty=True,
    )
    table = app.Table(
        room.changelog,
        key_type=bytes,
        value_type=bytes,
        changelog_topic=changelog,
        options=options,
        on_changelog_event=saw,
    )
    return cast("Table[bytes, bytes]", table)
