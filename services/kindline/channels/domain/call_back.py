"""What a page knows of a call-back: whether one was offered to its visitor, and whether they took it."""

from __future__ import annotations

from enum import Enum

from kindline.language.snapshot import InteractionRow


class CallBack(Enum):
    """What has become of a call-back, in the words of the page."""

    NONE = ""
    OFFERED = "offered"
    PROMISED = "promised"


def call_back_of(row: InteractionRow) -> CallBack:
    """What has become of it by a snapshot."""
    if row.call_back is not None:
        return CallBack.PROMISED
    return CallBack.OFFERED if row.call_back_offered else CallBack.NONE


def kept(before: CallBack) -> CallBack:
    """What has become of it once the customer was answered: a promise was kept, and the offer stands."""
    return CallBack.OFFERED if before is CallBack.PROMISED else before
