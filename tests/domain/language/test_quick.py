"""What is made quickly is what the class would have made: equal, frozen, and as strict about what it is given."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields, replace
from typing import Any, get_args

import pytest

from kindline.language.facts import Fact
from kindline.language.facts.offers import OfferIssued
from kindline.language.quick import made_quickly, maker


@dataclass(frozen=True, slots=True)
class Parcel:
    """A fact as facts are, but for keywords: it may be made by position too."""

    to: str
    weight: float = 1.5
    labels: dict[str, str] = field(default_factory=dict)


def some_values(kind: type[Any]) -> dict[str, Any]:
    """Something for each field that has no default."""
    needed = [one for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    return {one.name: f"some {one.name}" for one in needed}


@pytest.mark.parametrize("kind", get_args(Fact))
def test_a_fact_is_the_same_however_it_is_made(kind: type[Any]) -> None:
    """Made by its class, by its maker, or by changing another, a fact is the same and cannot be changed."""
    given = some_values(kind)
    made = maker(kind)(**given)
    assert made == kind(**given) == replace(made)
    assert type(made) is kind
    assert repr(made) == repr(kind(**given))
    for name in [one.name for one in fields(kind)]:
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, "other")


def test_a_maker_asks_for_what_its_class_asks_for() -> None:
    """Too little, too much, and values without their names are refused."""
    make: Any = maker(OfferIssued)
    given = some_values(OfferIssued)
    with pytest.raises(TypeError):
        make(*given.values())
    with pytest.raises(TypeError):
        make(**given, colour="red")
    given.popitem()
    with pytest.raises(TypeError):
        make(**given)


def test_no_two_share_what_each_has_of_its_own() -> None:
    """A default that is made anew is made anew for each, by a maker and by a class that makes quickly."""
    for make in (maker(Parcel), made_quickly(Parcel)):
        first, second = make("amy"), make("amy", 1.5)
        assert first == second
        first.labels["fragile"] = "yes"
        assert not second.labels
