"""What a room on streams can be told from outside; every default is usable on one machine."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.ledger.stream.seam import StreamSettings
from kindline.runtime.settings import Environment, ProcessSettings

DATA = ".kindline/data"
COMMIT_SECONDS = 0.5
"""A kill repeats at most this much, which changes nothing; committing more often costs more than folding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRoomSettings:
    """`data` is a directory that belongs to this worker alone; durations are seconds of the system clock."""

    process: ProcessSettings
    data: str = DATA
    store: str = "rocksdb"
    session_timeout: float = 10.0

    @classmethod
    def read(cls, room: str, environment: Environment | None = None) -> StreamRoomSettings:
        """Read them for the room of this name from the environment. Raises SettingWrong."""
        given = environment or Environment()
        return cls(
            process=ProcessSettings.read(room, given),
            data=given.text("KINDLINE_DATA", DATA),
            store=given.choice("KINDLINE_STORE", "rocksdb", ("rocksdb", "memory")),
            session_timeout=given.seconds("KINDLINE_GROUP_SESSION_SECONDS", 10.0),
        )

    def stream(self, *, newest_only_while_behind: bool) -> StreamSettings:
        """How the stream base runs the room; `newest_only_while_behind` is for rows, whose history nobody reads."""
        return StreamSettings(
            brokers=tuple(self.process.kafka.split(",")),
            replication_factor=1,  # `kindline topics` makes the topics; nothing is created from here.
            data_dir=self.data,
            store=f"{self.store}://",
            newest_only_while_behind=newest_only_while_behind,
            session_timeout=self.session_timeout,
            commit_every=COMMIT_SECONDS,
        )
