"""The words of kindline.chat.v1: what a page may send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.channels.domain.chat import BadFrame, Hello, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)
FIELDS = ("type", "pool", "entry_point", "token", "conversation", "last_seq", "last_message_id", "language")
FRAMES = st.dictionaries(st.sampled_from((*FIELDS, "client_message_id", "text", "seq", "wished_at")), JSON, max_size=8)
TYPES = st.sampled_from(["hello", "message", "call_back", "delivered", "read", "leave", "pong", "other"])


def test_the_first_frame_says_where_the_visitor_is() -> None:
    """A page says its pool, its entry point and the last line that it has."""
    frame = parse('{"type":"hello","pool":"acme/front","entry_point":"site","token":null,"last_seq":7}')
    assert isinstance(frame, Hello)
    assert (frame.pool, frame.entry_point, frame.token, frame.last_seq) == ("acme/front", "site", "", 7)


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "not_json"),
        ("[]", "not_json"),
        ("[" * 100_000, "not_json"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"message","client_message_id":"1","text":""}', "no_text"),
        ('{"type":"message","client_message_id":"","text":"x"}', "bad_field"),
        ('{"type":"message","client_message_id":"a b","text":"x"}', "bad_field"),
        ('{"type":"message","client_message_id":"a","text":"' + "x" * 16_385 + '"}', "too_long"),
        ('{"type":"hello","pool":"","entry_point":"site"}', "bad_field"),
        ('{"type":"hello","pool":"a/b\\u0000","entry_point":"site"}', "bad_field"),
        ('{"type":"read","conversation":"i-1","seq":true}', "bad_field"),
        ('{"type":"read","conversation":"i-1","seq":-1}', "bad_field"),
    ],
)
def test_a_wrong_frame_is_named(text: str, code: str) -> None:
    """A frame that is wrong gets a code for programs and words for people."""
    with pytest.raises(BadFrame) as wrong:
        parse(text)
    assert wrong.value.code == code
    assert str(wrong.value).endswith(".")


def read(text: str) -> str:
    """What the reader of frames makes of a text: a frame's name, or a code for what is wrong with it."""
    try:
        return type(parse(text)).__name__
    except BadFrame as bad:
        return bad.code


NAMES = {"Hello", "Say", "Seen", "Leave", "Pong"}
CODES = {"not_json", "unknown_type", "bad_field", "no_text", "too_long"}


@given(st.text(st.characters(), max_size=300) | FRAMES.map(json.dumps))
def test_any_text_is_a_frame_or_a_bad_frame(text: str) -> None:
    """Nothing that a page can send makes the reader of frames fail."""
    assert read(text) in NAMES | CODES


@given(TYPES, FRAMES)
def test_a_frame_of_any_type_with_any_fields_is_a_frame_or_a_bad_frame(kind: str, fields: dict[str, object]) -> None:
    """Fields of the wrong type or size never make the reader of frames fail."""
    assert read(json.dumps({**fields, "type": kind})) in NAMES | CODES
