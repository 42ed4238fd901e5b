"""Who serves a requirement class: the profiles that do, and their agents where these are few."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, TypeAlias

from kindline.routing.domain.requirements import Requirement

if TYPE_CHECKING:
    from kindline.routing.domain.profile import Profile

Numbers: TypeAlias = "array[int]"
"""Of agents: one after the other in memory, so that many are looked at in little time."""


class Able:
    """The agents of some profiles, who all have these skills, as bits, at the least.

    Where they are few, `numbers` are those of all of them, as of the first `seen` of all joins.
    """

    __slots__ = ("numbers", "profiles", "seen", "skills")

    def __init__(self, profiles: set[Profile], skills: int = 0) -> None:
        """Nobody has asked for the numbers yet; the set may grow by profiles that nobody has joined yet."""
        self.profiles = profiles
        self.skills = skills
        self.numbers: Numbers | None = None
        self.seen = -1


class Served:
    """One requirement class: its number, its bit in masks, and who serves it.

    `tiers` are those of `able`, the most skilled first: each tier has the same levels beyond those needed.
    """

    __slots__ = ("able", "bit", "number", "requirement", "rules", "tiers")

    def __init__(self, number: int, requirement: Requirement, bit: int, able: Able) -> None:
        """Nothing is known of the tiers yet."""
        self.number = number
        self.requirement = requirement
        self.bit = bit
        self.able = able
        self.tiers: list[Able] = []
        self.rules: dict[str, int] = {}
        """For each rule the bits of those whom it leaves out by what they can do; empty until asked for."""
