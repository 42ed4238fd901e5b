"""What systems behind a web hook are told, and from where the log is read again."""

import json
from dataclasses import replace

from kindline.channels.domain.notices import Notice, Notices
from kindline.channels.domain.progress import Progress, progress
from kindline.language.content import Channel
from kindline.language.facts import Fact, InteractionDeflected
from kindline.language.facts.interactions import DeflectedReason, QueuedReason
from kindline.language.reading import Reading
from tests.domain.channels.given import HOOK, POOL, Log, agent_said, answered, closed, completed, queued, received

ENDPOINT = f"{POOL}/{HOOK}"
BEFORE = Reading(1, "owner", 0)


def contact(interaction_id: str) -> Fact:
    """A contact that a web hook brought in."""
    return received(interaction_id, thread="order-1", entry_point=HOOK, channel=Channel.WEB_HOOK)


def test_a_system_is_told_what_became_of_its_contact() -> None:
    """The system that sent a contact hears of each step and of the agent's words."""
    notices, log = Notices(3, [ENDPOINT]), Log()
    told = notices.apply(*log.batch(contact("i-1"), queued("i-1")), BEFORE)
    told += notices.apply(*log.batch(answered("i-1"), agent_said("a1", "On its way ✓", "i-1")), BEFORE)
    bodies = [json.loads(notice.body) for notice in told]
    assert [body["type"] for body in bodies] == [
        "interaction.received",
        "interaction.queued",
        "interaction.answered",
        "message.sent",
    ]
    assert bodies[3]["data"]["text"] == "On its way ✓"
    assert bodies[3]["data"]["thread"] == "order-1"
    assert [notice.webhook_id for notice in told] == ["msg_3_1_0", "msg_3_1_1", "msg_3_2_0", "msg_3_2_1"]
    assert [notice.message_id for notice in told] == ["", "", "", "a1"]


def test_a_system_is_told_where_its_contact_was_sent_instead_and_what_the_customer_is_to_hear() -> None:
    """A switch behind a web hook plays the announcement, so it has to be told which, and why."""
    notices, log = Notices(3, [ENDPOINT]), Log()
    moved = replace(queued("i-1"), reason=QueuedReason.OVERFLOWED, overflowed_from="english")
    away = InteractionDeflected(
        pool=POOL, interaction_id="i-1", cause="third: full", reason=DeflectedReason.OVERFLOW, announcement="all-full"
    )
    told = notices.apply(*log.batch(contact("i-1"), moved, away), BEFORE)
    bodies = [json.loads(notice.body)["data"] for notice in told]
    assert (bodies[1]["reason"], bodies[1]["overflowed_from"]) == ("overflowed", "english")
    assert (bodies[2]["reason"], bodies[2]["cause"], bodies[2]["announcement"]) == (
        "overflow", "third: full", "all-full",
    )  # fmt: skip


def test_the_same_log_gives_the_same_web_hooks() -> None:
    """A second reading of the log makes the same web hooks under the same ids."""

    def read_once() -> list[Notice]:
        notices, log = Notices(3, [ENDPOINT]), Log()
        return notices.apply(*log.batch(contact("i-1"), queued("i-1"), agent_said("a1", "x", "i-1")), BEFORE)

    assert read_once() == read_once()


def test_interactions_of_other_entry_points_are_told_to_nobody() -> None:
    """A system hears of its own contacts only."""
    notices, log = Notices(0, [ENDPOINT]), Log()
    assert notices.apply(*log.batch(received("i-1"), queued("i-1")), BEFORE) == []


def test_the_log_is_read_again_from_the_oldest_contact_that_is_still_told_of() -> None:
    """A restart reads from the first decision about an open contact, and sends again only what was not delivered."""
    notices, log = Notices(0, [ENDPOINT]), Log()
    first = notices.apply(*log.batch(contact("i-1")), Reading(1, "owner", 0))
    second = notices.apply(*log.batch(contact("i-2"), completed("i-2"), closed("i-2")), Reading(1, "owner", 1))
    now = Reading(1, "owner", 2)
    assert notices.progress(3, now) == Progress(1, Reading(1, "owner", 0), 1)
    notices.settled(first[0])
    assert notices.progress(3, now) == Progress(1, Reading(1, "owner", 0), 2)
    for notice in second:
        notices.settled(notice)
    assert notices.progress(3, now) == Progress(1, Reading(1, "owner", 0), 3)
    last = notices.apply(*log.batch(completed("i-1"), closed("i-1")), now)
    for notice in last:
        notices.settled(notice)
    end = Reading(1, "owner", 3)
    assert notices.progress(4, end) == Progress(4, end, 4)
    assert notices.waiting == 0


def test_progress_survives_being_written_down() -> None:
    """What is committed beside an offset is read back as it was, and a strange note is not believed."""
    reached = Progress(17, Reading(4, "an owner", 99), 21)
    assert progress(17, reached.note()) == reached
    assert progress(0, Progress(0, Reading(), 0).note()) == Progress(0, Reading(), 0)
    assert progress(17, "something else") is None
    assert len(reached.note()) < 1_000
