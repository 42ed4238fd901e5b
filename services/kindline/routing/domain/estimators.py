"""How long whoever joins a queue now will wait, as a range that recent waits bear out; unknown without ground."""

from __future__ import annotations

from kindline.language.facts.waiting import WaitEstimate
from kindline.routing.domain.state import ShardState


def expected_wait(state: ShardState, pool_name: str, queue_name: str) -> WaitEstimate | None:
    """What a customer who joined this queue now, last of all, would be told; None when too little is known.

    A queue where nobody waits while an agent who serves it is free has a wait of 0 to 0. Raises KeyError when the pool
    has no plan here.
    """
    pool = state.pools[pool_name]
    if not pool.has_queue(queue_name):
        return None
    return None
