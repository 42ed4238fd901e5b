"""One partition at work: its rows, how far it is folded, and what must reach the broker before that may be written.

Promised to `Projection`: no clock, no IO. `take` says what to do with a record; a record that comes twice changes
nothing, and one that comes too early is refused, so that lost records show as a jump and are fetched again.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Generic

from kindline.language.reading import Reading
from kindline.ledger.port import Record
from kindline.ledger.stream.rows import (
    Change,
    LoadedRows,
    PartitionRows,
    ReadingRow,
    encode_commit,
    is_row_of,
    journal_key,
    load_partition,
    reading_key,
)
from kindline.ledger.stream.seam import Content, Output, Standing, StreamRoom


class Taken(Enum):
    """What became of a record."""

    FOLDED = "folded"
    REPEATED = "repeated"
    JUMPED = "jumped"
    GAP = "gap"
    HALTED = "halted"


class Shard(Generic[Content]):
    """The state of one partition from one load to the next; the next load makes a new Shard."""

    def __init__(self, room: StreamRoom[Content], partition: int, loaded: LoadedRows, writer: bytes) -> None:
        """Begin where the loaded rows stand; without a reading row that is the beginning of the log."""
        self.partition = partition
        self.rows = PartitionRows(loaded.rows, loaded.owed)
        self.reading: Reading | None = loaded.reading.reading if loaded.reading else None
        self.next_offset: int | None = loaded.reading.next_offset if loaded.reading else None
        self.unfinished_rebuild = bool(loaded.reading and loaded.reading.rebuilding)
        self.halted: str | None = None
        self.accept_hole_at: int | None = None
        self.log_end = 0
        self._republished = False
        self._held: dict[tuple[str, bytes], Output] = {}
        self._republished_at: float | None = None
        self.folded = 0
        self._room = room
        self._writer = writer
        self._fold = room.open_fold(partition, self.rows)
        self._dirty = bool(loaded.owed)

    @classmethod
    def load(
        cls, room: StreamRoom[Content], partition: int, items: Iterable[tuple[bytes, bytes]], writer: bytes
    ) -> "Shard[Content]":
        """Read the partition out of table items; UnreadableRow if their shape is unknown."""
        return cls(room, partition, load_partition(partition, items), writer)

    @classmethod
    def empty(cls, room: StreamRoom[Content], partition: int, beginning: int, writer: bytes) -> "Shard[Content]":
        """Begin at offset `beginning` with no rows."""
        return cls(room, partition, LoadedRows({}, ReadingRow(None, beginning, writer), []), writer)

    @property
    def caught_up(self) -> bool:
        """Say whether the log holds nothing that is not folded, as far as the broker has told us."""
        return self.next_offset is not None and self.next_offset >= self.log_end

    @property
    def dirty(self) -> bool:
        """Say whether a commit has anything to write."""
        return self._dirty

    def take(self, record: Record) -> tuple[Taken, Sequence[Output]]:
        """Fold one record; outputs come only with FOLDED. What a fold raises goes through, its rows undone."""
        if self.halted is not None:
            return Taken.HALTED, ()
        if self.next_offset is not None and record.offset < self.next_offset:
            return Taken.REPEATED, ()
        if self.next_offset is not None and record.offset > self.next_offset and record.offset != self.accept_hole_at:
            return Taken.JUMPED, ()
        judged = self._room.read(self.reading, record)
        if judged.standing is Standing.GAP:
            return Taken.GAP, ()
        outputs: Sequence[Output] = ()
        if judged.standing is Standing.COUNTS:
            outputs = self._fold_record(record, judged.content)
            self.folded += 1
        self.reading, self.next_offset, self._dirty = judged.reading, record.offset + 1, True
        self.accept_hole_at = None
        return Taken.FOLDED, outputs

    def _fold_record(self, record: Record, content: Content | None) -> Sequence[Output]:
        """Let the room fold; whatever it raises, the rows are as before."""
        if content is None:
            message = f"the rule of {self._room.name} counts a record without content"
            raise TypeError(message)
        self.rows.begin()
        try:
            return tuple(self._fold.fold(self.rows, record, content))
        except BaseException:
            self.rows.undo()
            raise

    def due_republication(self, now: float | None, every: float) -> Sequence[Output]:
        """Give what to publish again, once caught up and then every `every` seconds of record time.

        `now` is the append time of the record just folded, or None where the log is quiet and there is no time.
        """
        if self.halted is not None or not self.caught_up:
            return ()
        if not self._republished:
            self._republished, self._republished_at = True, now
            return tuple(self._fold.republish(self.rows))
        if now is None:
            return ()
        if self._republished_at is None or now - self._republished_at < every:
            self._republished_at = now if self._republished_at is None else self._republished_at
            return ()
        self._republished_at = now
        return tuple(self._fold.republish(self.rows))

    def newest(self, outputs: Sequence[Output]) -> Sequence[Output]:
        """Hold values back while behind, the newest per topic and key, and give them all once caught up."""
        now = [output for output in outputs if output.value is None]
        for output in outputs:
            self._held.pop((output.topic, output.key), None)
            if output.value is not None:
                self._held[output.topic, output.key] = output
        if self.caught_up:
            now.extend(self._held.values())
            self._held.clear()
        return now

    def commit(self) -> list[Change]:
        """Hand over the table writes of everything folded since the last commit, in order."""
        if self.next_offset is None:
            return []
        self._dirty = False
        reading = ReadingRow(self.reading, self.next_offset, self._writer)
        return encode_commit(self.partition, self.rows.take_changes(), reading)

    def throw_away(self, beginning: int, in_table: Iterable[bytes]) -> list[Change]:
        """Give the table writes that forget everything and begin again at offset `beginning`.

        The mark goes first: whoever is killed in between leaves rows that the next owner knows to be rubbish. What goes
        is what lies `in_table`: a row that was deleted since the last commit is not among ours, but it is still there,
        and so is everything where no row could be read.
        """
        mark = ReadingRow(None, beginning, self._writer, rebuilding=True)
        done = ReadingRow(None, beginning, self._writer)
        doomed = [Change(key, None) for key in in_table if is_row_of(self.partition, key)]
        return [
            Change(reading_key(self.partition), mark.encode()),
            Change(journal_key(self.partition), None),
            *doomed,
            Change(reading_key(self.partition), done.encode()),
        ]
