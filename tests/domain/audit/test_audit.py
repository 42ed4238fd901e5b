"""What an auditor finds in a log, and what not."""

from __future__ import annotations

import pytest

from kindline.language import facts as f
from kindline.language.content import Because
from kindline.language.events import InteractionEvent, MessageDeliveryReported
from kindline.language.facts.inputs import DeadLetterReason, InputReference
from kindline.language.floor import QueueState, ServiceLevel
from kindline.language.ids import clock_id
from kindline.language.log import DecisionBatch
from kindline.language.sla import SlaBreached, SlaClock, SlaMet, SlaTarget
from tests.domain.audit.story import (
    POOL,
    Story,
    abandoned,
    accepted,
    answered,
    completed,
    offer,
    queued,
    received,
    recorded,
)

INTERACTIONS = "kindline.interactions"


def test_a_quiet_day_has_no_violations() -> None:
    """Customers who were served or left in peace leave nothing to complain of."""
    story = Story().begin()
    story.arrives("one")
    story.is_served("one")
    story.arrives("two")
    story.say(abandoned("two"))
    report = story.book.report(target_seconds=20.0)
    assert story.found() == {}
    assert (report["all"]["received"], report["all"]["served"], report["all"]["abandoned"]) == (2, 1, 1)
    assert report["states"] == {"ABANDONED": 1, "CLOSED": 1}


def test_two_agents_with_one_customer_are_found() -> None:
    """An interaction that is offered twice at once breaks I1."""
    story = Story().begin()
    story.arrives("one")
    story.say(offer("one", "amy", 1), offer("one", "ben", 2))
    assert story.found()["I1"] == 1


def test_work_taken_over_without_a_transfer_is_found() -> None:
    """Nobody completes what somebody else owns."""
    story = Story().begin()
    story.arrives("one")
    story.say(offer("one", "amy"), accepted("one", "amy"), answered("one", "amy"))
    story.say(completed("one", "ben"))
    assert story.found() == {"I1": 1}


def test_two_open_interactions_on_one_thread_are_found() -> None:
    """Fifty first messages of one visitor must make one interaction, and the audit would see two."""
    story = Story().begin()
    story.arrives("one", thread="same")
    story.arrives("two", thread="same")
    assert story.found() == {"I1": 1}


def test_an_agent_with_three_chats_where_two_are_allowed_is_found() -> None:
    """Capacity is held from the offer on (I2): the third chat is one too many, and so are its units."""
    story = Story().begin()
    for name in ("one", "two", "three"):
        story.arrives(name)
        story.say(offer(name, "amy"))
    assert story.found() == {"I2": 2}


def test_freed_capacity_may_be_used_again() -> None:
    """Whoever closed a contact may be offered the next."""
    story = Story().begin()
    for name in ("one", "two", "three"):
        story.arrives(name)
        story.is_served(name)
    assert story.found() == {}


def test_a_step_outside_the_graph_is_found() -> None:
    """Nobody is answered who was not offered (I4)."""
    story = Story().begin()
    story.arrives("one")
    story.say(answered("one", "amy"))
    assert story.found() == {"I4": 1}


def test_an_end_after_the_end_is_found() -> None:
    """An interaction has one end (I4)."""
    story = Story().begin()
    story.arrives("one")
    story.say(abandoned("one"))
    story.say(abandoned("one"))
    assert story.found()["I4"] == 1


def test_an_event_taken_in_twice_is_found() -> None:
    """Ten redeliveries change nothing, or the audit says so (I3)."""
    story = Story().begin()
    story.say(recorded(b"a" * 16, "one"))
    story.say(recorded(b"a" * 16, "one"))
    assert story.found() == {"I3": 1}


def test_an_input_that_was_skipped_is_found() -> None:
    """Whatever lies below the decided position has had its effect (I3)."""
    story = Story().begin()
    story.say(recorded(b"a" * 16, "one"), positions={INTERACTIONS: 2})
    for offset, identity in ((0, b"a" * 16), (1, b"b" * 16), (2, b"c" * 16)):
        reference = InputReference(topic=INTERACTIONS, partition=0, offset=offset)
        story.book.take_event(reference, identity, None)
    assert story.found() == {"I3": 1}
    assert story.book.findings.kept[0].place == f"{INTERACTIONS}/0@1"


def test_a_dead_letter_accounts_for_its_input() -> None:
    """A broken input that was refused with a reason is not lost."""
    story = Story().begin()
    reference = InputReference(topic=INTERACTIONS, partition=0, offset=0)
    refusal = f.InputDeadLettered(input=reference, reason=DeadLetterReason.UNPARSABLE, detail="no message")
    story.say(refusal, positions={INTERACTIONS: 1})
    story.book.take_event(reference, None, None)
    assert story.found() == {}


def test_a_zombie_is_ignored_and_counted() -> None:
    """What a superseded owner appends does not count, and is no violation."""
    story = Story().begin()
    zombie = DecisionBatch(epoch=0, owner="old", seq=3, level=1, decided_at=0.0, next_within=0.5, released=False)
    story.book.take_decision(0, story.offset, zombie)
    assert story.found() == {}
    assert story.book.report(target_seconds=20.0)["log"]["ignored"] == 1


@pytest.mark.parametrize("seq, expected", [(2, {}), (99, {"I6": 1})])
def test_a_channel_that_acted_on_what_does_not_count_is_found(seq: int, expected: dict[str, int]) -> None:
    """A delivery report names the decision it follows, and that decision must count (I6)."""
    story = Story().begin()
    report = InteractionEvent(
        pool=POOL,
        thread="t",
        because=Because(epoch=1, seq=seq, offset=2),
        event=MessageDeliveryReported(message_id="m"),
    )
    story.book.take_event(InputReference(topic=INTERACTIONS, partition=0, offset=5), b"x" * 16, report)
    assert story.found() == expected


def clock(name: str, target: SlaTarget = SlaTarget.TIME_TO_ANSWER) -> SlaClock:
    """The clock of a promise as the room sla would name it."""
    return SlaClock(
        clock_id=clock_id(name, target.name),
        pool=POOL,
        interaction_id=name,
        queue="english",
        target=target,
        started_at=0.0,
        deadline=0.0,
    )


def late_answer() -> Story:
    """Amy answers after 100 s where 60 s were promised, and says the first word at once."""
    story = Story().begin()
    story.arrives("one")
    story.say(offer("one", "amy"), after=100.0)
    story.say(accepted("one", "amy"), answered("one", "amy"))
    story.say(after=1_000.0)
    return story


def test_a_broken_promise_that_nobody_reported_is_found() -> None:
    """A breach that is due must be published (I5)."""
    story = late_answer()
    story.book.compare_promises(grace=5.0)
    assert story.found() == {"I5": 2}


def test_breaches_that_were_reported_once_or_twice_are_right() -> None:
    """A repeat under the same id is dropped."""
    story = late_answer()
    for target in (SlaTarget.TIME_TO_ANSWER, SlaTarget.FIRST_REPLY):
        breach = SlaBreached(clock=clock("one", target), breached_at=60.0)
        for _ in range(2):
            story.book.take_sla(f"{breach.clock.clock_id}.breached", breach, "kindline.sla/0@0")
    story.book.compare_promises(grace=5.0)
    assert story.found() == {}
    assert story.book.published.repeats == 2


def test_a_promise_said_to_be_kept_that_was_broken_is_found() -> None:
    """Nobody turns a breach into a success."""
    story = late_answer()
    met = SlaMet(clock=clock("one"), met_at=10.0)
    story.book.take_sla(f"{met.clock.clock_id}.met", met, "kindline.sla/0@0")
    story.book.compare_promises(grace=5.0)
    assert story.found()["I5"] >= 2


def test_a_customer_who_leaves_in_time_breaks_no_promise() -> None:
    """An abandoned contact cancels its clocks."""
    story = Story().begin()
    story.arrives("one")
    story.say(abandoned("one"), after=30.0)
    story.say(after=1_000.0)
    story.book.compare_promises(grace=5.0)
    assert story.found() == {}
    assert story.book.report(target_seconds=20.0)["promises"]["cancelled"] == 2


@pytest.mark.parametrize("waiting, expected", [(1, {}), (2, {"floor": 1})])
def test_a_floor_that_shows_another_number_is_found(waiting: int, expected: dict[str, int]) -> None:
    """What supervisors see is what the log says."""
    story = Story().begin()
    story.arrives("one")
    story.book.take_floor(
        f"{POOL}/english",
        QueueState(
            pool=POOL,
            queue="english",
            waiting=waiting,
            offered=0,
            active=0,
            arrivals=1,
            answers=0,
            service_level=ServiceLevel(definition="", target_seconds=20.0, window_seconds=300.0),
            as_of=0.0,
            abandons=0,
        ),
    )
    story.book.compare_floor()
    assert story.found() == expected


def test_a_fact_about_nobody_is_found() -> None:
    """A fact for an interaction that was never received points at a hole in the log."""
    story = Story().begin()
    story.say(queued("ghost", 0.0))
    assert story.found() == {"log": 1}


def test_an_interaction_received_twice_is_found() -> None:
    """One opening event makes one interaction."""
    story = Story().begin()
    story.arrives("one")
    story.say(abandoned("one"))
    story.say(received("one"))
    assert story.found() == {"I3": 1}
