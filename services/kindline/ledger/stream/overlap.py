"""Notices, while a changelog is replayed, that two workers wrote one partition at the same time.

A worker that was paused may wake after its partition has gone to another and append one more commit. The table then
holds old rows between new ones. Every load writes under a fresh writer id, so ids come in turn; one that comes back
after another has begun tells of an overlap, and the partition is rebuilt.
"""

from kindline.ledger.stream.rows import ReadingRow, UnreadableRow, is_reading_key


class OverlapWatch:
    """What is known of the writers of each partition since its replay began."""

    def __init__(self) -> None:
        """Know nothing."""
        self._writers: dict[int, list[bytes]] = {}
        self._offset: dict[int, int] = {}
        self._found: set[int] = set()

    def saw(self, partition: int, offset: int, key: bytes, value: bytes) -> None:
        """Look at one changelog record; an offset not above the last one says that the replay began again."""
        if offset <= self._offset.get(partition, -1):
            self._writers.pop(partition, None)
            self._found.discard(partition)
        self._offset[partition] = offset
        if not is_reading_key(key):
            return
        try:
            reading = ReadingRow.decode(value)
        except UnreadableRow:
            return
        if reading.rebuilding:
            self._writers[partition] = [reading.writer]
            self._found.discard(partition)
            return
        writers = self._writers.setdefault(partition, [])
        if reading.writer not in writers:
            writers.append(reading.writer)
        elif reading.writer != writers[-1]:
            self._found.add(partition)

    def found(self, partition: int) -> bool:
        """Say whether two workers overlapped."""
        return partition in self._found

    def settled(self, partition: int) -> None:
        """The partition was thrown away: what was found no longer matters."""
        self._writers.pop(partition, None)
        self._found.discard(partition)
