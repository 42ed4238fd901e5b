"""Steps of the ladder that are due are taken here, one fact each, and what the customer is to hear is said."""

from __future__ import annotations

from kindline.language.facts import CustomerInformed, InteractionRelaxed
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.queue_rules import LadderStep
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.ladder import asks_for, next_time, open_up, steps_left

CALL_BACK_OFFERED = "call_back_offered"
"""The announcement of a step that offers a call-back and names none."""


def climb(d: Decision, interaction: Interaction) -> None:
    """Take every step that is due, one fact each."""
    pool = d.state.pools[interaction.pool]
    queue = pool.queue(interaction.queue)
    while interaction.state is InteractionState.QUEUED and (left := steps_left(interaction, queue)):
        time = next_time(interaction, left)
        if time is not None and time <= d.now:
            cause = RelaxedCause.TIME
        elif any(step.when_nobody for step in left) and not pool.visits.anybody(asks_for(interaction)):
            cause = RelaxedCause.NOBODY
        else:
            return
        _take(d, interaction, left[0], cause)


def _take(d: Decision, interaction: Interaction, step: LadderStep, cause: RelaxedCause) -> None:
    before = interaction.relaxed
    after = open_up(asks_for(interaction), step)
    d.emit(
        InteractionRelaxed(
            pool=interaction.pool,
            interaction_id=interaction.id,
            step=before.step + 1 if before else 1,
            cause=cause,
            needs=after.needs,
            priority=interaction.priority + step.raise_priority,
            also_queues=after.also_queues,
            call_back_offered=step.offer_call_back or (before is not None and before.call_back_offered),
        )
    )
    announcement = step.announce or (CALL_BACK_OFFERED if step.offer_call_back else "")
    if announcement:
        inform(d, interaction, announcement)


def inform(d: Decision, interaction: Interaction, announcement: str) -> None:
    """The customer hears something."""
    d.emit(
        CustomerInformed(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=interaction.queue,
            announcement=announcement,
        )
    )
