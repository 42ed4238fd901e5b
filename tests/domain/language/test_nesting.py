"""A stranger's JSON is never read so deep that it harms anybody else in the process."""

import contextlib
import gc
import json
from collections.abc import Callable
from json import scanner
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kindline.channels.domain.chat import Say, parse
from kindline.channels.domain.hook_fields import json_object
from kindline.language.nesting import DEEPEST, TooDeep, depth, read_json

PIECES = ["[", "]", "{", "}", '{"a":', '"', "\\", '\\"', '"\\\\"', "\\u", ",", "1", "\n", '"x"']
JSON = st.recursive(
    st.text('[{"\\', max_size=4) | st.integers(), lambda inner: st.lists(inner, max_size=2), max_leaves=30
)


def hook(text: str) -> object:
    """What a web hook's body says."""
    return json_object(text.encode())


def descend(calls: int) -> None:
    """Need room for so many calls."""
    if calls:
        descend(calls - 1)


def reached(text: str) -> int:
    """How deep Python's own reader goes before it ends or gives up."""
    deep = deepest = 0
    decoder: Any = json.JSONDecoder()
    scanners: Any = scanner

    def counted(read: Callable[..., object]) -> Callable[..., object]:
        def enter(*given: object) -> object:
            nonlocal deep, deepest
            deep += 1
            deepest = max(deep, deepest)
            try:
                return read(*given)
            finally:
                deep -= 1

        return enter

    decoder.parse_array, decoder.parse_object = counted(decoder.parse_array), counted(decoder.parse_object)
    decoder.scan_once = scanners.py_make_scanner(decoder)
    with contextlib.suppress(ValueError):
        decoder.decode(text)
    return deepest


@pytest.mark.parametrize("read", [parse, hook])
@pytest.mark.parametrize("piece", ["[", '{"a":'])
def test_the_collector_finds_room_whatever_is_read(read: Callable[[str], object], piece: str) -> None:
    """What garbage collection has to do while a text is read can be done, however deep the text nests."""
    undone = []

    def collecting(phase: str, _what: dict[str, int]) -> None:
        try:
            descend(100)
        except RecursionError:
            undone.append(phase)

    usual = gc.get_threshold()
    gc.callbacks.append(collecting)
    gc.set_threshold(1, 1_000_000, 1_000_000)
    try:
        with pytest.raises(ValueError, match=r"\w"):
            read(piece * 10_000)
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.remove(collecting)
    assert undone == []


@pytest.mark.parametrize("read, words", [(parse, "one JSON object"), (hook, "more than 16 deep")])
def test_a_text_may_nest_as_deep_as_we_say(read: Callable[[str], object], words: str) -> None:
    """Sixteen lists and objects in one another are read, one more is refused."""
    inner = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert read(f'{{"type":"pong","more":{inner}}}')
    with pytest.raises(ValueError, match=words):
        read(f'{{"type":"pong","more":[{inner}]}}')


@given(st.text('[]{}"\\,', min_size=1, max_size=400))
@example("[" * 16_000)
def test_brackets_that_people_write_are_text(text: str) -> None:
    """A message may hold as many brackets, quotes and backslashes as its writer likes."""
    assert parse(json.dumps({"type": "message", "client_message_id": "m1", "text": text})) == Say("m1", text)


@given(JSON.map(json.dumps), st.integers(0, 80), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_no_text_is_deeper_than_it_looks(whole: str, upto: int, more: str) -> None:
    """Python's reader never goes deeper into a text than was told before, also where it breaks off or goes wrong."""
    assert reached(whole[:upto] + more) <= depth(whole[:upto] + more)


@given(JSON)
def test_a_whole_text_is_as_deep_as_it_looks(value: object) -> None:
    """Of a text that is JSON the depth is told exactly, so nobody is refused for nothing."""
    text = json.dumps(value)
    assert depth(text) == reached(text)
    if depth(text) <= DEEPEST:
        assert read_json(text) == value == read_json(text.encode("utf-16"))
    else:
        with pytest.raises(TooDeep):
            read_json(text)
