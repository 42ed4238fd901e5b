"""What customers who wait are told: their place and when they will be answered, when they join and every so often.

A promise is kept to the customer too. Once an end was told, a later one is told only when even the best case lies
beyond it, as DELAYED; while it may still hold, nothing new is said of the wait, for no number could be both as early
and as true. A place that has become worse, since somebody more urgent came, is told as it is, as OVERTAKEN. So no told
number gets worse without a word, and none is prettier than the truth.
"""

from __future__ import annotations

from kindline.language.announcements import DELAYED, OVERTAKEN
from kindline.language.facts import CustomerInformed
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.waits_followed import tell_due


def inform(d: Decision) -> None:
    """Tell everybody who is due to be told, and whom this decision left waiting."""
    state = d.state
    if not state.stirred_interactions and not state.telling:
        return
    for interaction in list({**state.stirred_interactions, **state.telling}):
        due = tell_due(interaction)
        if due is not None and due <= d.now:
            _tell(d, interaction)


def _tell(d: Decision, interaction: Interaction) -> None:
    flow, spot, visit = interaction.flow, interaction.spot, interaction.visit
    if flow is None or spot is None or visit is None:
        return
    ahead = flow.line.ahead(spot, d.now)
    first = not interaction.told_position
    expected = flow.expects(visit.estimates) if first else flow.expects_more(ahead, d.now)
    announcement = OVERTAKEN if not first and ahead >= interaction.told_position else ""
    if expected is not None and interaction.promised_until:
        left = interaction.promised_until - d.now
        if expected.least_seconds > left:
            announcement = DELAYED
        elif expected.most_seconds > left:
            expected = None
    d.emit(
        CustomerInformed(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=interaction.queue,
            announcement=announcement,
            position=ahead + 1,
            expected_wait=expected,
        )
    )
