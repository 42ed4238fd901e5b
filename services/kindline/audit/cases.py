"""One interaction as the auditor keeps it while it is open: what it needs now, who holds it, whom it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language import facts as f
from kindline.language.content import NO_NEEDS, Channel, Needs
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState

JOINING = frozenset({QueuedReason.ARRIVED, QueuedReason.HANDED_OVER, QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED})
"""Reasons that begin a visit to a queue; for any other the visit goes on."""

TALKING = frozenset({InteractionState.ACTIVE, InteractionState.HELD, InteractionState.DORMANT})
"""States in which an agent and the customer are together."""

Kind = tuple[str, Channel, Needs, tuple[str, ...], str]
"""Queue, channel, needs, further queues, preferred agent: exactly the same agents can serve cases of one kind."""


@dataclass(slots=True, eq=False)
class Case:
    """An open interaction; `sequence` is its place among all arrivals of the shard."""

    received: f.InteractionReceived
    sequence: int
    state_since: Instant
    state: InteractionState = InteractionState.RECEIVED
    queued: f.InteractionQueued | None = None
    relaxed: f.InteractionRelaxed | None = None
    preferring: bool = False
    offers: dict[str, f.OfferIssued] = field(default_factory=dict)
    back_offs: dict[str, Instant] = field(default_factory=dict)
    agent_id: str = ""
    interrupted_by: str = ""
    joined_at: Instant = 0.0
    """When its visit to the queue began: a lost agent or a woken sleeper does not begin another."""
    overflowed_by: tuple[str, ...] = ()
    """What it overflowed from since it last arrived, was handed over or transferred."""
    asked: Needs = NO_NEEDS
    """What a bot that handed it over asked for, beside what it brought itself."""
    handed_over: bool = False
    account_owner: str = ""
    passed_on_by: str = ""
    """Who gave it away last, while nobody has answered it since."""
    answered: bool = False
    call_back_offered: bool = False
    call_back: f.CallBackPromised | None = None
    """The call-back that is promised, until an agent has spoken with the customer and passes them on."""
    last_word: str = ""
    """Who spoke last: `customer`, an agent by name, or nobody yet."""
    last_word_at: Instant = 0.0

    @property
    def id(self) -> str:
        """Its name."""
        return self.received.interaction_id

    @property
    def pool(self) -> str:
        """Its pool."""
        return self.received.pool

    @property
    def channel(self) -> Channel:
        """Its channel."""
        return self.received.channel

    @property
    def queue(self) -> str:
        """The queue it is in, was in last, or is meant for."""
        return self.queued.queue if self.queued else self.received.queue

    @property
    def needs(self) -> Needs:
        """All it needs now."""
        if self.relaxed is not None:
            return self.relaxed.needs
        return self.queued.needs if self.queued else NO_NEEDS

    @property
    def also_queues(self) -> tuple[str, ...]:
        """Queues whose agents may serve it beside those of its own."""
        return self.relaxed.also_queues if self.relaxed is not None else ()

    @property
    def priority(self) -> int:
        """Its priority without what waiting earns."""
        if self.relaxed is not None:
            return self.relaxed.priority
        return self.queued.priority if self.queued else self.received.priority

    @property
    def since(self) -> Instant:
        """Since when the customer counts as waiting."""
        return self.queued.waiting_since if self.queued else self.received.arrived_at

    @property
    def preferred(self) -> str:
        """The one agent it waits for; empty: nobody in particular."""
        return self.queued.preferred_agent_id if self.queued and self.preferring else ""

    @property
    def kind(self) -> Kind:
        """What decides who can serve it."""
        return self.queue, self.channel, self.needs, self.also_queues, self.preferred

    @property
    def owed(self) -> bool:
        """Whether it is never sent elsewhere: it was answered once, or its customer was promised a call-back."""
        return self.answered or self.call_back is not None

    @property
    def step(self) -> int:
        """How many steps of its ladder it has taken in this visit."""
        return self.relaxed.step if self.relaxed is not None else 0

    def is_queued(self, fact: f.InteractionQueued, at: Instant) -> None:
        """A queue has it from here on; joining one anew begins a visit, and with it the ladder."""
        if fact.reason in JOINING:
            self.joined_at, self.relaxed = at, None
            self.passed_on_by = fact.from_agent_id or self.passed_on_by
            goes_on = fact.reason is QueuedReason.OVERFLOWED and not fact.from_agent_id
            before = self.overflowed_by if goes_on else ()
            self.overflowed_by = (*before, fact.overflowed_from) if fact.overflowed_from else before
        if self.state in TALKING:
            self.call_back = None
        self.queued = fact
        self.preferring = bool(fact.preferred_agent_id)
        self.interrupted_by = ""

    def speaks(self, who: str, at: Instant) -> None:
        """Somebody said something."""
        self.last_word, self.last_word_at = who, at

    def leave_out(self, agent_id: str, until: Instant) -> None:
        """Leave an agent out until a time."""
        if agent_id and until > self.back_offs.get(agent_id, 0.0):
            self.back_offs[agent_id] = until

    def leaves_out(self, agent_id: str, now: Instant) -> bool:
        """Whether this agent holds an offer of it already, or is left out for a while."""
        if self.back_offs and self.back_offs.get(agent_id, now) > now:
            return True
        return any(offer.agent_id == agent_id for offer in self.offers.values())
