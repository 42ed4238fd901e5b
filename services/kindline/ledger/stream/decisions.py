"""The reading rule of kindline.decisions (DESIGN 4.3) for stream rooms: the same pure function as for every reader.

Promised to queues and sla: `StreamRoom(read=read_decisions(decode))`. Beyond the rule it notices two things that a
reader of a whole log never meets: a log that was trimmed (the first record there is valid, and is adopted), and records
missing in between (a gap, which the base answers by rebuilding the partition).
"""

from collections.abc import Callable

from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.reading import Reading, Verdict, read
from kindline.ledger.port import Record
from kindline.ledger.stream.seam import Judged, Read, Standing

Decode = Callable[[Record], DecisionRecord]


def read_decisions(decode: Decode) -> Read[DecisionRecord]:
    """Give the rule; what `decode` raises stops the partition, loudly, as LevelTooHigh does."""

    def judge(reading: Reading | None, record: Record) -> Judged[DecisionRecord]:
        decision = decode(record)
        before = reading or _beginning(record, decision)
        after, verdict = read(before, decision)
        if verdict is Verdict.COUNTS:
            return Judged(Standing.COUNTS, after, decision)
        return Judged(Standing.GAP if _misses_records(before, decision) else Standing.IGNORED, after)

    return judge


def _beginning(record: Record, decision: DecisionRecord) -> Reading:
    """Begin at (0, none, 0), or, where the log was trimmed, just before the batch that is its first record."""
    if record.offset > 0 and isinstance(decision, DecisionBatch):
        return Reading(decision.epoch, decision.owner, decision.seq - 1)
    return Reading()


def _misses_records(reading: Reading, decision: DecisionRecord) -> bool:
    """Say whether this record could not stand here if every record before it had been read.

    Only the current owner's own later batch says so for certain: an owner sends the next batch after the last was
    acknowledged. Records of other epochs may always be a zombie's or a rival's, who wrote in vain.
    """
    return (
        isinstance(decision, DecisionBatch)
        and (decision.epoch, decision.owner) == (reading.epoch, reading.owner)
        and decision.seq > reading.seq + 1
    )
