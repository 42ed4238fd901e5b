"""SLA clocks as a stream room folds them: counting batches in, rows and records of kindline.sla out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence

from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.sla import SlaEvent, SlaMet, SlaWarned
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.ledger.port import Record
from kindline.ledger.stream import Output, StreamRoom
from kindline.ledger.stream.hosting import read_decision_log
from kindline.sla.adapters.rows import keep_changes, load_clocks
from kindline.sla.domain.clocks import Step

NAME = "kindline-sla"
SOURCE = "kindline/sla"
Seen = Callable[["ClocksFold", Record, Step], None]


class ClocksFold:
    """One partition's clocks; what they say goes to the shard's own partition."""

    def __init__(self, shard: int, rows: Mapping[bytes, bytes], seen: Seen) -> None:
        """Load the clocks; `seen` is told of every batch after it is folded. Raises UnknownRow."""
        self.shard = shard
        self.clocks = load_clocks(rows)
        self._seen = seen

    def fold(self, rows: MutableMapping[bytes, bytes], record: Record, content: DecisionRecord) -> Sequence[Output]:
        """Fold one counting record; a claim is no passing of time."""
        if not isinstance(content, DecisionBatch):
            return ()
        step = self.clocks.apply(content)
        keep_changes(rows, self.clocks, step)
        self._seen(self, record, step)
        return [said(event, self.shard) for event in step.events]

    def republish(self, rows: Mapping[bytes, bytes]) -> Sequence[Output]:
        """Say nothing again: what was said is on the topic for ever."""
        return ()


def sla_room(seen: Seen, folds: MutableMapping[int, ClocksFold]) -> StreamRoom[DecisionRecord]:
    """The room as the stream base runs it; `folds` is kept up to date with the newest fold of each shard."""

    def open_fold(shard: int, rows: Mapping[bytes, bytes]) -> ClocksFold:
        folds[shard] = ClocksFold(shard, rows, seen)
        return folds[shard]

    return StreamRoom(
        name=NAME,
        source=topics.DECISIONS,
        changelog=topics.SLA_CHANGELOG,
        read=read_decision_log(),
        open_fold=open_fold,
    )


def said(event: SlaEvent, shard: int) -> Output:
    """The record that says this, the same bytes whoever writes it."""
    clock = event.clock
    if isinstance(event, SlaWarned):
        word, at = "warned", event.warned_at
    elif isinstance(event, SlaMet):
        word, at = "met", event.met_at
    else:
        word, at = "breached", event.breached_at
    envelope = headers(
        kind=type(event).__name__,
        event_id=f"{clock.clock_id}.{word}",
        source=SOURCE,
        happened_at=at,
        subject=clock.interaction_id,
    )
    return Output(topics.SLA, clock.pool.encode(), codec.encode(event), shard, envelope)
