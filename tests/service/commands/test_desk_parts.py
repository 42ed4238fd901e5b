"""The parts of the terminal desk that can be looked at without a centre: what it knows, its words, its keys."""

from dataclasses import replace

import pytest

from kindline.client import (
    AgentState,
    AgentStatus,
    Channel,
    Content,
    Message,
    MessageArrived,
    Offer,
    OfferEnd,
    OfferReceived,
    ParticipantRole,
    Reconnecting,
    Refreshed,
    SessionOver,
    StateChanged,
    WentStale,
    Work,
    WorkChanged,
    WorkEnded,
    WorkState,
)
from kindline.commands import desk_words as words
from kindline.commands.desk_book import DeskBook, Notice
from kindline.commands.desk_keys import END_OF_INPUT, LineEditor, Lines
from kindline.language.content import ContentReference, SealedContent
from kindline.language.facts.agents import Lease, RefusalReason, RoutingState, RoutingStateReason
from kindline.language.facts.offers import OfferRevokedReason

IDLE = AgentState(
    status=AgentStatus.AVAILABLE,
    routing_state=RoutingState.IDLE,
    reason=RoutingStateReason.STATUS,
    lease=Lease.CONNECTED,
)


def told(notices: list[Notice]) -> str:
    """All that was told, a line each."""
    return "\n".join(notice.text for notice in notices)


def chat(name: str, state: WorkState = WorkState.ACTIVE) -> Work:
    """A chat in hand."""
    return Work(interaction_id=name, queue="general", channel=Channel.CHAT, state=state)


def said(name: str, message_id: str, text: str = "hello") -> MessageArrived:
    """A customer's words."""
    content = Content(body=text)
    return MessageArrived(
        Message(interaction_id=name, message_id=message_id, author=ParticipantRole.CUSTOMER, content=content)
    )


def test_every_word_of_the_ledger_has_words_for_an_agent() -> None:
    """No state, reason, lease, end or refusal can come up for which the desk has no sentence."""
    tables = (
        (words.STATES, RoutingState),
        (words.REASONS, RoutingStateReason),
        (words.LEASES, Lease),
        (words.WORK_STATES, WorkState),
        (words.OFFER_ENDS, OfferEnd),
        (words.REVOKED, OfferRevokedReason),
    )
    assert [set(kind) - set(table) for table, kind in tables] == [set()] * len(tables)
    assert {reason.name for reason in RefusalReason if reason} - set(words.REFUSALS) == set()


def test_an_automatic_change_tells_its_reason_and_a_declared_one_needs_none() -> None:
    """Not responding says that offers went by and that nobody is blamed; a shaky line is told once, as itself."""
    book = DeskBook()
    book.hear(StateChanged(IDLE))
    away = AgentState(
        status=AgentStatus.AVAILABLE,
        routing_state=RoutingState.NOT_RESPONDING,
        reason=RoutingStateReason.MISSED_OFFERS,
        lease=Lease.CONNECTED,
    )
    assert "this is not held against you" in told(book.hear(StateChanged(away)))
    shaky = AgentState(status=away.status, routing_state=away.routing_state, reason=away.reason, lease=Lease.SUSPECT)
    assert told(book.hear(StateChanged(shaky))).startswith("Your line is shaky")
    assert told(book.hear(StateChanged(away))) == "Your line is steady again."


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    """Ten failed attempts are one sentence; the first decision afterwards says that what is seen is true again."""
    book = DeskBook()
    book.hear(StateChanged(IDLE))
    attempts = [told(book.hear(Reconnecting("routing", "refused"))) for _ in range(10)]
    assert [bool(attempt) for attempt in attempts] == [True] + [False] * 9
    assert told(book.hear(WentStale(3.0)))
    assert told(book.hear(StateChanged(IDLE))) == "Decisions come again: what you see is up to date."
    assert told(book.hear(StateChanged(IDLE))) == ""


def test_a_message_that_comes_twice_is_shown_once() -> None:
    """A snapshot after a gap repeats what the desk has; only what is new is told."""
    book = DeskBook()
    book.hear(WorkChanged(chat("one")))
    assert told(book.hear(said("one", "m1"))) == "Customer 1: hello"
    again = Refreshed(IDLE, (), (chat("one"),), (said("one", "m1").message, said("one", "m2", "still there?").message))
    assert "Customer 1: hello" not in told(book.hear(again))
    assert [message.text for message in book.conversations["one"]] == ["hello", "still there?"]


def test_when_a_conversation_ends_nobody_is_spoken_to() -> None:
    """The agent turns to the next customer by saying so; a number that became free is given again."""
    book = DeskBook()
    for name in ("one", "two"):
        book.hear(WorkChanged(chat(name)))
    assert book.current == "two"
    notices = told(book.hear(WorkEnded("two", "InteractionQueued")))
    assert "went back to a queue" in notices
    assert "/switch 1" in notices
    assert book.speaking_to is None
    book.hear(WorkChanged(chat("three")))
    assert book.numbers == {"one": 1, "three": 2}


def test_wrap_up_of_another_desk_does_not_take_the_conversation_away() -> None:
    """Work that appears in wrap-up while a customer is being spoken to is listed, and nothing more."""
    book = DeskBook()
    book.hear(WorkChanged(chat("one")))
    book.hear(WorkChanged(chat("two", WorkState.WRAP_UP)))
    assert book.current == "one"


def test_an_offer_is_gone_when_its_work_is_there() -> None:
    """Accepted here or on another screen of the same agent: the offer does not linger."""
    book = DeskBook()
    offer = Offer(
        offer_id="one.1", interaction_id="one", queue="q", channel=Channel.CHAT, expires_at=9.0, waiting_since=0.0
    )
    assert "OFFER" in told(book.hear(OfferReceived(offer)))
    book.hear(WorkChanged(chat("one")))
    assert book.offers == {}
    assert "somewhere else" in told(book.hear(SessionOver(superseded=True)))
    assert book.over


@pytest.mark.parametrize(
    "content, shown",
    [
        (Content(body="a\x1b[2Jb\r\n\x00"), "a␛[2Jb␍\n␀"),
        (Content(body="\u202eabc\u2066"), "<U+202E>abc<U+2066>"),
        (Content(body="สวัสดี 你好 👋🏽 e\u0301"), "สวัสดี 你好 👋🏽 e\u0301"),
        (Content(body=SealedContent(key_id="k", ciphertext=b"x")), "[sealed: this desk has no key]"),
        (
            Content(body=ContentReference(location="s3://a/b", media_type="image/png", size=12)),
            "[image/png, 12 bytes, at s3://a/b]",
        ),
        (None, "[nothing]"),
    ],
)
def test_whatever_was_said_can_be_shown(content: Content | None, shown: str) -> None:
    """Any script passes as it is; what would steer the terminal is seen instead of obeyed."""
    assert words.said(content) == shown


@pytest.mark.parametrize(
    "keys, lines, left",
    [
        (["hel", "lo\r"], ["hello"], ""),
        (["你好\x7f吗\r"], ["你吗"], ""),
        (["abc\x1b[D\x1b[DX\r"], ["aXbc"], ""),
        (["abc\x1b", "[DX\r"], ["abXc"], ""),
        (["one two\x17three"], [], "one three"),
        (["first\r", "\x1b[A\r"], ["first", "first"], ""),
        (["\x1b[200~one\rtwo\x1b[201~"], [], "one\ntwo"),
        (["\x1b[200~one\rtwo\x1b[201~\r"], ["one\ntwo"], ""),
        (["👩\u200d💻 می\u200cروم\r"], ["👩\u200d💻 می\u200cروم"], ""),
        (["\x04"], [END_OF_INPUT], ""),
        (["x\x04"], [], "x"),
        (["\x1b[5~a\x1b[15~b\x07"], [], "ab"),
    ],
)
def test_keys_become_lines(keys: list[str], lines: list[str], left: str) -> None:
    """Editing, any script, history, keys nobody knows; several pasted lines are one message."""
    editor = LineEditor()
    assert [line for chunk in keys for line in editor.feed(chunk.encode())] == lines
    assert editor.text == left


def test_a_character_may_come_in_two_pieces() -> None:
    """However the bytes fall, a character of several bytes is one; the last line needs no end."""
    data = "你好\r\nbye".encode()
    for cut in range(len(data)):
        lines = Lines()
        assert lines.feed(data[:cut]) + lines.feed(data[cut:]) + lines.feed(b"") == ["你好", "bye"]
        editor = LineEditor()
        assert editor.feed(data[:cut]) + editor.feed(data[cut:]) in (["你好"], ["你好", ""])


def test_a_hold_by_the_system_is_not_called_one_by_the_agent() -> None:
    """Whoever was interrupted is told so, with the word that it comes back by itself."""
    book = DeskBook()
    list(book.hear(WorkChanged(chat("one"))))
    interrupted = replace(chat("one", WorkState.HELD), interrupted_by="two")
    assert "held by the system" in told(list(book.hear(WorkChanged(interrupted))))
    assert words.stands(chat("one", WorkState.HELD)) == "on hold"
