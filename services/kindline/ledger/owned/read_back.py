"""What stands in a shard's log between what an owner has folded and what was just acknowledged to it."""

from __future__ import annotations

import asyncio

from kindline.ledger.owned.core import StandDown
from kindline.ledger.port import Ledger, LedgerUnavailable, OutsideLog, Partition, Record


async def read_back(ledger: Ledger, partition: Partition, begin: int, *, through: int, seconds: float) -> list[Record]:
    """The records from `begin` up to and including `through`. Raises StandDown if they do not come within so long."""
    reader = ledger.reader({partition: begin})
    records: list[Record] = []
    try:
        async with asyncio.timeout(seconds):
            while reader.position(partition) <= through:
                records.extend(await reader.read(1.0))
    except (TimeoutError, LedgerUnavailable, OutsideLog) as problem:
        raise StandDown(f"the log could not be read back: {problem!r}") from problem
    finally:
        await reader.close()
    return [record for record in records if record.offset <= through]
