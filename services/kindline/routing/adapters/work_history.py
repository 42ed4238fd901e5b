"""What each agent was told lately, so that a front end that comes back goes on without a gap; and the token for that.

Promises that a token only ever means its own agent's place in the log's order: any replica can honour it, because every
replica folds the same batches. What reaches too far back is answered with a fresh snapshot, never with an error.
"""

import functools
import hashlib
import hmac
import struct
from collections import deque
from dataclasses import dataclass, field

from kindline.language.agent_view import AgentKey
from kindline.language.content import Because
from kindline.routing.domain.news_kinds import News
from kindline.runtime.tokens import resume_signature

PIECES_PER_AGENT = 64
FORM = struct.Struct(">QQ")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news and the batch it came with."""

    because: Because
    news: News


@dataclass(slots=True)
class AgentHistory:
    """The newest pieces; everything after batch `complete_after` is there."""

    complete_after: int
    pieces: deque[Piece] = field(default_factory=deque)

    def add(self, piece: Piece) -> None:
        """Keep one more, and forget the oldest when there are too many."""
        self.pieces.append(piece)
        if len(self.pieces) > PIECES_PER_AGENT:
            self.complete_after = self.pieces.popleft().because.seq


class ShardHistory:
    """The histories of one shard's agents, from the batch at which this replica began to listen."""

    def __init__(self, begun_after: int) -> None:
        """Nothing is known of batches up to this number."""
        self._begun_after = begun_after
        self._agents: dict[AgentKey, AgentHistory] = {}

    def add(self, key: AgentKey, piece: Piece) -> None:
        """Keep a piece of news."""
        history = self._agents.get(key)
        if history is None:
            history = self._agents[key] = AgentHistory(self._begun_after)
        history.add(piece)

    def since(self, key: AgentKey, seq: int) -> list[Piece] | None:
        """What came after a batch, in order; None when that reaches too far back."""
        history = self._agents.get(key)
        if seq < (history.complete_after if history else self._begun_after):
            return None
        return [piece for piece in history.pieces if piece.because.seq > seq] if history else []

    def forget(self, key: AgentKey, seq: int) -> None:
        """The agent signed out in this batch; a token from before it leads to a snapshot."""
        self._agents[key] = AgentHistory(seq)


def resume_token(secret: bytes, key: AgentKey, position: Because) -> bytes:
    """The token for going on after a batch."""
    place = FORM.pack(position.epoch, position.seq)
    return place + resume_signature(secret, place + _whose(key))


def resumed_place(secret: bytes, key: AgentKey, token: bytes) -> Because | None:
    """The place a token names; None for an empty, broken or foreign one."""
    place, signature = token[: FORM.size], token[FORM.size :]
    if len(place) < FORM.size or not hmac.compare_digest(signature, resume_signature(secret, place + _whose(key))):
        return None
    epoch, seq = FORM.unpack(place)
    return Because(epoch=epoch, seq=seq)


@functools.lru_cache(maxsize=16_384)
def _whose(key: AgentKey) -> bytes:
    return hashlib.sha256(repr(key).encode()).digest()
