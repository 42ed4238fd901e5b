"""How an interaction's stay in a followed queue is kept: called whenever its state, queue or priority may have changed.

A stay begins with the queue and ends with the answer, or with whatever else takes the interaction out of the queue.
Whoever is offered to an agent in the instant of joining does not wait, and tells nothing of waits.
"""

from __future__ import annotations

from dataclasses import replace

from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState, WaitSample
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.order import age_key
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.waits import Flow
from kindline.routing.domain.waits_line import Spot

IN_LINE = frozenset({InteractionState.QUEUED, InteractionState.OFFERED, InteractionState.CONNECTING})


def follow(pool: Pool, interaction: Interaction, at: Instant) -> None:
    """Keep the stay as the interaction now stands."""
    flow = pool.flows.get(interaction.queue) if interaction.state in IN_LINE else None
    if interaction.flow is not None and interaction.spot is not None and interaction.flow is not flow:
        _leaves(interaction, interaction.flow, interaction.spot, at)
    if flow is None:
        _forget(interaction)
        return
    interaction.flow = flow
    base = flow.line.base(interaction.priority, reserved=interaction.preferring)
    if interaction.spot is None:
        interaction.spot = flow.line.stand(base, age_key(interaction.waiting_since, interaction.sequence))
        if interaction.visit is None:
            interaction.tell_at = at if pool.queue(interaction.queue).tell_wait_every_seconds > 0 else 0.0
            _begins(flow, interaction, interaction.spot, at)
        elif interaction.visit.estimates:
            flow.waits_since(interaction.visit.joined_at)
    elif interaction.spot.lane.base != base:
        flow.line.step_out(interaction.spot)
        interaction.spot = flow.line.stand(base, interaction.spot.entry)
    _judge(flow, interaction, interaction.spot, at)


def tell_due(interaction: Interaction) -> Instant | None:
    """When the customer is to be told something, if they still only wait then."""
    return interaction.tell_at if interaction.tell_at and interaction.state is InteractionState.QUEUED else None


def _begins(flow: Flow, interaction: Interaction, spot: Spot, at: Instant) -> None:
    ahead = flow.line.ahead(spot, at)
    estimates = flow.estimates(ahead, at)
    interaction.visit = WaitSample(joined_at=at, left_at=0.0, ahead=ahead, served=False, estimates=estimates)
    flow.waits_since(at)


def _judge(flow: Flow, interaction: Interaction, spot: Spot, at: Instant) -> None:
    """Whoever is offered to somebody at once does not wait; if nothing comes of it, they do from then on."""
    visit = interaction.visit
    if visit is None:
        return
    if interaction.state is InteractionState.OFFERED and visit.estimates and visit.joined_at == at:
        flow.waits_no_more(visit.joined_at)
        interaction.visit = replace(visit, estimates=())
    elif interaction.state is InteractionState.QUEUED and not visit.estimates:
        _begins(flow, interaction, spot, at)


def _leaves(interaction: Interaction, flow: Flow, spot: Spot, at: Instant) -> None:
    visit = interaction.visit
    flow.line.step_out(spot)
    if visit is not None and visit.estimates:
        flow.waits_no_more(visit.joined_at)
        flow.learn(replace(visit, left_at=at, served=interaction.state is InteractionState.ACTIVE))
    _forget(interaction)


def _forget(interaction: Interaction) -> None:
    interaction.visit = interaction.flow = interaction.spot = None
    interaction.tell_at = 0.0
    interaction.told_position = 0
    if interaction.state not in IN_LINE:
        # Whoever is sent on to another queue waits on: the end that they were told is theirs, not the queue's.
        interaction.promised_until = 0.0
