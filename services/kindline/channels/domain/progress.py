"""How far the senders of web hooks have come in one shard, as the note beside a committed offset.

The offset says where reading begins again: at the first decision about the oldest interaction that is still told of.
The note holds the reading at that offset, and the offset below which everything was delivered.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.reading import Reading


@dataclass(frozen=True, slots=True)
class Progress:
    """Read on from `offset` with `reading`; what lies below `delivered_to` was delivered."""

    offset: int
    reading: Reading
    delivered_to: int

    def note(self) -> str:
        """The note to commit beside the offset."""
        return f"{self.reading.epoch} {self.reading.seq} {self.delivered_to} {self.reading.owner}"


def progress(offset: int, note: str) -> Progress | None:
    """What a committed offset and its note say; None when the note is not ours."""
    words = note.split(" ", 3)
    if len(words) != 4 or not all(word.isdigit() for word in words[:3]):  # noqa: PLR2004 - as note() writes it
        return None
    epoch, seq, delivered_to = (int(word) for word in words[:3])
    return Progress(offset, Reading(epoch, words[3], seq), delivered_to)
