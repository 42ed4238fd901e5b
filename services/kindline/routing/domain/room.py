"""Who has room for what, so that whoever can be given something is found without looking at anybody."""

from __future__ import annotations

from kindline.routing.domain.capacity import FIRST_QUEUE_BIT

CHANNELS = (1 << FIRST_QUEUE_BIT) - 1
"""The bits of all channels in masks; beside them only queues with a limit of their own have bits."""


class Room:
    """Which agents have room on each channel, and for anything at all, as the bits of their numbers.

    Those who have room for the same are kept together, so that whoever has other room than before leaves one number and
    joins one other, however many channels that is about; there are few different rooms. With `every`, queues that have
    a limit of their own count as well: in large pools these would be too many.
    """

    __slots__ = ("_alike", "_kept")

    def __init__(self, *, every: bool = False) -> None:
        """Begin with nobody."""
        self._alike: dict[int, int] = {}
        self._kept = -1 if every else CHANNELS

    def of(self, bit: int) -> int:
        """Who has room for a bit; where that is not kept, whoever has room for anything."""
        kept, found = bit & self._kept, 0
        for mask, bits in self._alike.items():
            if mask & kept or not kept:
                found |= bits
        return found

    def change(self, number: int, before: int, after: int) -> None:
        """The agent of this number has other room than before."""
        own, alike = 1 << number, self._alike
        for mask in (before, after):
            if mask:
                bits = alike.get(mask & self._kept, 0) ^ own
                if bits:
                    alike[mask & self._kept] = bits
                else:
                    del alike[mask & self._kept]
