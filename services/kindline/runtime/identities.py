"""Fresh identities: the one door through which chance comes into names.

Promises edges and owners a name that no one else has. Everything that must be the same for every reader is derived
instead (`kindline.language.ids`).
"""

import os
import time
import uuid


def fresh_id() -> str:
    """A new random UUID, for replicas, sessions, owners and snapshots."""
    return str(uuid.uuid4())


def fresh_command_id(wall: float | None = None) -> str:
    """A new UUIDv7: the first 48 bits are the wall's milliseconds, by which a command that is too old is known."""
    milliseconds = int((time.time() if wall is None else wall) * 1000) & 0xFFFF_FFFF_FFFF
    chance = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & 0x3FFF_FFFF_FFFF_FFFF
    return str(uuid.UUID(int=value))
