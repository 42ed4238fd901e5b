"""What is done for those who wait when a time has come, or nobody is there for them: the ladder first, then rules."""

from __future__ import annotations

from kindline.language.facts.interactions import QueuedReason
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.ladder import asks_for
from kindline.routing.domain.ladder_climbing import climb
from kindline.routing.domain.overflow import Place, TurnedAway, find_place, sent_on
from kindline.routing.domain.overflow_due import rules_of_staying
from kindline.routing.domain.queueing import Entry, comer, join, turn_away
from kindline.routing.domain.staying import settle_visit, watch_visits


def wait_on(d: Decision, interaction: Interaction) -> None:
    """Do all that is due for one that waits; while an offer is out nothing is."""
    if interaction.state is not InteractionState.QUEUED:
        return
    climb(d, interaction)
    queue = d.state.pools[interaction.pool].queue(interaction.queue)
    for rule in rules_of_staying(interaction, queue):
        if _holds(d, interaction, rule) and _carry_out(d, interaction, queue, rule):
            return
    settle_visit(d.state.timers, d.state.pools[interaction.pool], interaction, d.now, tried=True)


def help_loneliest(d: Decision, pool_name: str) -> None:
    """Do what is to be done for the first for whom nobody is there; whoever is next is due at once."""
    pool = d.state.pools[pool_name]
    name = pool.visits.next_lonely()
    if name is not None:
        wait_on(d, d.state.interactions[name])
    watch_visits(d.state.timers, pool)


def _holds(d: Decision, interaction: Interaction, rule: OverflowRule) -> bool:
    if interaction.joined_at + rule.after_seconds > d.now:
        return False
    if rule.cause is OverflowCause.WAITED:
        return True
    return not d.state.pools[interaction.pool].visits.anybody(asks_for(interaction))


def _carry_out(d: Decision, interaction: Interaction, queue: QueuePlan, rule: OverflowRule) -> bool:
    """Move or end it by a rule; False when no queue takes it, so that it stays."""
    if rule.action is not OverflowAction.TO_QUEUE:
        turn_away(d, interaction, TurnedAway(queue.name, rule))
        return True
    been = (*interaction.overflowed_from, queue.name)
    if rule.queue in been or not d.state.pools[interaction.pool].has_queue(rule.queue):
        return False
    entry = Entry(queue=rule.queue, reason=QueuedReason.OVERFLOWED)
    found = find_place(d.state, comer(d, interaction, entry, been=been), rule.queue)
    if isinstance(found, Place):
        join(d, interaction, entry, sent_on(found, rule), overflowed_from=queue.name)
        return True
    return False
