"""Facts that are quick to make, for whoever makes very many of them: the engine, and nobody needs to know.

The __init__ of a frozen dataclass asks object.__setattr__ once for each field, which was 18% of what the engine does
for a decision (`tests/bench/engine.py`, sampled). Here an object is first one of an open class with the same slots,
where setting a field costs next to nothing, and is what it shall be before anybody else can see it: a fact of five
fields takes two thirds of the time, one of seventeen a third.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Made = TypeVar("Made")


def made_quickly(cls: type[Made]) -> type[Made]:
    """Give a dataclass that is frozen, has slots and takes keywords only an __init__ that does the same sooner."""
    slots = {"__slots__": tuple(field.name for field in fields(cls))}  # type: ignore[arg-type]
    names = {"cls": cls, "open_class": type("Open", (), slots), "set_class": object.__setattr__}
    asked, lines = [], [" set_class(self, '__class__', open_class)"]
    for field in fields(cls):  # type: ignore[arg-type]
        asked.append(_asked(field, names))
        lines.append(f" self.{field.name} = {_given(field, names)}")
    source = [f"def __init__(self, *, {', '.join(asked)}):", *lines, " self.__class__ = cls"]
    exec("\n".join(source), names)  # noqa: S102 - as dataclasses do themselves, from names of our own classes only
    cls.__init__ = names["__init__"]  # type: ignore[assignment]
    return cls


def _asked(field: Field[Any], names: dict[str, Any]) -> str:
    """How a field stands among what __init__ asks for."""
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
