"""Two pools on one shard: neither reaches into the other, whatever their events name."""

import pytest

from kindline.language import events as e
from kindline.language.facts import EventRecorded, InputDeadLettered
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.ids import event_identity, shard_of
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.inputs import EventArrived
from tests.given import POOL, SHARDS, Centre, plan

NEIGHBOUR = next(
    pool for pool in map("rival/desk-{}".format, range(100)) if shard_of(pool, SHARDS) == shard_of(POOL, SHARDS)
)


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "happening", [e.MessageDeliveryReported(message_id="m1"), e.CustomerLeft(cause="closed the page")]
)
def test_an_event_that_names_another_pools_interaction_finds_none(
    happening: e.InteractionHappening, *, ended: bool
) -> None:
    """What a neighbour reports of a contact that is not theirs is put aside, and the contact hears nothing of it."""
    centre = Centre(plan())
    centre.publish(plan(pool=NEIGHBOUR))
    centre.arrives("t1")
    if ended:
        centre.leaves("t1")
    before = centre.interaction("t1")
    said = e.InteractionEvent(
        pool=NEIGHBOUR, entry_point="chat", thread="theirs", interaction_id=centre.id("t1"), event=happening
    )
    facts = centre.decide(
        EventArrived(
            reference=centre.reference("kindline.interactions"),
            identity=event_identity(tenant="rival", source="test", event_id="one"),
            event=said,
            happened_at=centre.now,
            appended_at=centre.now,
            pool=NEIGHBOUR,
        )
    )
    facts += centre.wait(30)
    assert [fact for fact in facts if isinstance(fact, EventRecorded)] == []
    assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.NO_INTERACTION]
    assert centre.interaction("t1") == before
    assert before.state is (InteractionState.ABANDONED if ended else InteractionState.QUEUED)


def test_a_report_long_after_the_end_is_still_recorded() -> None:
    """A message may be read days later: the report is kept though nobody remembers the contact."""
    centre = Centre(plan())
    facts = centre.event(e.MessageDeliveryReported(message_id="m1"), "t1", interaction_id="ended-days-ago")
    assert [type(fact) for fact in facts] == [EventRecorded]
