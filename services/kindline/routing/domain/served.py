"""Who serves a requirement class: the profiles that do, and their agents as the bits of one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kindline.routing.domain.requirements import Requirement

if TYPE_CHECKING:
    from kindline.routing.domain.profile import Profile


Join = tuple[int, "Profile | None", "Profile"]
"""The number of an agent, the profile they had, and the one they have from here on."""


class Able:
    """The agents of some profiles: in `bits` each has the bit of their number, as of the first `seen` of all joins.

    `asked` is the class, where they are all who serve it; -1 was seen where nobody has asked for the bits yet.
    """

    __slots__ = ("asked", "bits", "joins", "profiles", "seen")

    def __init__(self, profiles: set[Profile], asked: Requirement | None, joins: Sequence[Join]) -> None:
        """The set may grow by profiles that nobody has joined yet."""
        self.profiles = profiles
        self.asked = asked
        self.bits = 0
        self.joins = joins
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
