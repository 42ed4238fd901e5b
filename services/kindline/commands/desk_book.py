"""What a terminal desk knows: the agent's state, offers, work and conversations, and who is being spoken to.

Promises the views one fold of the client's events, with a sentence for each change; and customers that words meant for
one of them are never sent to another: when a conversation ends nobody is spoken to until the agent says who.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
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
    stale: bool = False
    over: bool = False

    def hear(self, event: DeskEvent) -> list[Notice]:
        """Take in an event; gives what to tell the agent."""
        if not isinstance(event, WentStale | Reconnecting):
            recovered = self.stale
            self.stale = False
            return [*self._recovered(recovered), *self._heard(event)]
        return list(self._heard(event))

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

    @staticmethod
    def _recovered(recovered: bool) -> Iterator[Notice]:  # noqa: FBT001 - one private question.
        if recovered:
            yield Notice("Decisions come again: what you see is up to date.")

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
            case _:
                yield from self._trouble(event)

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
        if before == state:
            return
        calm = state.routing_state is not RoutingState.NOT_RESPONDING and not words.LEASES[state.lease]
        yield Notice(f"You are {words.change_words(state)}.", Tone.PLAIN if calm else Tone.TROUBLE)
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
            yield Notice(f"{self._title(work)} is {words.WORK_STATES[work.state]}{hint}.")

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
            yield Notice(f"You to customer {number}: {words.said(message.content)}", Tone.AGENT)
        else:
            yield Notice(f"{message.author.name.capitalize()} {number}: {words.said(message.content)}", Tone.CUSTOMER)

    def _trouble(self, event: DeskEvent) -> Iterator[Notice]:
        match event:
            case WentStale():
                if not self.stale:
                    yield Notice(
                        "Kindline has decided nothing for a while: what you see may be old. Your work is safe, and "
                        "you are told when decisions come again.",
                        Tone.TROUBLE,
                    )
                self.stale = True
            case Reconnecting():
                yield Notice(f"The line to {event.service} is down; the desk tries again by itself.", Tone.TROUBLE)
            case SessionOver():
                self.over = True
                why = "you signed in somewhere else" if event.superseded else "your session ended"
                yield Notice(f"This desk is over: {why}. Start it again to go on here.", Tone.TROUBLE)
