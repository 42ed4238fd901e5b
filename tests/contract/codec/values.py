"""Draws any value of the language, from the type hints alone, so that a new fact is covered on the day it is born."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from hypothesis import strategies as st

INT32 = st.integers(-(2**31), 2**31 - 1)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)


def values_of(cls: type) -> st.SearchStrategy[Any]:
    """Any value of a dataclass of the language, defaults included or not."""
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field.name: _hinted(hints[field.name]) for field in dataclasses.fields(cls)})


def _hinted(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type hint has no type
    origin = typing.get_origin(hint)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([_hinted(form) for form in typing.get_args(hint)])
    if origin is tuple:
        return st.lists(_hinted(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXT, TEXT, max_size=3)
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return st.sampled_from(hint)
    if dataclasses.is_dataclass(hint):
        return st.deferred(lambda: values_of(typing.cast("type", hint)))
    return {
        str: TEXT,
        bytes: st.binary(max_size=12),
        bool: st.booleans(),
        int: INT32,
        float: st.floats(allow_nan=False),
        types.NoneType: st.none(),
    }[hint]
