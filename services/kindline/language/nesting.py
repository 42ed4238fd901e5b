"""Reads JSON that strangers wrote, unless it nests too deep to be read safely.

Promises that no text takes its reader to the bottom of the stack. Garbage collection may begin at any list that is
read; down there it finds no room for what other people's objects have to do at their end and leaves that undone, and
if another thread lowers the limit of the stack just then, Python ends the whole process.
"""

from __future__ import annotations

import json
from itertools import accumulate

DEEPEST = 16

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_STEPS))


class TooDeep(ValueError):
    """Lists and objects stand in one another more than DEEPEST deep."""


def read_json(text: str | bytes) -> object:
    """What the text says. Raises TooDeep, and ValueError when it is no JSON."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")  # As json.loads does.
    value: object = json.loads(shallow(text))
    return value


def shallow(text: str) -> str:
    """The same text, which may be read safely. Raises TooDeep."""
    if depth(text) > DEEPEST:
        raise TooDeep(f"nested more than {DEEPEST} deep")
    return text


def depth(text: str) -> int:
    """How deep a reader goes at most before this text ends or stops being JSON; itself it does not go deep."""
    strings_cut_out = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = strings_cut_out.encode("ascii", "ignore").translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))
