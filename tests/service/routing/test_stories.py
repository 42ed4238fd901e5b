"""What the edge remembers of stories: what is open and what ended lately, and nothing that grows for ever."""

from dataclasses import replace

from kindline.language import events as e
from kindline.language.facts import Fact
from kindline.language.log import DecisionBatch
from kindline.ledger.memory import MemoryLedger
from kindline.routing.adapters.work_explain import ENDED_KEPT, Stories
from tests.given import Centre, plan


def batch(facts: list[Fact], seq: int) -> DecisionBatch:
    """A batch with these facts."""
    return DecisionBatch(
        epoch=1, owner="o", seq=seq, level=1, decided_at=1.0, facts=tuple(facts), next_within=0.5, released=False
    )


def test_reports_on_conversations_long_forgotten_leave_no_trace() -> None:
    """A message may be read days after its conversation ended, as often as customers like: nothing is kept of it."""
    centre, stories = Centre(plan()), Stories(MemoryLedger(1))
    for number in range(100):
        read = e.MessageDeliveryReported(message_id="m", delivery_state=e.DeliveryState.READ)
        facts = centre.event(read, "t1", interaction_id=f"gone-{number}")
        assert facts
        stories.heard(0, batch(facts, number), number)
        assert not stories.knows(0, f"gone-{number}")


def test_what_ended_before_the_edge_began_is_forgotten_in_its_turn() -> None:
    """A replica that starts among conversations that have just ended forgets them as it forgets all others."""
    centre, stories = Centre(plan()), Stories(MemoryLedger(1))
    centre.arrives("t1")
    centre.leaves("t1")
    row = centre.interaction("t1")
    rows = [
        replace(row, received=replace(row.received, interaction_id=f"ended-{number}"))
        for number in range(ENDED_KEPT + 1)
    ]
    stories.begin(0, rows)
    assert stories.knows(0, f"ended-{ENDED_KEPT}")
    assert not stories.knows(0, "ended-0")
    assert len(stories.channels) == ENDED_KEPT
