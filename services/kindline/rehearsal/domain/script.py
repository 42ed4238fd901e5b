"""The script of a day: what each caller will do, decided beforehand from the log and from seeded lots.

Promises the rehearsal that a call has the same script whatever span of its day is rehearsed, and that a caller who hung
up in the log waits no longer than they did then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.rehearsal.domain.calls import LoggedCall, Outcome
from kindline.rehearsal.domain.lots import lot
from kindline.rehearsal.domain.patience import Survival, kaplan_meier
from kindline.rehearsal.domain.service_times import ServiceTimes, service_times

HIGH_PRIORITY = 2
"""The log's word for a customer who comes first."""
ENGLISH_KINDS = frozenset({"PE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedCall:
    """What one caller does; instants are business time."""

    thread: str
    queue: str
    priority: int
    """As a plan counts it: 1 is before 0."""
    customer: str
    """An identity hash; empty when the bank did not know who called."""
    language: str
    arrives_at: Instant
    leaves_menu_at: Instant
    wants_agent: bool
    """False: hangs up when the menu is over."""
    patience_seconds: float
    """Longest stay in the queue; 0 when no agent is wanted."""
    service_seconds: float
    """Length of the conversation, should an agent answer."""

    @property
    def gives_up_at(self) -> Instant:
        """When the caller hangs up if nobody has answered."""
        return self.leaves_menu_at + self.patience_seconds


@dataclass(frozen=True, slots=True)
class Draws:
    """What stands in for what the log does not know of a call."""

    seed: int
    survival: Survival
    times: ServiceTimes


def draws_from(calls: Sequence[LoggedCall], *, seed: int) -> Draws:
    """The estimates from all these calls, and the seed of the lots."""
    return Draws(seed, kaplan_meier(call.wait for call in calls if call.offered), service_times(calls))


def script(calls: Sequence[LoggedCall], draws: Draws, *, midnight: Instant) -> tuple[ScriptedCall, ...]:
    """The calls of one day as they are to be played, in the order of their arrival; phantoms are left out."""
    real = [call for call in calls if call.outcome is not Outcome.PHANTOM]
    return tuple(
        _scripted(call, draws, midnight) for call in sorted(real, key=lambda call: (call.entered_at, call.key))
    )


def _scripted(call: LoggedCall, draws: Draws, midnight: Instant) -> ScriptedCall:
    return ScriptedCall(
        thread=call.key,
        queue=call.kind,
        priority=int(call.priority >= HIGH_PRIORITY),
        customer=hashlib.blake2b(call.customer.encode(), digest_size=16).hexdigest() if call.customer else "",
        language="en" if call.kind in ENGLISH_KINDS else "he",
        arrives_at=midnight + call.entered_at,
        leaves_menu_at=midnight + call.queued_at,
        wants_agent=call.offered,
        patience_seconds=_patience(call, draws),
        service_seconds=_service(call, draws),
    )


def _patience(call: LoggedCall, draws: Draws) -> float:
    match call.outcome:
        case Outcome.LEFT_QUEUE:
            return call.queue_seconds
        case Outcome.SERVED:
            drawn = lot(draws.seed, f"{call.key}/patience")
            return draws.survival.patience(longer_than=call.queue_seconds, lot=drawn)
        case _:
            return 0.0


def _service(call: LoggedCall, draws: Draws) -> float:
    if call.service_seconds is not None:
        return call.service_seconds
    # Whoever hung up in the log may be answered in time here, and then talks as long as others of their type.
    return draws.times.draw(call.kind, lot(draws.seed, f"{call.key}/service"))
