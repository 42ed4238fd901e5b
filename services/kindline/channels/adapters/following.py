"""What this replica knows of every shard, from following the decisions.

Promises the edges the conversations of a pool, whether they are up to date, and a word when that changes.
"""

from __future__ import annotations

from collections.abc import Callable

from kindline.channels.domain.conversations import Conversations, Thread
from kindline.language.ids import shard_of
from kindline.language.log import DecisionBatch
from kindline.ledger.follow import Follower
from kindline.ledger.port import Ledger


class Following:
    """All shards, folded."""

    def __init__(self, ledger: Ledger, shards: int, on_change: Callable[[set[Thread]], None]) -> None:
        """Follow every shard once run() runs; `on_change` hears which threads changed and must not wait."""
        self._folds = {shard: Conversations() for shard in range(shards)}
        self._on_change = on_change
        self.follower = Follower(ledger, range(shards), self._folds.__getitem__, self._counted)

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return len(self._folds)

    def shard(self, pool: str) -> int:
        """Where a pool lives."""
        return shard_of(pool, len(self._folds))

    def of(self, pool: str) -> Conversations:
        """The conversations of the shard where a pool lives."""
        return self._folds[self.shard(pool)]

    def at(self, shard: int) -> Conversations:
        """The conversations of a shard."""
        return self._folds[shard]

    def started(self, pool: str) -> bool:
        """Whether the decisions about a pool have been read up to the end at least once."""
        return self.follower.caught_up(self.shard(pool))

    def current(self, shard: int) -> bool:
        """Whether decisions of a shard still come: False while Kafka or its engine is away."""
        return self.follower.caught_up(shard) and not self.follower.stale(shard)

    def not_started(self) -> str | None:
        """None when every shard has been read up to the end, else a sentence for the health check."""
        stopped = [f"shard {shard}: {reason}" for shard in self._folds if (reason := self.follower.stopped(shard))]
        if stopped:
            return "; ".join(stopped)
        missing = sum(not self.follower.caught_up(shard) for shard in self._folds)
        return f"{missing} of {len(self._folds)} shards are still being read" if missing else None

    async def run(self) -> None:
        """Follow for ever."""
        await self.follower.run()

    def _counted(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        changed = self._folds[shard].take_changed()
        if changed:
            self._on_change(changed)
