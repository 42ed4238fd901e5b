"""Facts that are quick to make, for whoever makes very many of them: the engine, and nobody needs to know.

The __init__ of a frozen dataclass asks object.__setattr__ once for each field, which was 18% of what the engine does
for a decision (`tests/bench/engine.py`, sampled). Here an object is first one of an open class with the same slots,
where setting a field costs next to nothing, and is what it shall be before anybody else can see it: a fact of five
fields takes two thirds of the time, one of seventeen a third. To call a class puts what it is given into a dictionary
first, which a function does not: `maker` gives one that takes a third of the time again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, ParamSpec, TypeVar

Made = TypeVar("Made")
Given = ParamSpec("Given")


def made_quickly(cls: type[Made]) -> type[Made]:
    """Give a dataclass that is frozen, has slots and takes keywords only an __init__ that does the same sooner."""
    names, asked, lines = _written(cls)
    names["set_class"] = object.__setattr__
    source = [f"def __init__(self, {asked}):", " set_class(self, '__class__', open_class)", *lines]
    exec("\n".join(source), names)  # noqa: S102 - as dataclasses do themselves, from names of our own classes only
    cls.__init__ = names["__init__"]  # type: ignore[method-assign]
    return cls


def maker(cls: Callable[Given, Made]) -> Callable[Given, Made]:
    """What calling a dataclass does that is frozen and has slots, as a function that does the same sooner."""
    names, asked, lines = _written(cls)
    source = [f"def make({asked}):", " self = open_class()", *lines, " return self"]
    exec("\n".join(source), names)  # noqa: S102 - as above
    return names["make"]  # type: ignore[no-any-return]


def _written(cls: Callable[..., Any]) -> tuple[dict[str, Any], str, list[str]]:
    """What the source of both needs: the names in it, what is asked for, and the lines from the first field on."""
    given = fields(cls)  # type: ignore[arg-type]
    slots = {"__slots__": tuple(field.name for field in given)}
    names: dict[str, Any] = {"cls": cls, "open_class": type("Open", (), slots)}
    asked = ["*"] if given[0].kw_only else []
    lines: list[str] = []
    for field in given:
        asked.append(_asked(field, names))
        lines.append(f" self.{field.name} = {_given(field, names)}")
    return names, ", ".join(asked), [*lines, " self.__class__ = cls"]


def _asked(field: Field[Any], names: dict[str, Any]) -> str:
    """How a field stands among what is asked for."""
    if field.default is not MISSING:
        names[f"default_{field.name}"] = field.default
        return f"{field.name}=default_{field.name}"
    if field.default_factory is not MISSING:
        names[f"make_{field.name}"] = field.default_factory
        return f"{field.name}=None"
    return field.name


def _given(field: Field[Any], names: dict[str, Any]) -> str:
    """What a field becomes."""
    made = f"make_{field.name}"
    return f"{made}() if {field.name} is None else {field.name}" if made in names else field.name
