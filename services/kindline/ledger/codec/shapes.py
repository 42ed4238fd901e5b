"""How a dataclass of the language lies on its message: found once per class, from type hints and descriptors.

Both sides use the same names, so there is no table to maintain, and nothing to forget: a field, a choice or an enum
number that stands on one side only is a ShapeMismatch the first time the class is used, and in the contract tests.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

# protobuf's stubs know two classes for each descriptor, of the C and of the Python implementation.
Descriptor = Any
OneofDescriptor = Any
EnumDescriptor = Any

ABSENT: Final = object()
"""Stands for: this field has no default, so an absent message is read as an empty one."""

SCALARS: Final = {
    FieldDescriptor.TYPE_STRING: str,
    FieldDescriptor.TYPE_BYTES: bytes,
    FieldDescriptor.TYPE_BOOL: bool,
    FieldDescriptor.TYPE_DOUBLE: float,
    FieldDescriptor.TYPE_INT32: int,
    FieldDescriptor.TYPE_INT64: int,
}


class ShapeMismatch(TypeError):
    """Language and protos disagree about a class: a mistake of the programmer, never of the input."""


class Kind(Enum):
    """What a field holds."""

    SCALAR = auto()
    ENUM = auto()
    MESSAGE = auto()
    MAP = auto()
    ONEOF = auto()
    """A choice made in this message, under the name of its oneof."""
    WRAPPED = auto()
    """A choice made in a message of its own, which holds nothing else."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One form that a choice can take: its field, its type in the language, and whether it is a message."""

    field: str
    type: type
    is_message: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a dataclass and what it is on the wire."""

    name: str
    kind: Kind
    repeated: bool = False
    optional: bool = False
    type: type = object
    """The class of an ENUM or MESSAGE."""
    default: Any = ABSENT
    """What an absent MESSAGE is read as; an equal, identical value is not written."""
    oneof: str = ""
    """The name of the choice of ONEOF and WRAPPED."""
    arms: tuple[Arm, ...] = ()


def fields_of(cls: type, descriptor: Descriptor) -> tuple[Field, ...]:
    """Every field of a dataclass with its place on the wire, in the dataclass's order. Raises ShapeMismatch."""
    hints = typing.get_type_hints(cls)
    fields = tuple(_field(cls, each, hints[each.name], descriptor) for each in dataclasses.fields(cls))
    named = {field.name for field in fields if field.kind is not Kind.ONEOF}
    named |= {arm.field for field in fields if field.kind is Kind.ONEOF for arm in field.arms}
    if missing := set(descriptor.fields_by_name) - named:
        raise ShapeMismatch(f"{cls.__name__} lacks what {descriptor.full_name} has: {', '.join(sorted(missing))}")
    return fields


def arms_of(union: Any, oneof: OneofDescriptor) -> tuple[Arm, ...]:
    """The forms of a choice: each type of the union with the oneof's field of that type. Raises ShapeMismatch."""
    by_type = {_arm_name(field): field for field in oneof.fields}
    forms = [form for form in _members(union) if form is not types.NoneType]
    if {form.__name__ for form in forms} != set(by_type):
        differing = {form.__name__ for form in forms} ^ set(by_type)
        raise ShapeMismatch(f"{oneof.full_name} and its union differ in {', '.join(sorted(differing))}")
    return tuple(Arm(by_type[form.__name__].name, form, bool(by_type[form.__name__].message_type)) for form in forms)


def _field(cls: type, field: dataclasses.Field[Any], hint: Any, descriptor: Descriptor) -> Field:
    forms = _members(hint)
    if oneof := descriptor.oneofs_by_name.get(field.name):
        return Field(
            name=field.name,
            kind=Kind.ONEOF,
            optional=types.NoneType in forms,
            oneof=oneof.name,
            arms=arms_of(hint, oneof),
        )
    wire = descriptor.fields_by_name.get(field.name)
    if wire is None:
        raise ShapeMismatch(f"{descriptor.full_name} lacks what {cls.__name__} has: {field.name}")
    if wire.message_type and wire.message_type.GetOptions().map_entry:
        if typing.get_origin(hint) is not Mapping:
            raise ShapeMismatch(f"{descriptor.full_name}.{field.name} is a map, {cls.__name__} says {hint}")
        return Field(name=field.name, kind=Kind.MAP)
    repeated = typing.get_origin(hint) is tuple
    if repeated != wire.is_repeated:
        raise ShapeMismatch(f"{descriptor.full_name}.{field.name} is repeated on one side only")
    if repeated:
        forms = _members(typing.get_args(hint)[0])
    optional = types.NoneType in forms
    forms = tuple(form for form in forms if form is not types.NoneType)
    if optional and not wire.has_presence:
        raise ShapeMismatch(f"{descriptor.full_name}.{field.name} cannot be absent on the wire")
    return _typed(Field(name=field.name, kind=Kind.SCALAR, repeated=repeated, optional=optional), forms, wire, field)


def _typed(shape: Field, forms: tuple[type, ...], wire: Any, field: dataclasses.Field[Any]) -> Field:
    """Complete a field by what it holds. Raises ShapeMismatch."""
    if len(forms) > 1:
        [oneof] = wire.message_type.oneofs
        return dataclasses.replace(shape, kind=Kind.WRAPPED, oneof=oneof.name, arms=arms_of(union_of(forms), oneof))
    [form] = forms
    if wire.enum_type:
        _check_enum(form, wire.enum_type)
        return dataclasses.replace(shape, kind=Kind.ENUM, type=form)
    if wire.message_type:
        if form.__name__ != wire.message_type.name:
            raise ShapeMismatch(f"{wire.full_name} is a {wire.message_type.name}, not a {form.__name__}")
        return dataclasses.replace(shape, kind=Kind.MESSAGE, type=form, default=_default(field, shape))
    if SCALARS.get(wire.type) is not form:
        raise ShapeMismatch(f"{wire.full_name} does not hold what {form.__name__} holds")
    return shape


def _default(field: dataclasses.Field[Any], shape: Field) -> Any:
    if shape.repeated or shape.optional:
        return ABSENT
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else ABSENT


def _check_enum(form: type, wire: EnumDescriptor) -> None:
    if not issubclass(form, IntEnum):
        raise ShapeMismatch(f"{wire.full_name} is an enum, {form.__name__} is none")
    prefix = "".join("_" + letter if letter.isupper() else letter.upper() for letter in wire.name).removeprefix("_")
    ours = {f"{prefix}_{each.name}": each.value for each in form}
    theirs = {each.name: each.number for each in wire.values}
    if ours != theirs:
        raise ShapeMismatch(f"{wire.full_name} and {form.__name__} differ in {sorted(set(ours) ^ set(theirs))}")


def _arm_name(field: Any) -> str:
    return str(field.message_type.name) if field.message_type else SCALARS[field.type].__name__


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in {types.UnionType, typing.Union} else (hint,)


def union_of(forms: tuple[type, ...]) -> Any:
    """The union of these classes."""
    return typing.Union[forms]  # noqa: UP007 - the members are only known while running
