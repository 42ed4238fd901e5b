"""How one partition's state lies in the table, so that a worker killed at any moment leaves a state that can be read.

A commit changes several rows and the changelog has no transactions. So each commit appends, in this order: a journal
row holding the whole change, the rows themselves, and last the reading row that says how far the log is folded. A
journal ahead of the reading row is a commit that was cut short: its changes are absolute values, so applying them again
ends it. Without it a row could be one record ahead of its neighbours, and folding that record again would count twice.
"""

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from kindline.language.reading import Reading

_PREFIX = Struct(">IB")
_READING = Struct(">BqqqH16s")
_LENGTHS = Struct(">Ii")
_ROW, _JOURNAL, _LAST = 0, 1, 2
_VERSION = 1
_NO_EPOCH = -1


class UnreadableRow(ValueError):
    """A row of the table has a shape that this version does not know; the partition must be rebuilt."""


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """How far a partition is folded: the rule's reading (or nothing yet), the next offset, 16 bytes of the writer.

    `rebuilding` says that the rows are being thrown away: whoever loads them must go on doing so.
    """

    reading: Reading | None
    next_offset: int
    writer: bytes
    rebuilding: bool = False

    def encode(self) -> bytes:
        """Write the row as bytes."""
        epoch, owner, seq = (
            (_NO_EPOCH, b"", 0)
            if self.reading is None
            else (
                self.reading.epoch,
                self.reading.owner.encode(),
                self.reading.seq,
            )
        )
        head = _READING.pack(_VERSION << 1 | self.rebuilding, epoch, seq, self.next_offset, len(owner), self.writer)
        return head + owner

    @classmethod
    def decode(cls, value: bytes) -> "ReadingRow":
        """Read the row, or raise UnreadableRow."""
        if len(value) < _READING.size:
            raise UnreadableRow("reading row is too short")
        flags, epoch, seq, next_offset, owner_length, writer = _READING.unpack_from(value)
        owner = value[_READING.size :]
        if flags >> 1 != _VERSION or len(owner) != owner_length:
            raise UnreadableRow("reading row of another version")
        reading = None if epoch == _NO_EPOCH else Reading(epoch, owner.decode(), seq)
        return cls(reading, next_offset, writer, bool(flags & 1))


class Change(NamedTuple):
    """One write to the table: an absolute value, or None to delete."""

    key: bytes
    value: bytes | None


def row_key(partition: int, key: bytes) -> bytes:
    """Name a row in the table; the partition is in it because the memory store keeps all partitions in one dict."""
    return _PREFIX.pack(partition, _ROW) + key


def reading_key(partition: int) -> bytes:
    """Name the partition's reading row in the table."""
    return _PREFIX.pack(partition, _LAST)


def journal_key(partition: int) -> bytes:
    """Name the partition's journal row in the table."""
    return _PREFIX.pack(partition, _JOURNAL)


def is_reading_key(key: bytes) -> bool:
    """Tell a reading row from the others by its name in the table."""
    return len(key) == _PREFIX.size and _PREFIX.unpack(key)[1] == _LAST


def is_row_of(partition: int, key: bytes) -> bool:
    """Tell the rows of a partition's state from its journal, its reading row and other partitions' rows."""
    return _PREFIX.unpack_from(key) == (partition, _ROW)


def encode_commit(partition: int, changes: list[Change], reading: ReadingRow) -> list[Change]:
    """Lay out one commit as table writes, in the order in which they must reach the changelog."""
    last = Change(reading_key(partition), reading.encode())
    if not changes:
        return [last]
    journal = Change(journal_key(partition), _encode_journal(reading, changes))
    return [journal, *(Change(row_key(partition, key), value) for key, value in changes), last]


def _encode_journal(reading: ReadingRow, changes: list[Change]) -> bytes:
    """Put the whole commit in one value."""
    row = reading.encode()
    parts = [_LENGTHS.pack(len(row), len(changes)), row]
    for key, value in changes:
        parts.append(_LENGTHS.pack(len(key), -1 if value is None else len(value)))
        parts.append(key)
        parts.append(value or b"")
    return b"".join(parts)


def _decode_journal(value: bytes) -> tuple[ReadingRow, list[Change]]:
    """Read a commit back."""
    row_length, count = _LENGTHS.unpack_from(value)
    at = _LENGTHS.size + row_length
    reading, changes = ReadingRow.decode(value[_LENGTHS.size : at]), []
    for _ in range(count):
        key_length, value_length = _LENGTHS.unpack_from(value, at)
        at += _LENGTHS.size
        key, at = value[at : at + key_length], at + key_length
        if value_length < 0:
            changes.append(Change(key, None))
        else:
            changes.append(Change(key, value[at : at + value_length]))
            at += value_length
    return reading, changes


class LoadedRows(NamedTuple):
    """A partition as read from the table, and what the interrupted commit still owes it."""

    rows: dict[bytes, bytes]
    reading: ReadingRow | None
    owed: list[Change]


def load_partition(partition: int, items: Iterable[tuple[bytes, bytes]]) -> LoadedRows:
    """Read one partition's rows out of table items (those of other partitions are passed over).

    Raises UnreadableRow if the reading row or the journal has an unknown shape.
    """
    rows: dict[bytes, bytes] = {}
    reading: ReadingRow | None = None
    journal: tuple[ReadingRow, list[Change]] | None = None
    for key, value in items:
        where, kind = _PREFIX.unpack_from(key)
        if where != partition:
            continue
        if kind == _ROW:
            rows[key[_PREFIX.size :]] = value
        elif kind == _LAST:
            reading = ReadingRow.decode(value)
        else:
            journal = _decode_journal(value)
    if journal is None or (reading is not None and reading.next_offset >= journal[0].next_offset):
        return LoadedRows(rows, reading, [])
    if reading is not None and reading.rebuilding:
        return LoadedRows(rows, reading, [])
    for key, changed in journal[1]:
        if changed is None:
            rows.pop(key, None)
        else:
            rows[key] = changed
    return LoadedRows(rows, journal[0], journal[1])


class PartitionRows(MutableMapping[bytes, bytes]):
    """The rows of one partition as a fold sees them, all in memory, with a note of what is not yet committed.

    A fold works in an attempt: `undo` takes back everything since `begin`, so a fold that raises changes nothing.
    `uncommitted_bytes` is at least the size of the next commit, as rows written twice count twice.
    """

    def __init__(self, rows: dict[bytes, bytes], owed: Iterable[Change] = ()) -> None:
        """Take over `rows`; `owed` are changes that are in them but not yet surely in the table."""
        self._rows = rows
        self._changed: dict[bytes, None] = {change.key: None for change in owed}
        self._before: dict[bytes, bytes | None] = {}
        self.uncommitted_bytes = 0

    def __getitem__(self, key: bytes) -> bytes:
        """Read a row."""
        return self._rows[key]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        """Write a row."""
        self._before.setdefault(key, self._rows.get(key))
        self._rows[key] = value
        self.uncommitted_bytes += len(key) + len(value)

    def __delitem__(self, key: bytes) -> None:
        """Delete a row; KeyError if there is none."""
        self._before.setdefault(key, self._rows[key])
        del self._rows[key]

    def __iter__(self) -> Iterator[bytes]:
        """Name the rows."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._rows)

    def begin(self) -> None:
        """Accept what was changed so far and begin a new attempt."""
        self._changed.update(dict.fromkeys(self._before))
        self._before.clear()

    def undo(self) -> None:
        """Take back everything since `begin`."""
        for key, value in self._before.items():
            if value is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = value
        self._before.clear()

    def take_changes(self) -> list[Change]:
        """Hand over what must be committed, each row once with its newest value, and forget it."""
        self.begin()
        changes = [Change(key, self._rows.get(key)) for key in self._changed]
        self._changed.clear()
        self.uncommitted_bytes = 0
        return changes
