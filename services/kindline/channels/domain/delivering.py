"""How far a message to the customer has come: a lattice, so that late or repeated reports change nothing."""

from __future__ import annotations

from kindline.language.events import DeliveryState


def joined(before: DeliveryState, report: DeliveryState) -> DeliveryState:
    """What is known after a report: states only rise, and FAILED is final.

    READ and FAILED cannot both be true; whichever was known first stays, since the other contradicts what was seen.
    """
    if before in {DeliveryState.READ, DeliveryState.FAILED}:
        return before
    if before is DeliveryState.DELIVERED and report is DeliveryState.FAILED:
        return before
    return max(before, report)


def news(before: DeliveryState, report: DeliveryState) -> bool:
    """Whether a report says anything that was not known."""
    return joined(before, report) is not before
