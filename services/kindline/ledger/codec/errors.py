"""What can be wrong with a record's bytes, in words that a dead letter can carry."""

from __future__ import annotations

from kindline.language.log import DecisionBatch


class Undecodable(Exception):
    """The bytes are not what their topic holds; the message says what is wrong and never quotes a body."""


class UnknownFact(Exception):
    """A decision holds something that this version does not know: its reader stops the shard, loudly.

    It is no Undecodable, so that no `except` for broken input can swallow it. `batch` is the batch without its facts,
    by which the reading rule can still judge whether the record counts at all.
    """

    def __init__(self, batch: DecisionBatch, reason: str) -> None:
        """Keep the batch's head and say what was not known."""
        super().__init__(f"batch {batch.seq} of epoch {batch.epoch}: {reason}: upgrade this process")
        self.batch = batch
