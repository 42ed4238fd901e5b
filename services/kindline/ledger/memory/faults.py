"""What may go wrong with one append, as a value, so that a seeded simulation can choose it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Outcome(Enum):
    """What the writer hears in the end."""

    ACKNOWLEDGED = auto()
    UNKNOWN = auto()
    """AppendUnknown, whether or not the record is in the log."""
    REFUSED = auto()
    """AppendRefused; the record is not in the log."""
    UNAVAILABLE = auto()
    """LedgerUnavailable; the record is not in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendFault:
    """How one append goes.

    It stands in the log `before` seconds after it began, `copies` times (0: lost on the way; 2: a repeat of a repeat),
    and the writer hears `outcome` `after` seconds later, counted from there; AppendUnknown comes after 5 s in any case,
    so a `before` above 5 makes a record of a writer who has long given up: a zombie's.
    """

    before: float = 0.0
    copies: int = 1
    after: float = 0.0
    outcome: Outcome = Outcome.ACKNOWLEDGED


ACKNOWLEDGED = AppendFault()
"""The append goes well, at once."""
