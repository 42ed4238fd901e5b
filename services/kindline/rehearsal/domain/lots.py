"""Lots that can be drawn again: each is a pure function of a seed and a name, so a day, or part of it, can be repeated.

Because no generator runs on from call to call, a call has the same lot whatever span of the day is rehearsed.
"""

from __future__ import annotations

import hashlib

BYTES = 7
"""As many as a float holds without rounding up to 1."""


def lot(seed: int, name: str) -> float:
    """A number from 0 to below 1, spread evenly over names."""
    drawn = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=BYTES).digest()
    return (int.from_bytes(drawn, "big") >> 3) / (1 << (BYTES * 8 - 3))
