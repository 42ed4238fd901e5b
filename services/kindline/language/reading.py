"""The reading rule of kindline.decisions (DESIGN 4.3): one pure function, the same for every reader.

It is compare-and-append decided by the order of the log: no clock takes part, and repeats vanish, so a reader that sees
records at least once counts each batch exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from kindline.language.log import LEVEL, DecisionBatch, DecisionRecord
from kindline.language.quick import maker


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a reader has counted in one shard's log; an empty log begins at (0, none, 0)."""

    epoch: int = 0
    owner: str = ""
    seq: int = 0


_make = maker(Reading)


class Verdict(Enum):
    """What a record is to a reader."""

    COUNTS = auto()
    IGNORED = auto()


COUNTS, IGNORED = Verdict.COUNTS, Verdict.IGNORED
"""By names of this module: to ask an Enum for a member takes as long as to judge a batch."""


class LevelTooHigh(Exception):
    """A batch asks for more understanding than this code has: the shard must stop here, loudly."""

    def __init__(self, level: int) -> None:
        """Keep the level that was asked for."""
        super().__init__(f"the log asks for level {level}, this version reads up to {LEVEL}: upgrade this process")
        self.level = level


def read(reading: Reading, record: DecisionRecord) -> tuple[Reading, Verdict]:
    """Judge the next record of the log.

    Returns the reading after it, unchanged when the record is ignored. Raises LevelTooHigh for a batch that would count
    but that this code cannot understand.
    """
    if not isinstance(record, DecisionBatch):
        if record.epoch != reading.epoch + 1:
            return reading, IGNORED
        return Reading(record.epoch, record.owner, reading.seq), COUNTS
    if record.seq != reading.seq + 1 or record.epoch != reading.epoch or record.owner != reading.owner:
        return reading, IGNORED
    if record.level > LEVEL:
        raise LevelTooHigh(record.level)
    return _make(reading.epoch, reading.owner, record.seq), COUNTS
