"""A visitor who is offered a call-back sees it on the page, and may take it there or behind a web hook."""

import json

import pytest

from kindline.channels.domain.chat import NOBODY, BadFrame, Say, parse
from kindline.channels.domain.conversations import Conversations
from kindline.channels.domain.hook_fields import BodyUnreadable
from kindline.channels.domain.hooks import read_hook
from kindline.channels.domain.identities import ended_event, left_event
from kindline.channels.domain.notices import Notices
from kindline.channels.domain.saying import farewell, said_event
from kindline.channels.domain.telling import Cursor, untold
from kindline.language.call_backs import CallBackAccepted, CallBackDeclined
from kindline.language.content import Channel, Content, ParticipantRole
from kindline.language.events import CustomerLeft, InteractionEnded, InteractionEvent
from kindline.language.facts import CallBackPromised, EventRecorded, InteractionRelaxed, InteractionScheduled
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.reading import Reading
from kindline.language.snapshot import InteractionRow
from kindline.language.snapshot import InteractionState as S
from tests.domain.channels.given import CHAT, HOOK, NOW, POOL, THREAD, Log, answered, plan_adopted, queued, received

NUMBER = Content(body="+371 2000 0000")


def offered() -> InteractionRelaxed:
    """The customer is offered a call-back."""
    return InteractionRelaxed(
        pool=POOL, interaction_id="i-1", step=1, cause=RelaxedCause.TIME, priority=0, call_back_offered=True
    )


def promised() -> CallBackPromised:
    """The customer took it."""
    return CallBackPromised(
        pool=POOL, interaction_id="i-1", due_at=NOW + 600.0, deadline=NOW + 9_000.0, queue="questions"
    )


def accepted() -> EventRecorded:
    """The number that the customer left."""
    happening = CallBackAccepted(content=NUMBER, message_id="m-9")
    event = InteractionEvent(pool=POOL, entry_point=CHAT, thread=THREAD, event=happening)
    return EventRecorded(pool=POOL, interaction_id="i-1", identity=b"9" * 16, opening=False, event=event)


def test_a_page_is_told_of_the_offer_and_of_the_promise_once_each() -> None:
    """A visitor who waits reads that they may be called back, and after their yes that they will be."""
    fold, log, cursor = Conversations(), Log(), Cursor()
    seen = []
    for facts in ((plan_adopted(), received(), queued()), (offered(),), (accepted(), promised()), ()):
        fold.apply(*log.batch(*facts))
        frames, cursor = untold(fold.at(POOL, THREAD), cursor, str)
        seen.append([(frame["type"], frame.get("call_back", frame.get("text"))) for frame in frames])
    assert seen == [
        [("state", "")],
        [("state", "offered")],
        [("state", "promised"), ("message", "+371 2000 0000")],
        [],
    ]


def test_a_visitor_who_is_called_at_another_hour_still_waits() -> None:
    """Until the hour comes the page says that somebody will call."""
    fold, log = Conversations(), Log()
    later = InteractionScheduled(pool=POOL, interaction_id="i-1", due_at=NOW + 600.0)
    fold.apply(*log.batch(plan_adopted(), received(), queued(), offered(), promised(), later))
    state = untold(fold.at(POOL, THREAD), Cursor(), str)[0][0]
    assert (state["state"], state["call_back"]) == ("waiting", "promised")


@pytest.mark.parametrize("row_says, page_says", [((True, None), "offered"), ((True, promised()), "promised")])
def test_a_page_that_is_told_from_a_snapshot_knows_it_too(
    row_says: tuple[bool, CallBackPromised | None], page_says: str
) -> None:
    """After a restart of channels nobody loses the button, or the promise."""
    row = InteractionRow(
        received=received(),
        state=S.QUEUED,
        agent_id="",
        last_offer_number=0,
        units=0,
        state_since=NOW,
        call_back_offered=row_says[0],
        call_back=row_says[1],
    )
    fold = Conversations()
    fold.restore(None, [plan_adopted(), row])
    assert untold(fold.at(POOL, THREAD), Cursor(), str)[0][0]["call_back"] == page_says


def test_what_a_page_sends_is_an_event_of_its_own_kind() -> None:
    """The number a visitor leaves is no chat message: it takes the call-back."""
    frame = parse('{"type":"call_back","client_message_id":"m-9","text":"+371 2000 0000","wished_at":1800003600}')
    assert isinstance(frame, Say)
    event_id, event = said_event((POOL, THREAD), NOBODY, frame)
    assert event.event == CallBackAccepted(wished_at=1_800_003_600, content=NUMBER, message_id="m-9")
    assert event_id == said_event((POOL, THREAD), NOBODY, frame)[0]


@pytest.mark.parametrize("more", ['"text":""', '"text":"x","wished_at":"noon"', '"text":"x","wished_at":-1'])
def test_a_call_back_to_nowhere_or_at_no_hour_is_refused_in_words(more: str) -> None:
    """A page that sends nonsense is told, and nothing is promised."""
    with pytest.raises(BadFrame):
        parse('{"type":"call_back","client_message_id":"m-9",' + more + "}")


def test_a_system_behind_a_web_hook_answers_for_its_customer() -> None:
    """A voice menu or a shop takes or leaves the call-back with one signed line, and hears of the promise."""
    body = {"event": "call_back", "thread": "order-1", "text": "+371 2000 0000", "wished_at": 1_800_003_600.5}
    taken = read_hook(json.dumps(body).encode(), webhook_id="w-1", tenant="acme")
    assert [one.event for one in taken.happenings] == [
        CallBackAccepted(wished_at=1_800_003_600.5, content=NUMBER, message_id="w-1")
    ]
    left = read_hook(b'{"event":"no_call_back","thread":"order-1"}', webhook_id="w-2", tenant="acme")
    assert [one.event for one in left.happenings] == [CallBackDeclined()]
    with pytest.raises(BodyUnreadable, match="wished_at"):
        read_hook(b'{"event":"call_back","wished_at":"noon"}', webhook_id="w-3", tenant="acme")

    notices, log = Notices(3, [f"{POOL}/{HOOK}"]), Log()
    contact = received("i-1", thread="order-1", entry_point=HOOK, channel=Channel.WEB_HOOK)
    told = notices.apply(*log.batch(contact, promised()), Reading(1, "owner", 0))
    said = json.loads(told[-1].body)
    assert (said["type"], said["data"]["due_at"]) == ("call_back.promised", NOW + 600.0)


def test_a_good_bye_takes_the_call_back_back_and_a_closed_page_does_not() -> None:
    """Who ends the chat in so many words is not called; who was promised nothing simply leaves."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), queued(), offered()))
    assert farewell(fold.at(POOL, THREAD)) == CustomerLeft(cause="said good-bye")
    fold.apply(*log.batch(promised()))
    assert farewell(fold.at(POOL, THREAD)) == InteractionEnded(ended_by=ParticipantRole.CUSTOMER)
    assert farewell(None) == CustomerLeft(cause="said good-bye")
    assert ended_event("i-1") != left_event("i-1")


def test_a_call_back_that_was_kept_is_promised_no_more() -> None:
    """Whoever was called, and is passed on, waits like any other: no page tells them of a call that was made."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), queued(), offered(), promised(), queued()))
    assert untold(fold.at(POOL, THREAD), Cursor(), str)[0][0]["call_back"] == "promised"
    fold.apply(*log.batch(answered(), queued()))
    assert untold(fold.at(POOL, THREAD), Cursor(), str)[0][0]["call_back"] == "offered"
    assert farewell(fold.at(POOL, THREAD)) == CustomerLeft(cause="said good-bye")
