"""What systems behind web hooks are told of decisions about their interactions.

A fold of one shard's log. Promises that the same log gives the same notices with the same ids wherever it is read, and
knows from where the log must be read again so that no notice can be lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kindline.channels.domain.identities import notice_id
from kindline.channels.domain.notice_bodies import body_of
from kindline.channels.domain.progress import Progress
from kindline.language import facts
from kindline.language.content import Because
from kindline.language.facts import Fact, InteractionReceived
from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading

_TYPES: dict[type, str] = {
    facts.InteractionReceived: "interaction.received",
    facts.InteractionQueued: "interaction.queued",
    facts.InteractionScheduled: "interaction.scheduled",
    facts.CustomerInformed: "customer.informed",
    facts.CallBackPromised: "call_back.promised",
    facts.InteractionAnswered: "interaction.answered",
    facts.InteractionHeld: "interaction.held",
    facts.InteractionResumed: "interaction.resumed",
    facts.InteractionSlept: "interaction.slept",
    facts.MessageSent: "message.sent",
    facts.InteractionCompleted: "interaction.completed",
    facts.InteractionClosed: "interaction.closed",
    facts.InteractionAbandoned: "interaction.abandoned",
    facts.InteractionDeflected: "interaction.deflected",
    facts.InteractionCancelled: "interaction.cancelled",
    facts.InteractionExpired: "interaction.expired",
}
_ENDS = (
    facts.InteractionClosed,
    facts.InteractionAbandoned,
    facts.InteractionDeflected,
    facts.InteractionCancelled,
    facts.InteractionExpired,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One web hook to send. `message_id` is the agent's message that it delivers, '' when it delivers none."""

    endpoint: str
    webhook_id: str
    because: Because
    received: InteractionReceived
    message_id: str
    body: bytes


@dataclass(slots=True)
class _Told:
    received: InteractionReceived
    offset: int
    before: Reading
    ended: bool = False
    waiting: int = 0


class Notices:
    """The notices of one shard for a set of endpoints (`tenant/pool/entry_point`)."""

    def __init__(self, shard: int, endpoints: Collection[str]) -> None:
        """Begin with nothing told of."""
        self._shard = shard
        self._endpoints = frozenset(endpoints)
        self._told: dict[str, _Told] = {}
        self._waiting: dict[int, int] = {}

    def apply(self, batch: DecisionBatch, offset: int, before: Reading) -> list[Notice]:
        """Fold one batch that counts; `before` is the reading that it was judged by."""
        because = Because(epoch=batch.epoch, seq=batch.seq, offset=offset)
        found = [self._notice(fact, n, because, batch.decided_at, before) for n, fact in enumerate(batch.facts)]
        return [notice for notice in found if notice is not None]

    def settled(self, notice: Notice) -> None:
        """A notice was delivered, or given up."""
        offset, identity = notice.because.offset, notice.received.interaction_id
        self._waiting[offset] -= 1
        if not self._waiting[offset]:
            del self._waiting[offset]
        told = self._told[identity]
        told.waiting -= 1
        if told.ended and not told.waiting:
            del self._told[identity]

    def progress(self, next_offset: int, reading: Reading) -> Progress:
        """What to commit when the log was read up to `next_offset` with `reading`."""
        delivered_to = min(self._waiting, default=next_offset)
        # The oldest is the first that was put in: interactions are received in the order of the log.
        oldest = next(iter(self._told.values()), None)
        if oldest is None:
            return Progress(next_offset, reading, delivered_to)
        return Progress(oldest.offset, oldest.before, delivered_to)

    @property
    def waiting(self) -> int:
        """How many notices are not settled."""
        return sum(self._waiting.values())

    def _notice(self, fact: Fact, index: int, because: Because, at: float, before: Reading) -> Notice | None:
        kind = _TYPES.get(type(fact))
        if kind is None:
            return None
        identity: str = getattr(fact, "interaction_id", "")
        if isinstance(fact, InteractionReceived) and f"{fact.pool}/{fact.entry_point}" in self._endpoints:
            self._told[identity] = _Told(fact, because.offset, before)
        told = self._told.get(identity)
        if told is None:
            return None
        told.ended = told.ended or isinstance(fact, _ENDS)
        told.waiting += 1
        self._waiting[because.offset] = self._waiting.get(because.offset, 0) + 1
        return Notice(
            endpoint=f"{told.received.pool}/{told.received.entry_point}",
            webhook_id=notice_id(self._shard, because.offset, index),
            because=because,
            received=told.received,
            message_id=fact.message_id if isinstance(fact, facts.MessageSent) else "",
            body=body_of(kind, fact, told.received, because, at),
        )
