"""Interactions of a log as visits that can be made again: how they came, how patient they were, how long they talked.

Promises the same visits under every plan. What a log cannot know is drawn by seeded lots: the patience of those who
were answered from the Kaplan-Meier estimate of their channel, the talk of those who left from the talks of their queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from kindline.commands.replaying.callers import Caller, Talk
from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Channel
from kindline.language.events import (
    CustomerLeft,
    HandoverRequested,
    InteractionEnded,
    InteractionHappening,
    LegEnded,
    MessageReceived,
)
from kindline.language.facts.interactions import CloseReason, QueuedReason
from kindline.language.ids import Instant
from kindline.language.service_level import Wait
from kindline.rehearsal.domain.lots import lot
from kindline.rehearsal.domain.patience import Survival, kaplan_meier
from kindline.rehearsal.domain.service_times import ServiceTimes

BEFORE_A_QUEUE = (HandoverRequested, CustomerLeft, InteractionEnded, LegEnded)


@dataclass(slots=True)
class _Talked:
    """A talk under way, or over."""

    began_at: Instant
    seconds: float = 0.0
    running: bool = True
    transfer_to: str = ""
    said: list[tuple[float, bool]] = field(default_factory=list)


@dataclass(slots=True)
class Visit:
    """One interaction, as far as the log has told of it."""

    received: f.InteractionReceived
    opening: InteractionHappening | None = None
    identity: bytes = b""
    later: list[tuple[float, InteractionHappening]] = field(default_factory=list)
    queue: str = ""
    waits_since: Instant | None = None
    first_wait: float | None = None
    """Seconds until the first answer, the end, or the call-back that was taken instead."""
    left_after: float | None = None
    """Seconds that the customer waited who then left."""
    offered_at: Instant = 0.0
    accept_seconds: float | None = None
    talks: list[_Talked] = field(default_factory=list)
    completed_at: Instant | None = None
    wrap_up_seconds: float | None = None

    @property
    def answered(self) -> bool:
        """Whether an agent talked to them."""
        return bool(self.talks)

    def happens(self, fact: f.Fact, at: Instant) -> None:
        """Take in the next fact of the interaction."""
        match fact:
            case f.EventRecorded():
                self._recorded(fact, at)
            case f.InteractionQueued():
                self._queued(fact, at)
            case f.OfferIssued():
                self.offered_at = at
            case f.InteractionAnswered():
                self._answered(at)
            case f.MessageSent() if self.talks and self.talks[-1].running:
                self.talks[-1].said.append((at - self.talks[-1].began_at, True))
            case f.InteractionCompleted():
                self._stops(at)
                self.completed_at = at
            case _:
                self._may_end(fact, at)

    def _may_end(self, fact: f.Fact, at: Instant) -> None:
        match fact:
            case f.InteractionClosed():
                self._closed(fact, at)
            case f.InteractionAbandoned() | f.InteractionCancelled():
                if self.waits_since is not None:
                    self.left_after = at - self.waits_since
                self.log_ends(at)
            case f.InteractionDeflected() | f.InteractionExpired():
                self.log_ends(at)
            case f.CallBackPromised() if self.first_wait is None and self.waits_since is not None:
                # So long they waited in person: what came after says nothing of their patience.
                self.first_wait = at - self.waits_since

    def _recorded(self, fact: f.EventRecorded, at: Instant) -> None:
        happening = fact.event.event
        if fact.opening:
            self.opening, self.identity = happening, fact.identity
        elif isinstance(happening, CallBackAccepted) or (not self.queue and isinstance(happening, BEFORE_A_QUEUE)):
            self.later.append((at - self.received.arrived_at, happening))
        elif isinstance(happening, MessageReceived) and self.talks and self.talks[-1].running:
            self.talks[-1].said.append((at - self.talks[-1].began_at, False))

    def _queued(self, fact: f.InteractionQueued, at: Instant) -> None:
        self.queue = self.queue or fact.queue
        self._stops(at)
        if self.talks and fact.reason is QueuedReason.TRANSFERRED:
            self.talks[-1].transfer_to = fact.queue
        if self.waits_since is None:
            self.waits_since = at

    def _answered(self, at: Instant) -> None:
        if self.first_wait is None and self.waits_since is not None:
            self.first_wait = at - self.waits_since
        self.waits_since = None
        if self.accept_seconds is None:
            # Until they are together: on a telephone that is a moment after the accept.
            self.accept_seconds = at - self.offered_at
        if self.talks and not self.talks[-1].transfer_to:
            # Another agent goes on where the talk was broken off.
            talk = self.talks[-1]
            talk.began_at, talk.running = at - talk.seconds, True
        else:
            self.talks.append(_Talked(at))

    def _stops(self, at: Instant) -> None:
        if self.talks and self.talks[-1].running:
            self.talks[-1].seconds, self.talks[-1].running = at - self.talks[-1].began_at, False

    def _closed(self, fact: f.InteractionClosed, at: Instant) -> None:
        if self.completed_at is not None and fact.reason is not CloseReason.NO_WRAP_UP:
            cut_short = fact.reason is not CloseReason.WRAP_UP_FINISHED
            self.wrap_up_seconds = inf if cut_short else at - self.completed_at

    def log_ends(self, at: Instant) -> None:
        """The log tells no more of it: whatever goes on lasted so long at least."""
        self._stops(at)
        if self.first_wait is None and self.waits_since is not None:
            self.first_wait = at - self.waits_since
        self.waits_since = None


@dataclass(frozen=True, slots=True)
class Estimates:
    """What stands in for what the log does not know."""

    seed: int
    patience: Mapping[Channel, Survival]
    """Of the channels on which anybody ever left."""
    talks: ServiceTimes

    @classmethod
    def of(cls, visits: Iterable[Visit], seed: int) -> Estimates:
        """The estimates from these visits."""
        waits: dict[Channel, list[Wait]] = defaultdict(list)
        talks: dict[str, list[float]] = defaultdict(list)
        left: set[Channel] = set()
        for visit in visits:
            if visit.first_wait is not None:
                gone = visit.left_after is not None and not visit.answered
                waits[visit.received.channel].append(Wait(visit.first_wait, not gone))
                left |= {visit.received.channel} if gone else set()
            if visit.answered and visit.completed_at is not None:
                talks[visit.queue].append(sum(talk.seconds for talk in visit.talks))
        return cls(
            seed,
            {channel: kaplan_meier(waits[channel]) for channel in sorted(left)},
            ServiceTimes({queue: tuple(sorted(times)) for queue, times in sorted(talks.items())}),
        )

    def caller(self, visit: Visit) -> Caller:
        """The visit as a script that can be played under any plan."""
        received, name = visit.received, visit.received.interaction_id
        talks = tuple(Talk(seconds=t.seconds, transfer_to=t.transfer_to, said=tuple(t.said)) for t in visit.talks)
        return Caller(
            thread=name,
            entry_point=received.entry_point,
            arrives_at=received.arrived_at,
            patience_seconds=self._patience(visit),
            service_seconds=self.talks.draw(visit.queue or received.queue, lot(self.seed, f"{name}/service")),
            opening=visit.opening,
            identity=visit.identity,
            later=tuple(visit.later),
            talks=talks,
            accept_seconds=visit.accept_seconds,
            wrap_up_seconds=visit.wrap_up_seconds,
        )

    def _patience(self, visit: Visit) -> float:
        if visit.left_after is not None:
            return max(visit.left_after, visit.first_wait or 0.0)
        survival = self.patience.get(visit.received.channel)
        if survival is None:
            return inf
        drawn = lot(self.seed, f"{visit.received.interaction_id}/patience")
        return survival.patience(longer_than=visit.first_wait or 0.0, lot=drawn)
