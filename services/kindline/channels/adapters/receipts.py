"""Turns what happened on a page into delivery reports about agents' messages.

Promises routing that SENT is said when the socket took a line, DELIVERED and READ when the page said so, each once.
"""

from __future__ import annotations

from kindline.channels.adapters.following import Following
from kindline.channels.adapters.reporting import Report, Reporter
from kindline.channels.domain.conversation import Conversation
from kindline.channels.domain.identities import CHAT_SOURCE
from kindline.channels.domain.telling import delivered_lines
from kindline.language.events import DeliveryState


class Receipts:
    """Reports for all pages of this process."""

    def __init__(self, following: Following, reporter: Reporter) -> None:
        """Report through this reporter."""
        self._following = following
        self._reporter = reporter

    def sent(self, conversation: Conversation, after: int, upto: int) -> None:
        """A socket took the lines above `after`, up to `upto`."""
        self._report(conversation, after, upto, DeliveryState.SENT)

    def seen(self, conversation: Conversation, after: int, upto: int, *, read: bool) -> None:
        """The page has the lines above `after`, up to `upto`, and with `read`, the visitor saw them."""
        self._report(conversation, after, upto, DeliveryState.READ if read else DeliveryState.DELIVERED)

    def _report(self, conversation: Conversation, after: int, upto: int, state: DeliveryState) -> None:
        received = conversation.received
        for line in delivered_lines(conversation, after, upto):
            # A line out of a snapshot does not know its own decision; any later one that counts rests on it.
            because = line.because or self._following.of(received.pool).position
            if because is not None:
                self._reporter.report(
                    Report(
                        received=received,
                        message_id=line.message_id,
                        state=state,
                        because=because,
                        source=CHAT_SOURCE,
                        channel="chat",
                    )
                )
