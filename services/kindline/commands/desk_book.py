"""What a terminal desk knows: the agent's state, offers, work and conversations, and who is being spoken to.

Promises the views one fold of the client's events, with a sentence for each change; and customers that words meant for
one of them are never sent to another: when a conversation ends nobody is spoken to until the agent says who.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from kindline.client import (
    AgentState,
    AgentStatus,
    DeskEvent,
    Message,
    MessageArrived,
    Offer,
    OfferEnd,
    OfferReceived,
    OfferWithdrawn,
    ParticipantRole,
    Reconnecting,
    Refreshed,
    SessionOver,
    StateChanged,
    WentStale,
    Work,
    WorkChanged,
    WorkEnded,
    WorkState,
)
from kindline.commands import desk_words as words
from kindline.language.facts.agents import RoutingState

MESSAGES_KEPT = 200


class Tone(Enum):
    """How a notice is meant; views may colour it, the words say it all."""

    PLAIN = auto()
    OFFER = auto()
    CUSTOMER = auto()
    AGENT = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the agent."""

    text: str
    tone: Tone = Tone.PLAIN
    about: str = ""
    """The interaction in whose conversation it stands anyway; empty: in none."""


@dataclass(slots=True)
class DeskBook:
    """One agent's desk."""

    state: AgentState | None = None
    offers: dict[str, Offer] = field(default_factory=dict)
    work: dict[str, Work] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """Interaction to the short number by which the agent calls it."""
    conversations: dict[str, list[Message]] = field(default_factory=dict)
    current: str = ""
    """The interaction the agent speaks to; empty: nobody."""
    down: set[str] = field(default_factory=set)
    """Services whose line is down, as far as was heard."""
    stale: bool = False
    over: bool = False

    def hear(self, event: DeskEvent) -> list[Notice]:
        """Take in an event; gives what to tell the agent."""
        if not isinstance(event, WentStale | Reconnecting):
            return [*self._recovered(), *self._heard(event)]
        return list(self._trouble(event))

    def called(self, number: int) -> Work | None:
        """The work of a number."""
        return next((work for name, work in self.work.items() if self.numbers.get(name) == number), None)

    @property
    def speaking_to(self) -> Work | None:
        """The work in hand that is spoken to."""
        return self.work.get(self.current)

    @property
    def with_customers(self) -> list[Work]:
        """Work in which a customer is still there."""
        return [work for work in self.work.values() if work.state is not WorkState.WRAP_UP]

    def turn_to(self, work: Work) -> Notice:
        """Speak to this customer from now on."""
        self.current = work.interaction_id
        return Notice(f"You are with {self.name(work.interaction_id)}: what you type goes there.")

    def name(self, interaction_id: str) -> str:
        """How the agent calls an interaction."""
        work = self.work.get(interaction_id)
        about = f" ({words.work_words(work)})" if work else ""
        return f"customer {self.numbers.get(interaction_id, '?')}{about}"

    def _recovered(self) -> Iterator[Notice]:
        """Whatever was decided was decided just now, so routing is there again."""
        if self.stale or "routing" in self.down:
            yield Notice("Decisions come again: what you see is up to date.")
        self.stale = False
        self.down.clear()

    def _heard(self, event: DeskEvent) -> Iterator[Notice]:
        match event:
            case Refreshed():
                yield from self._refreshed(event)
            case StateChanged(state):
                yield from self._state(state)
            case OfferReceived(offer):
                self.offers[offer.offer_id] = offer
                yield self._offered(offer)
            case OfferWithdrawn():
                yield from self._withdrawn(event)
            case WorkChanged(work):
                yield from self._work(work)
            case WorkEnded():
                yield from self._ended(event)
            case MessageArrived(message):
                yield from self._message(message)
            case SessionOver(superseded):
                self.over = True
                why = "you signed in somewhere else" if superseded else "your session ended"
                yield Notice(f"This desk is over: {why}. Start it again to go on here.", Tone.TROUBLE)

    def _refreshed(self, event: Refreshed) -> Iterator[Notice]:
        yield from self._state(event.state)
        gone = set(self.work) - {work.interaction_id for work in event.work}
        for interaction_id in sorted(gone):
            yield from self._ended(WorkEnded(interaction_id, ""))
        self.offers = {}
        for offer in event.offers:
            self.offers[offer.offer_id] = offer
            yield self._offered(offer)
        for work in event.work:
            yield from self._work(work)
        for message in event.messages:
            yield from self._message(message)

    def _state(self, state: AgentState) -> Iterator[Notice]:
        before, self.state = self.state, state
        if before is not None and before.lease is not state.lease:
            calm = not words.LEASES[state.lease]
            text = "Your line is steady again." if calm else f"{words.LEASES[state.lease].capitalize()}."
            yield Notice(text, Tone.PLAIN if calm else Tone.TROUBLE)
        if before is None or replace(before, lease=state.lease, reason=state.reason) != state:
            # A reason belongs to the change of the routing state that it explains, and to no other change.
            changed = before.routing_state if before else RoutingState.INACTIVE
            trouble = state.routing_state is RoutingState.NOT_RESPONDING
            text = words.state_words(state, explained=changed is not state.routing_state)
            yield Notice(f"You are {text}.", Tone.TROUBLE if trouble else Tone.PLAIN)
        if before is None and state.status is AgentStatus.OFFLINE:
            yield Notice("Type /back when you are ready for work, /help for all commands.")

    @staticmethod
    def _offered(offer: Offer) -> Notice:
        language = f", {words.shown(offer.language)}" if offer.language else ""
        channel = offer.channel.name.lower().replace("_", " ")
        return Notice(f"OFFER: {channel} from {words.shown(offer.queue)}{language}. a accepts, d declines.", Tone.OFFER)

    def _withdrawn(self, event: OfferWithdrawn) -> Iterator[Notice]:
        if self.offers.pop(event.offer_id, None) is None:
            return
        why = words.REVOKED[event.revoked_reason]
        text = words.OFFER_ENDS[event.end] + (f": {why}." if why else "")
        yield Notice(text, Tone.PLAIN if event.end is OfferEnd.ACCEPTED else Tone.OFFER)

    def _work(self, work: Work) -> Iterator[Notice]:
        before = self.work.get(work.interaction_id)
        self.work[work.interaction_id] = work
        if before is None:
            taken = set(self.numbers.values())
            self.numbers[work.interaction_id] = next(n for n in range(1, len(taken) + 2) if n not in taken)
            for name in [name for name, offer in self.offers.items() if offer.interaction_id == work.interaction_id]:
                del self.offers[name]
            if work.state is not WorkState.WRAP_UP or not self.speaking_to:
                yield self.turn_to(work)
            if work.note:
                yield Notice(f"Note from the agent before you: {words.said(work.note)}", Tone.AGENT)
        if before is None and work.state is WorkState.ACTIVE:
            return
        if before is None or before.state is not work.state:
            hint = "; /finish when you are done" if work.state is WorkState.WRAP_UP else ""
            yield Notice(f"{self._title(work)} is {words.stands(work)}{hint}.")

    def _title(self, work: Work) -> str:
        return self.name(work.interaction_id).capitalize()

    def _ended(self, event: WorkEnded) -> Iterator[Notice]:
        work = self.work.get(event.interaction_id)
        if work is None:
            return
        cause = words.CAUSES.get(event.cause, "is not with you any more")
        yield Notice(f"{self._title(work)} {cause}.")
        del self.work[event.interaction_id]
        self.numbers.pop(event.interaction_id, None)
        self.conversations.pop(event.interaction_id, None)
        if self.current == event.interaction_id:
            self.current = ""
            if self.work:
                others = ", ".join(f"/switch {self.numbers[name]}" for name in self.work)
                yield Notice(f"You speak to nobody now. To go on: {others}.")

    def _message(self, message: Message) -> Iterator[Notice]:
        said = self.conversations.setdefault(message.interaction_id, [])
        if any(known.message_id == message.message_id and known.author is message.author for known in said):
            return
        said.append(message)
        del said[:-MESSAGES_KEPT]
        number = self.numbers.get(message.interaction_id, "?")
        if message.author is ParticipantRole.AGENT:
            who, tone = f"You to customer {number}", Tone.AGENT
        else:
            who, tone = f"{message.author.name.capitalize()} {number}", Tone.CUSTOMER
        yield Notice(f"{who}: {words.said(message.content)}", tone, message.interaction_id)

    def _trouble(self, event: WentStale | Reconnecting) -> Iterator[Notice]:
        if isinstance(event, Reconnecting):
            if event.service not in self.down:
                self.down.add(event.service)
                yield Notice(f"The line to {event.service} is down; the desk tries again by itself.", Tone.TROUBLE)
        elif not self.stale:
            self.stale = True
            yield Notice(
                "Kindline has decided nothing for a while: what you see may be old. Your work is safe, and "
                "you are told when decisions come again.",
                Tone.TROUBLE,
            )
