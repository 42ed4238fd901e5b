"""Turns the shape of a class into two functions, once: `build` makes the value of a message, `fill` the reverse.

This is the hottest path of the system, so the functions are written out as Python source for each class. Two things
make `build` quick. Reading a message field costs more than anything else, so each is read once. And the frozen __init__
of a dataclass pays an object.__setattr__ per field, which costs four times as much as the rest: a value is put together
as an open twin with the same slots, and becomes the frozen class in the end, before anybody else can see it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from kindline.ledger.codec.errors import Undecodable
from kindline.ledger.codec.shapes import ABSENT, Arm, Field, Kind, OneofDescriptor, arms_of, fields_of, union_of
from kindline.v1 import agent_pb2, common_pb2, decision_pb2, floor_pb2, interaction_pb2, plan_pb2, sla_pb2, state_pb2

Build = Callable[[Any], Any]
Fill = Callable[[Any, Any], None]

_FILES = (agent_pb2, common_pb2, decision_pb2, floor_pb2, interaction_pb2, plan_pb2, sla_pb2, state_pb2)

MESSAGES: dict[str, Any] = {
    name: getattr(file, name) for file in _FILES for name in file.DESCRIPTOR.message_types_by_name
}
"""Every message of the facts' protos by its name, which is the name of its dataclass."""


@dataclass(frozen=True, slots=True)
class Coder:
    """Both directions for one class or one union: a message to its value, a value into an empty message."""

    message: Any
    build: Build
    fill: Fill


class _Numbers(dict[int, IntEnum]):
    """The members of an enum by number; an unknown number is broken input, told in words."""

    def __init__(self, enum: type[IntEnum]) -> None:
        super().__init__({member.value: member for member in enum})
        self._name = enum.__name__

    def __missing__(self, number: int) -> IntEnum:
        raise Undecodable(f"{self._name} has no number {number}")


@functools.cache
def coder(cls: type) -> Coder:
    """The coder of a dataclass of the language. Raises LookupError without a message, ShapeMismatch if they differ."""
    message = MESSAGES[cls.__name__]
    fields = fields_of(cls, message.DESCRIPTOR)
    return Coder(message, _builder(cls, fields), _filler(cls, fields))


@functools.cache
def union_coder(name: str, union: Any) -> Coder:
    """The coder of a message that is one choice and nothing else, as Fact: values stay without a wrapper."""
    message = MESSAGES[name]
    [oneof] = message.DESCRIPTOR.oneofs
    if len(oneof.fields) != len(message.DESCRIPTOR.fields):
        raise LookupError(f"{name} is more than a choice")
    arms = arms_of(union, oneof)
    build, arm_by_type = _choice_builder(oneof, arms), _choice_fillers(arms)

    def fill(target: Any, value: Any) -> None:
        field, fill_arm = arm_by_type[type(value)]
        arm = getattr(target, field)
        arm.SetInParent()
        fill_arm(arm, value)

    return Coder(message, build, fill)


def _choice_builder(oneof: OneofDescriptor, arms: tuple[Arm, ...], *, optional: bool = False) -> Build:
    """What a choice holds. Raises Undecodable when nothing that this version knows was chosen, unless it may be."""
    builders = {arm.field: coder(arm.type).build if arm.is_message else _itself for arm in arms}
    name, owner = oneof.name, oneof.containing_type.name

    def build(message: Any) -> Any:
        chosen = message.WhichOneof(name)
        if chosen is not None:
            return builders[chosen](getattr(message, chosen))
        if optional:
            return None
        raise Undecodable(f"{owner} without {name}, or with one that this version does not know")

    return build


def _choice_fillers(arms: tuple[Arm, ...]) -> dict[type, tuple[str, Any]]:
    return {arm.type: (arm.field, coder(arm.type).fill if arm.is_message else None) for arm in arms}


def _itself(value: Any) -> Any:
    return value


def _in_order(entries: Any) -> dict[str, str]:
    """A map by the order of its keys: the wire keeps none, and equal states must also look equal in every process."""
    return dict(sorted(entries.items())) if len(entries) > 1 else dict(entries.items())


def _builder(cls: type, fields: tuple[Field, ...]) -> Build:
    """Write `build(m)` for a class, as the docstring of this module explains."""
    if not fields:
        value = cls()
        return lambda _: value
    names: dict[str, Any] = {"cls": cls, "twin": type("Twin", (), {"__slots__": cls.__slots__})}  # type: ignore[attr-defined]
    lines = ["def build(m):", " o = twin()"]
    for number, field in enumerate(fields):
        lines.append(f" o.{field.name} = {_reading(cls, field, f'x{number}', names)}")
    lines += [" o.__class__ = cls", " return o"]
    return _compiled(lines, names, f"{cls.__name__}.build")  # type: ignore[no-any-return]


def _reading(cls: type, field: Field, key: str, names: dict[str, Any]) -> str:
    """The expression that reads one field of the message `m`; what it needs is put into `names` under `key`."""
    here = f"m.{field.name}"
    if field.kind is Kind.MAP:
        names[key] = _in_order
        return f"{key}(x) if (x := {here}) else {{}}"
    if field.kind is Kind.ONEOF:
        oneof = MESSAGES[cls.__name__].DESCRIPTOR.oneofs_by_name[field.oneof]
        names[key] = _choice_builder(oneof, field.arms, optional=field.optional)
        return f"{key}(m)"
    if field.kind is Kind.ENUM:
        names[key] = _Numbers(field.type)
    elif field.kind is not Kind.SCALAR:
        names[key] = _message_coder(cls, field).build
    if field.repeated:
        # As a slice all come at once; one by one, each is asked for and the end is told by an error.
        each = {Kind.SCALAR: "x[:]", Kind.ENUM: f"map({key}.__getitem__, x[:])"}.get(field.kind, f"map({key}, x[:])")
        return f"tuple({each}) if (x := {here}) else ()"
    value = {Kind.SCALAR: here, Kind.ENUM: f"{key}[{here}]"}.get(field.kind, f"{key}({here})")
    if field.optional:
        return f"{value} if m.HasField('{field.name}') else None"
    if field.default is not ABSENT:
        names[f"{key}_default"] = field.default
        return f"{value} if m.HasField('{field.name}') else {key}_default"
    return value


def _filler(cls: type, fields: tuple[Field, ...]) -> Fill:
    """Write `fill(m, v)` for a class; what equals the wire's own default is not written."""
    names: dict[str, Any] = {}
    lines = ["def fill(m, v):", " pass"]
    for number, field in enumerate(fields):
        lines += [" " + line for line in _writing(cls, field, f"x{number}", names)]
    return _compiled(lines, names, f"{cls.__name__}.fill")  # type: ignore[no-any-return]


def _writing(cls: type, field: Field, key: str, names: dict[str, Any]) -> list[str]:
    """The statements that write one field of the value `v` into the message `m`."""
    read = f"x := v.{field.name}"
    if field.kind is Kind.MAP:
        return [f"if {read}: m.{field.name}.update(x)"]
    if field.kind is Kind.ONEOF:
        names[key] = _choice_fillers(field.arms)
        return [f"if ({read}) is not None:", *[f" {line}" for line in _arm_writing(key)]]
    if field.kind in {Kind.SCALAR, Kind.ENUM}:
        if field.repeated:
            return [f"if {read}: m.{field.name}.extend(x)"]
        return [f"if ({read}) is not None: m.{field.name} = x" if field.optional else f"if {read}: m.{field.name} = x"]
    names[key] = _message_coder(cls, field).fill
    if field.repeated:
        return [f"if {read}:", f" add = m.{field.name}.add", f" for each in x: {key}(add(), each)"]
    names[f"{key}_default"] = None if field.optional else field.default
    return [f"if ({read}) is not {key}_default:", f" s = m.{field.name}; s.SetInParent(); {key}(s, x)"]


def _arm_writing(key: str) -> list[str]:
    return [
        f"name, fill_arm = {key}[type(x)]",
        "if fill_arm is None: setattr(m, name, x)",
        "else: s = getattr(m, name); s.SetInParent(); fill_arm(s, x)",
    ]


def _message_coder(cls: type, field: Field) -> Coder:
    if field.kind is Kind.MESSAGE:
        return coder(field.type)
    wire = MESSAGES[cls.__name__].DESCRIPTOR.fields_by_name[field.name].message_type
    return union_coder(wire.name, union_of(tuple(arm.type for arm in field.arms)))


def _compiled(lines: list[str], names: dict[str, Any], name: str) -> Any:
    """Run the source that was written here, from names of our own classes only."""
    exec(compile("\n".join(lines), f"<{name}>", "exec"), names)  # noqa: S102 - as dataclasses do themselves
    return names[lines[0].partition("(")[0].removeprefix("def ")]
