"""The rows that displays see, made from counts; `as_of` stays 0 here and is filled in when a row is said."""

from __future__ import annotations

from kindline.language.floor import AgentState, QueueState, ServiceLevel
from kindline.language.ids import Instant
from kindline.language.service_level import DEFAULT_DEFINITION, service_levels_of
from kindline.queues.domain.agents import Agent
from kindline.queues.domain.expecting import expected_wait
from kindline.queues.domain.tallies import Key, QueueTally, Tallies
from kindline.queues.domain.windows import LEVEL_SECONDS, Windows

NOBODY = QueueTally()


def queue_state(key: Key, tallies: Tallies, windows: Windows, *, target: float | None, slot: Instant) -> QueueState:
    """One queue; `slot` is the beginning of the five seconds in which it is looked at.

    A queue that promises no answer has no service level: its value is absent and its target 0.
    """
    tally = tallies.queues.get(key, NOBODY)
    arrivals, answers, abandons = windows.sums()
    level = None if target is None else service_levels_of(windows.level(slot, target)).answered_of_offered_less_short
    return QueueState(
        pool=key[0],
        queue=key[1],
        waiting=len(tally.waiting),
        oldest_waiting_since=tally.waiting.oldest(),
        offered=tally.offered,
        active=tally.active,
        scheduled=tally.scheduled,
        arrivals=arrivals,
        answers=answers,
        abandons=abandons,
        service_level=ServiceLevel(
            definition=DEFAULT_DEFINITION, value=level, target_seconds=target or 0.0, window_seconds=LEVEL_SECONDS
        ),
        expected_wait=expected_wait(len(tally.waiting) + tally.offered, answers + abandons),
        as_of=0.0,
    )


def agent_state(key: Key, tallies: Tallies, agent: Agent, display_name: str) -> AgentState:
    """One agent."""
    return AgentState(
        pool=key[0],
        agent_id=key[1],
        display_name=display_name,
        status=agent.status,
        reason_code=agent.reason_code,
        routing_state=agent.routing_state,
        reason=agent.reason,
        since=agent.since,
        lease=agent.lease,
        offers=tallies.offers[key],
        active=tallies.active[key],
        wrapping_up=tallies.wrapping_up[key],
        as_of=0.0,
    )
