"""An open interaction as the engine keeps it: changed by facts only, and given as a row by `row_of`."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.content import NO_NEEDS, Channel, Needs
from kindline.language.facts.interactions import InteractionQueued, InteractionReceived
from kindline.language.facts.offers import OfferIssued
from kindline.language.facts.waiting import CallBackPromised, InteractionRelaxed
from kindline.language.graph import WAITING, WITH_AGENT
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState, MessageRow, WaitSample
from kindline.routing.domain.lanes import Lane
from kindline.routing.domain.requirements import Requirement
from kindline.routing.domain.talk import keep
from kindline.routing.domain.waits import Flow
from kindline.routing.domain.waits_line import Spot

ThreadKey = tuple[str, str, str]
"""Pool, account, thread."""
EntryKey = tuple[str, str, str]
"""Pool, entry point, thread: where an interaction came in, whatever has become of the entry point."""


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
    relaxed: InteractionRelaxed | None = None
    preferring: bool = False
    interrupted_by: str = ""
    account_owner: str = ""
    tell_at: Instant = 0.0
    spoke_at: Instant = 0.0
    joined_at: Instant = 0.0
    overflowed_from: tuple[str, ...] = ()
    answered: bool = False
    visit: WaitSample | None = None
    told_position: int = 0
    promised_until: Instant = 0.0
    call_back_offered: bool = False
    call_back: CallBackPromised | None = None
    asked: Needs = NO_NEEDS
    asked_priority: int | None = None
    passed_on_by: str = ""
    flow: Flow | None = None
    """Its queue's flow and where it stands there, while that is followed and no agent has it."""
    spot: Spot | None = None
    place: int | None = None
    lane: Lane | None = None
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
    def needs(self) -> Needs:
        """All it needs now: what its queue and its own ask for, less what the ladder has let go."""
        return said.needs if (said := self.relaxed or self.queued) else NO_NEEDS

    @property
    def also_queues(self) -> tuple[str, ...]:
        """Queues whose agents may serve it beside those of its own."""
        return self.relaxed.also_queues if self.relaxed is not None else ()

    @property
    def priority(self) -> int:
        """Its effective priority, without what waiting earns."""
        return (self.relaxed or self.queued or self.received).priority

    @property
    def requirement(self) -> Requirement:
        """The requirement class it belongs to now."""
        only = self.queued.preferred_agent_id if self.preferring and self.queued else ""
        return Requirement(self.queue, self.channel, self.needs, self.also_queues, only)

    @property
    def thread_key(self) -> ThreadKey:
        """Where it is found again."""
        return (self.received.pool, self.received.account, self.received.thread)

    @property
    def entry_key(self) -> EntryKey:
        """Where it came in."""
        return (self.received.pool, self.received.entry_point, self.received.thread)

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
        if not self.last_offer_number:
            # Nobody was ever offered it, so nobody has let it go: most who wait, and known without a look at either.
            return False
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
        keep(self.messages, message)

    def knows_message(self, message_id: str) -> bool:
        """Whether a message of this id was said already."""
        return any(message.message_id == message_id for message in reversed(self.messages))
