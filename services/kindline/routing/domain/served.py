"""Who serves a requirement class: the profiles that do, and their agents as the bits of one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kindline.routing.domain.requirements import Requirement

if TYPE_CHECKING:
    from kindline.routing.domain.profile import Profile


class Able:
    """The agents of some profiles; in `bits` each has the bit of their number, or it is None until asked for.

    `asked` is the class, where they are all who serve it.
    """

    __slots__ = ("asked", "bits", "profiles")

    def __init__(self, profiles: set[Profile], asked: Requirement | None) -> None:
        """The set may grow; whoever lets it grow, or an agent join one of the profiles, forgets the bits."""
        self.profiles = profiles
        self.asked = asked
        self.bits: int | None = None


class Served:
    """One requirement class: its number, its bit in masks, and who serves it.

    `tiers` are those of `able`, the most skilled first: each tier has the same levels beyond those needed.
    """

    __slots__ = ("able", "bit", "number", "requirement", "rules", "tiers")

    def __init__(self, number: int, requirement: Requirement, bit: int, profiles: set[Profile]) -> None:
        """Nothing is known of the tiers yet."""
        self.number = number
        self.requirement = requirement
        self.bit = bit
        self.able = Able(profiles, requirement)
        self.tiers: list[Able] = []
        self.rules: dict[str, int] = {}
        """For each rule the bits of those whom it leaves out by what they can do; empty until asked for."""
