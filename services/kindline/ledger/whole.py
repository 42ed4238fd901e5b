"""Everything that partitions hold, from their beginnings to the ends that were seen at the start.

Promises whoever needs the whole (the audit, plans, snapshots) that nothing is left out, and that a ledger which stops
answering ends in an error instead of a wait without end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from kindline.ledger.port import Bounds, Ledger, LedgerUnavailable, OutsideLog, Partition, Record

PATIENCE_SECONDS = 15.0
READ_WAIT_SECONDS = 1.0


async def whole_records(ledger: Ledger, bounds: Mapping[Partition, Bounds]) -> AsyncIterator[Record]:
    """Every record within these bounds, in each partition's order.

    Raises LedgerUnavailable when nothing comes for 15 s before the end, or when the log was cut meanwhile.
    """
    left = {partition: found.end for partition, found in bounds.items() if found.begin < found.end}
    reader = ledger.reader({partition: bounds[partition].begin for partition in left})
    loop = asyncio.get_running_loop()
    moved_at = loop.time()
    try:
        while left:
            for record in await reader.read(READ_WAIT_SECONDS):
                moved_at = loop.time()
                if record.offset < bounds[record.partition].end:
                    yield record
            # Compaction and trimming leave holes, so the reader's position counts, not the number of records.
            left = {partition: end for partition, end in left.items() if reader.position(partition) < end}
            if left and loop.time() - moved_at > PATIENCE_SECONDS:
                topics = ", ".join(sorted({partition.topic for partition in left}))
                raise LedgerUnavailable(f"nothing more came of {topics} for {PATIENCE_SECONDS:g} s before the end")
    except OutsideLog as problem:
        raise LedgerUnavailable(f"{problem.partition.topic} was cut while it was read: try again") from problem
    finally:
        await reader.close()
