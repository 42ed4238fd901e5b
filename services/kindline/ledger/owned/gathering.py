"""One batch in the making: facts of many decisions under one `now`, with their exact size on the wire.

Each decision is encoded once, right away. The parts of a batch are joined as bytes, because protobuf defines that
joined messages merge: repeated fields run on, and the scalars of the head, which comes last, stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kindline.language.facts import Fact
from kindline.language.log import DecisionBatch
from kindline.ledger.codec import encode, encode_facts


class TooManyFacts(Exception):
    """One decision led to more than a record may hold."""


class Gathering:
    """Facts that will stand in one record."""

    def __init__(self, now: float) -> None:
        """All of it is decided at this business time."""
        self.now = now
        self.facts: list[Fact] = []
        self.size = 0
        self._encoded: list[bytes] = []

    def add(self, facts: Sequence[Fact], encoded: bytes) -> None:
        """Take one decision's facts, with what encoded() made of them."""
        self.facts.extend(facts)
        self._encoded.append(encoded)
        self.size += len(encoded)

    def sealed(self, head: DecisionBatch) -> tuple[DecisionBatch, bytes]:
        """The batch and its record's value; `head` has everything but the facts."""
        batch = replace(head, facts=tuple(self.facts))
        return batch, b"".join((*self._encoded, encode(head)))


def encoded(facts: Sequence[Fact], limit: int) -> bytes:
    """One decision's facts as they will stand in the record, at most `limit` bytes.

    Raises TooManyFacts beyond that, and ValueError or TypeError for what cannot stand there at all.
    """
    part = encode_facts(facts) if facts else b""
    if len(part) > limit:
        raise TooManyFacts(f"{len(part)} bytes")
    return part
