"""How each fact changes the auditor's picture of the hall; written anew here, and shared with no engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kindline.audit import folding_people as people
from kindline.audit.cases import Case
from kindline.audit.hall import Hall
from kindline.audit.workers import Hold
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.facts.interactions import QueuedReason
from kindline.language.graph import ENDS, FACT_MOVES
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

LEFT_OUT = frozenset({QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED, QueuedReason.NOT_CONNECTED})
"""Reasons for which whoever had it, if anybody had, is left out for a while: it would only come back."""


def fold(hall: Hall, fact: f.Fact, at: Instant) -> None:
    """Change the picture as the fact says; what is about nobody known changes nothing."""
    hall.facts += 1
    change = CHANGES.get(type(fact))
    if change is not None:
        change(hall, fact, at)
    agent_id = getattr(fact, "agent_id", "")
    if agent_id:
        hall.stirred[getattr(fact, "pool", ""), agent_id] = None
    name = getattr(fact, "interaction_id", "")
    if name:
        hall.stirred_cases[name] = None
    target, case = FACT_MOVES.get(type(fact)), hall.case(fact)
    if target is None or case is None:
        return
    case.state, case.state_since = target, at
    if target in ENDS:
        hall.free(case, at)
        del hall.cases[case.id]
    hall.stand(case)


def _received(hall: Hall, fact: f.InteractionReceived, at: Instant) -> None:
    hall.cases[fact.interaction_id] = Case(fact, hall.sequence, at)
    hall.sequence += 1


def _queued(hall: Hall, fact: f.InteractionQueued, at: Instant) -> None:
    case = hall.case(fact)
    if case is None:
        return
    hall.free(case, at)
    case.is_queued(fact, at)
    house = hall.houses.get(fact.pool)
    if fact.reason in LEFT_OUT and house is not None:
        case.leave_out(fact.from_agent_id, at + house.rules.queue(case.queue).back_off_seconds)


def _relaxed(hall: Hall, fact: f.InteractionRelaxed, _at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.relaxed = fact
        case.call_back_offered |= fact.call_back_offered
        hall.stand(case)


def _promised(hall: Hall, fact: f.CallBackPromised, _at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.call_back = fact


def _scheduled(hall: Hall, fact: f.InteractionScheduled, _at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.preferring = False


def _preference_ended(hall: Hall, fact: f.PreferenceEnded, _at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.preferring = False
        hall.stand(case)


def _held(hall: Hall, fact: f.InteractionHeld, at: Instant) -> None:
    case = hall.case(fact)
    found = hall.hold(case) if case is not None else None
    if case is None or found is None:
        return
    case.interrupted_by = fact.interrupted_by
    if fact.interrupted_by:
        held = found[1]
        hall.holds(case, held._replace(units=0, aside=held.units + held.aside), at)


def _resumed(hall: Hall, fact: f.InteractionResumed, at: Instant) -> None:
    case = hall.case(fact)
    found = hall.hold(case) if case is not None else None
    if case is None or found is None:
        return
    case.interrupted_by = ""
    held = found[1]
    hall.holds(case, held._replace(units=fact.units or held.units + held.aside, aside=0, asleep=False), at)


def _slept(hall: Hall, fact: f.InteractionSlept, at: Instant) -> None:
    case = hall.case(fact)
    found = hall.hold(case) if case is not None else None
    if case is not None and found is not None:
        hall.holds(case, found[1]._replace(units=fact.units, asleep=True), at)


def _completed(hall: Hall, fact: f.InteractionCompleted, at: Instant) -> None:
    case = hall.case(fact)
    found = hall.hold(case) if case is not None else None
    if case is not None and found is not None:
        # Wrap-up is work: it takes what the sleeper took, but counts again.
        hall.holds(case, found[1]._replace(asleep=False), at)


def _recorded(hall: Hall, fact: f.EventRecorded, at: Instant) -> None:
    case = hall.case(fact)
    if case is None:
        return
    happening = fact.event.event
    if isinstance(happening, e.HandoverRequested):
        case.asked, case.handed_over = happening.needs, True
    elif isinstance(happening, e.InteractionStarted | e.MessageReceived | CallBackAccepted):
        case.speaks("customer", at)
        if isinstance(happening, e.InteractionStarted) and fact.opening:
            case.account_owner = happening.account_owner


def _said(hall: Hall, fact: f.MessageSent, at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.speaks(fact.agent_id, at)


def _answered(hall: Hall, fact: f.InteractionAnswered, at: Instant) -> None:
    case, house = hall.case(fact), hall.houses.get(fact.pool)
    if case is None or house is None:
        return
    case.answered, case.passed_on_by = True, ""
    if case.received.customer:
        house.served[case.received.customer] = (fact.agent_id, at)


def _issued(hall: Hall, fact: f.OfferIssued, at: Instant) -> None:
    case, worker = hall.case(fact), hall.worker(fact.pool, fact.agent_id)
    if case is not None:
        case.offers[fact.offer_id] = fact
        case.state, case.state_since = S.OFFERED, at
        hall.stand(case)
    if worker is not None:
        worker.hands[fact.interaction_id] = Hold(fact.units, fact.channel, fact.queue)
        worker.last_assigned_at = at


def _accepted(hall: Hall, fact: f.OfferAccepted, _at: Instant) -> None:
    case = hall.case(fact)
    if case is not None:
        case.offers.pop(fact.offer_id, None)
        case.agent_id = fact.agent_id
        case.preferring = False


def _offer_over(hall: Hall, fact: f.Fact, at: Instant) -> None:
    case = hall.case(fact)
    offer = case.offers.pop(getattr(fact, "offer_id", ""), None) if case is not None else None
    if case is None or offer is None:
        return
    worker = hall.worker(offer.pool, offer.agent_id)
    if worker is not None:
        worker.hands.pop(case.id, None)
    case.leave_out(offer.agent_id, getattr(fact, "back_off_until", 0.0))
    if not case.offers and case.state is S.OFFERED:
        case.state, case.state_since = S.QUEUED, at
    hall.stand(case)


# Each function takes exactly the fact of its row, which no type of Python can say of a table.
CHANGES: dict[type[f.Fact], Callable[[Hall, Any, Instant], None]] = {
    f.PlanAdopted: people.plan,
    f.InteractionReceived: _received,
    f.InteractionQueued: _queued,
    f.InteractionRelaxed: _relaxed,
    f.CallBackPromised: _promised,
    f.InteractionScheduled: _scheduled,
    f.PreferenceEnded: _preference_ended,
    f.EventRecorded: _recorded,
    f.MessageSent: _said,
    f.InteractionAnswered: _answered,
    f.InteractionCompleted: _completed,
    f.InteractionHeld: _held,
    f.InteractionResumed: _resumed,
    f.InteractionSlept: _slept,
    f.OfferIssued: _issued,
    f.OfferAccepted: _accepted,
    f.OfferDeclined: _offer_over,
    f.OfferExpired: _offer_over,
    f.OfferRevoked: _offer_over,
    f.OfferRescinded: _offer_over,
    f.OfferFailed: _offer_over,
    f.AgentSignedIn: people.signed_in,
    f.AgentSignedOut: people.signed_out,
    f.AgentStatusDeclared: people.declared,
    f.AgentRoutingStateChanged: people.routing_state,
    f.AgentLeaseChanged: people.lease,
}
