"""What customers answer to an offered call-back, as facts on kindline.interactions. These names are the storage."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackAccepted:
    """CallBackAccepted: the customer takes a call-back that they were offered."""

    wished_at: float | None = None
    content: Content | None = None
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackDeclined:
    """CallBackDeclined: the customer would rather wait; it costs them nothing."""
