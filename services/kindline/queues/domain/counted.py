"""What was counted in each queue a moment ago, so that a snapshot's own counts can be held against it.

Promises the room to find a floor that has drifted from the engine's state, whatever made it drift, and never to accuse
one whose past it does not remember.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from kindline.language.snapshot import SnapshotManifest
from kindline.queues.domain.tallies import Key, Tallies

REMEMBERED = 2_000
"""Changes that are remembered: a manifest is read seconds after its position was folded."""

Counts = Mapping[Key, int]


class Counted:
    """One shard's counts after each record that changed them."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._past: deque[tuple[int, Counts]] = deque(maxlen=REMEMBERED)

    def remember(self, offset: int, tallies: Tallies) -> None:
        """Note what is counted after the record at this offset."""
        counts = {key: len(tally.waiting) + tally.offered for key, tally in tallies.queues.items()}
        self._past.append((offset, {key: count for key, count in counts.items() if count}))

    def differs(self, manifest: SnapshotManifest) -> str | None:
        """What a snapshot counts otherwise, in one sentence; None if nothing, or if that moment is not remembered."""
        found = next((counts for offset, counts in reversed(self._past) if offset < manifest.next_offset), None)
        if found is None:
            return None
        theirs = {(row.pool, row.queue): row.count for row in manifest.queue_counts if row.count}
        for key in sorted(found.keys() | theirs.keys()):
            here, there = found.get(key, 0), theirs.get(key, 0)
            if here != there:
                return f"{'/'.join(key)} holds {here} here and {there} in the snapshot at offset {manifest.next_offset}"
        return None
