"""A plan as the document of a plan file: what `kindline plan apply` reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import IntEnum

from kindline.language.plan import Plan


def plan_document(plans: Iterable[Plan]) -> dict[str, object]:
    """Plain mappings, lists, texts and numbers; fields without a value are left out."""
    return {"pools": [_plain(plan) for plan in plans]}


def _plain(value: object) -> object:
    if is_dataclass(value):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(found) for name, found in pairs if not _is_silent(found)}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _is_silent(value: object) -> bool:
    """Whether a field says nothing: an absent one, or a choice that was not made."""
    return value is None or (isinstance(value, IntEnum) and not value)
