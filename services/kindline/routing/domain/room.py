"""Who has room for what, so that whoever can be given something is found without looking at anybody."""

from __future__ import annotations


class Room:
    """Which agents have room on each channel, and for each queue with a limit of its own, as the bits of their numbers.

    Those who have room for the same are kept together, so that whoever has other room than before leaves one number and
    joins one other, however many channels and queues that is about. It is for small pools: such numbers grow with them.
    """

    __slots__ = ("_alike",)

    def __init__(self) -> None:
        """Begin with nobody."""
        self._alike: dict[int, int] = {}

    def of(self, bit: int) -> int:
        """Who has room for a bit."""
        found = 0
        for mask, bits in self._alike.items():
            if mask & bit:
                found |= bits
        return found

    def change(self, number: int, before: int, after: int) -> None:
        """The agent of this number has other room than before."""
        own, alike = 1 << number, self._alike
        for mask in (before, after):
            if mask:
                bits = alike.get(mask, 0) ^ own
                if bits:
                    alike[mask] = bits
                else:
                    del alike[mask]
