"""An open interaction as the engine keeps it: changed by facts only, turned into a row for snapshots and views."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.content import Channel, SealedContent
from kindline.language.facts.interactions import InteractionQueued, InteractionReceived
from kindline.language.facts.offers import OfferIssued
from kindline.language.graph import WAITING, WITH_AGENT
from kindline.language.ids import Instant
from kindline.language.snapshot import BackOff, InteractionRow, InteractionState, MessageRow

MESSAGES_KEPT = 200
LARGEST_TALK = 1_000_000
"""Characters or bytes of what was said that are kept: an interaction is one row, and a row must fit into a record."""

ThreadKey = tuple[str, str, str]
"""Pool, account, thread."""


@dataclass(slots=True, eq=False)
class Interaction:
    """One contact from arrival to close; `sequence` is its place among all arrivals and breaks ties for ever."""

    received: InteractionReceived
    sequence: int
    state: InteractionState
    state_since: Instant
    queued: InteractionQueued | None = None
    agent_id: str = ""
    offers: dict[str, OfferIssued] = field(default_factory=dict)
    last_offer_number: int = 0
    back_offs: dict[str, Instant] = field(default_factory=dict)
    deadline: Instant | None = None
    units: int = 0
    messages: list[MessageRow] = field(default_factory=list)
    place: int | None = None
    requirement: int | None = None
    id: str = field(init=False)
    pool: str = field(init=False)
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        """Keep at hand what is asked for most."""
        self.id = self.received.interaction_id
        self.pool = self.received.pool
        self.channel = self.received.channel

    @property
    def queue(self) -> str:
        """The queue it is in, was in last, or is meant for."""
        return self.queued.queue if self.queued else self.received.queue

    @property
    def thread_key(self) -> ThreadKey:
        """Where it is found again."""
        return (self.received.pool, self.received.account, self.received.thread)

    @property
    def waits(self) -> bool:
        """Whether a queue owns it."""
        return self.state in WAITING

    @property
    def is_with_agent(self) -> bool:
        """Whether an agent owns it."""
        return self.state in WITH_AGENT

    @property
    def waiting_since(self) -> Instant:
        """Since when the customer counts as waiting."""
        return self.queued.waiting_since if self.queued else self.received.arrived_at

    def leaves_out(self, agent_id: str, now: Instant) -> bool:
        """Whether this agent holds one of its offers already, or is left out for a while."""
        if self.back_offs and self.back_offs.get(agent_id, now) > now:
            return True
        return bool(self.offers) and any(offer.agent_id == agent_id for offer in self.offers.values())

    def moves(self, state: InteractionState, at: Instant, deadline: Instant | None) -> None:
        """It is in another state from here on."""
        self.state = state
        self.state_since = at
        self.deadline = deadline

    def says(self, message: MessageRow) -> None:
        """Something was said."""
        self.messages.append(message)
        if len(self.messages) > MESSAGES_KEPT:
            del self.messages[0]
        while len(self.messages) > 1 and sum(map(_length, self.messages)) > LARGEST_TALK:
            del self.messages[0]

    def knows_message(self, message_id: str) -> bool:
        """Whether a message of this id was said already."""
        return any(message.message_id == message_id for message in reversed(self.messages))

    def row(self) -> InteractionRow:
        """All of it, frozen."""
        return InteractionRow(
            received=self.received,
            state=self.state,
            queued=self.queued,
            agent_id=self.agent_id,
            offers=tuple(self.offers.values()),
            last_offer_number=self.last_offer_number,
            back_offs=tuple(BackOff(agent_id=agent, until=until) for agent, until in self.back_offs.items()),
            deadline=self.deadline,
            units=self.units,
            state_since=self.state_since,
            messages=tuple(self.messages),
        )


def _length(message: MessageRow) -> int:
    """How much was said, whatever it was."""
    if message.content is None:
        return 0
    body = message.content.body
    if isinstance(body, SealedContent):
        body = body.ciphertext
    return (len(body) if isinstance(body, str | bytes) else 0) + len(message.content.normalised)


def interaction_of(row: InteractionRow, sequence: int) -> Interaction:
    """Bring a row back to life."""
    return Interaction(
        received=row.received,
        sequence=sequence,
        state=row.state,
        state_since=row.state_since,
        queued=row.queued,
        agent_id=row.agent_id,
        offers={offer.offer_id: offer for offer in row.offers},
        last_offer_number=row.last_offer_number,
        back_offs={back_off.agent_id: back_off.until for back_off in row.back_offs},
        deadline=row.deadline,
        units=row.units,
        messages=list(row.messages),
    )
