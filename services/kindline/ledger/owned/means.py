"""What every owner and standby of a process works with; one value, made once by the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic

from kindline.ledger.owned.core import Clock, Core, Feed, Given, OnCounted, OwnedSettings
from kindline.ledger.port import Ledger
from kindline.runtime.identities import fresh_id


@dataclass(frozen=True, kw_only=True)
class Means(Generic[Given]):
    """The ledger, the clock, a maker of empty cores, the inputs, and who hears of counting batches."""

    ledger: Ledger
    clock: Clock
    core_for: Callable[[int], Core[Given]]
    feed: Feed[Given]
    on_counted: OnCounted
    member: str
    """Name of this process, for people who read the log; it proves nothing."""
    settings: OwnedSettings = field(default_factory=OwnedSettings)
    fresh_id: Callable[[], str] = fresh_id
    """A new uuid at each call: one per claim attempt, one per snapshot."""
    counts: Counter[str] = field(default_factory=Counter)
    """claims, takeovers, stand_downs, state_rebuilds, inputs_rejected, snapshots: for metrics."""
