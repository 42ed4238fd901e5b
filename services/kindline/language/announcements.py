"""Announcements that no plan needs to declare: words with which a told place or wait may become worse."""

from __future__ import annotations

OVERTAKEN = "kindline.overtaken"
"""Somebody more urgent was let before the customer: the place told is worse than the one before."""
DELAYED = "kindline.delayed"
"""It takes longer than the customer was told: the range told ends later than the one before."""
