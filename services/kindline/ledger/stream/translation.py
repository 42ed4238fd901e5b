"""Between Faust's words and the ledger's: its events as our records, its stores as plain rows."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from faust.tables import Table
from faust.types import EventT

from kindline.ledger.port import Headers, Partition, Record


def record_of(event: EventT[Any]) -> Record:
    """Give the record that an event carries."""
    message = event.message
    return Record(
        Partition(message.topic, message.partition),
        message.offset,
        float(message.timestamp or 0.0),
        message.key,
        message.value,
        _headers(message.headers),
    )


def _headers(headers: Any) -> Headers:
    if not headers:
        return ()
    return tuple(headers.items()) if isinstance(headers, Mapping) else tuple((name, value) for name, value in headers)


def stored_rows(table: Table[bytes, bytes], partition: int) -> Iterable[tuple[bytes, bytes]]:
    """Read what the local store holds of a partition, and perhaps of others.

    The store is asked directly: Faust's own reading wants a current event, and outside an agent there is none.
    """
    store = cast("Any", table.data)
    if hasattr(store, "_db_for_partition"):
        items = store._visible_items(store._db_for_partition(partition))  # noqa: SLF001 - see above
    else:
        items = list(store.data.items())
    return cast("Iterable[tuple[bytes, bytes]]", items)
