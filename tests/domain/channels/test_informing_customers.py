"""What customers who wait are told of it, on the page and behind web hooks."""

import json

from kindline.channels.domain.conversations import Conversations
from kindline.channels.domain.notices import Notices
from kindline.channels.domain.telling import Cursor, untold
from kindline.language.announcements import DELAYED
from kindline.language.content import Channel
from kindline.language.facts import CustomerInformed
from kindline.language.facts.waiting import WaitEstimate, WaitEstimator
from kindline.language.reading import Reading
from tests.domain.channels.given import HOOK, POOL, THREAD, Log, answered, plan_adopted, queued, received


def informed(position: int, most: float | None, announcement: str = "") -> CustomerInformed:
    """The customer was told their place, and if it is known, that they wait one minute to so many seconds."""
    wait = None
    if most is not None:
        wait = WaitEstimate(least_seconds=60.0, most_seconds=most, estimator=WaitEstimator.QUEUE_LENGTH)
    return CustomerInformed(
        pool=POOL,
        interaction_id="i-1",
        queue="questions",
        announcement=announcement,
        position=position,
        expected_wait=wait,
    )


def frames_of(fold: Conversations, cursor: Cursor) -> tuple[list[dict[str, object]], Cursor]:
    """What a page is told now."""
    frames, moved = untold(fold.at(POOL, THREAD), cursor, lambda agent_id: agent_id)
    return frames, moved


def test_a_visitor_who_waits_reads_their_place_and_the_expected_wait_once() -> None:
    """A page is told place and wait when they were decided, not twice, and nothing of them once somebody is there."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), queued(), informed(3, 300.0)))
    frames, cursor = frames_of(fold, Cursor())
    assert [frame["type"] for frame in frames] == ["state", "wait"]
    assert frames[1] == {
        "type": "wait",
        "conversation": "i-1",
        "position": 3,
        "least_seconds": 60.0,
        "most_seconds": 300.0,
        "announcement": "",
    }
    assert frames_of(fold, cursor)[0] == []
    fold.apply(*log.batch(informed(2, None)))
    frames, cursor = frames_of(fold, cursor)
    assert [(frame["position"], frame["most_seconds"]) for frame in frames] == [(2, None)]
    fold.apply(*log.batch(informed(1, 90.0), answered()))
    frames, _ = frames_of(fold, cursor)
    assert [frame["type"] for frame in frames] == ["state"]


def test_a_page_that_comes_back_is_told_its_place_again() -> None:
    """A visitor who reloads the page still reads their place."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), queued(), informed(2, 120.0)))
    frames, _ = frames_of(fold, Cursor("i-1", 0))
    assert [frame["type"] for frame in frames] == ["state", "wait"]


def test_a_system_behind_a_web_hook_hears_what_its_customer_is_to_be_told() -> None:
    """A system that sent a contact gets place, wait and the word of regret as JSON, and nothing that is not known."""
    notices, log = Notices(3, [f"{POOL}/{HOOK}"]), Log()
    contact = received("i-1", thread="order-1", entry_point=HOOK, channel=Channel.WEB_HOOK)
    told = notices.apply(*log.batch(contact, informed(3, 300.0, DELAYED), informed(2, None)), Reading(1, "owner", 0))
    bodies = [json.loads(notice.body) for notice in told]
    assert [body["type"] for body in bodies] == ["interaction.received", "customer.informed", "customer.informed"]
    first, second = bodies[1]["data"], bodies[2]["data"]
    assert (first["position"], first["announcement"]) == (3, "kindline.delayed")
    assert first["expected_wait"] == {"least_seconds": 60.0, "most_seconds": 300.0}
    assert second["position"] == 2
    assert "expected_wait" not in second
    assert "announcement" not in second


def test_an_announcement_alone_takes_back_nothing_that_was_told_before() -> None:
    """Who reads that another language may be quicker still reads their place and their wait beside it."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), queued(), informed(3, 300.0)))
    fold.apply(*log.batch(informed(0, None, "another-language")))
    frame = frames_of(fold, Cursor())[0][1]
    assert (frame["announcement"], frame["position"], frame["most_seconds"]) == ("another-language", 3, 300.0)
