"""How long whoever joins a queue now will wait, as a range that recent waits bear out; unknown without ground."""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.facts.waiting import WaitEstimate, WaitEstimator
from kindline.language.plan import QueuePlan
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.requirements import Requirement, unmet
from kindline.routing.domain.state import ShardState

NO_WAIT = WaitEstimate(least_seconds=0.0, most_seconds=0.0, estimator=WaitEstimator.QUEUE_LENGTH)


def expected_wait(state: ShardState, pool_name: str, queue_name: str) -> WaitEstimate | None:
    """What a customer who joined this queue now, last of all, would be told; None when too little is known.

    A queue where nobody waits while an agent who serves it is free has a wait of 0 to 0. Only queues whose plan tells
    the wait or limits by it are followed; of others nothing is known. Raises KeyError when the pool has no plan here.
    """
    pool = state.pools[pool_name]
    flow = pool.flows.get(queue_name)
    if flow is None:
        return None
    ahead = len(flow.line)
    if not ahead and _somebody_is_free(pool, pool.queue(queue_name)):
        return NO_WAIT
    return flow.expects(flow.estimates(ahead, state.decided_at))


def _somebody_is_free(pool: Pool, queue: QueuePlan) -> bool:
    kinds = [
        (pool.capacity.bit(queue.name, channel), Requirement(queue.name, channel, queue.needs)) for channel in Channel
    ]
    for agent in pool.agents.values():
        room = pool.capacity.room(agent) if agent.is_willing else 0
        if any(room & bit and not unmet(kind, agent.plan, open_to_all=False) for bit, kind in kinds):
            return True
    return False
