"""Facts as sentences that a supervisor reads: what happened, to whom and why; never what was said.

Promises a sentence for every fact, also for one that is younger than these words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from kindline.language import facts as f
from kindline.language.content import Needs, ParticipantRole
from kindline.language.facts import Fact
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import WaitEstimate
from kindline.language.queue_rules import OverflowCause

RULES = {
    "status": "is not available",
    "lease": "is not connected",
    "not_responding": "let offers go by",
    "plan": "is not in the plan any more",
    "channel": "does not serve this channel",
    "queue": "does not serve this queue",
    "skill": "lacks a skill",
    "language": "does not speak the language",
    "capacity": "has no room",
    "assignment_gap": "was given work a moment ago",
    "back_off": "declined it, missed it or passed it on a moment ago, or holds it already",
    "preference": "is not the agent it waits for",
}
"""What a rule says of an agent; a rule without words here speaks by its name."""

CHOICES = {
    "least_work": "the least work per available time in the last hour, then the longest idle, then by name",
    "longest_idle": "the least in hand, then the longest idle, then by name",
    "best_skill": "the best skills, then the least work",
    "round_robin": "whose turn it is: whoever was given work longest ago",
    "preferred_agent": "the agent whom the customer is meant to meet again",
    "interrupting": "nobody had room, so that other work is set aside; of those who can, the least work",
}


ANEW = (QueuedReason.ARRIVED, QueuedReason.HANDED_OVER, QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED)
"""Reasons with which a visit to a queue begins; for any other reason the one before goes on."""

MINUTE, HOUR = 60, 3_600


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + " s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes // 60} h {minutes % 60} min" if seconds >= 2 * HOUR else f"{minutes} min {rest} s"


def moment(at: float) -> str:
    """An instant as people read it, whatever the zone they sit in."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def words(value: IntEnum) -> str:
    """The name of a value as words."""
    return value.name.lower().replace("_", " ")


def needs_words(needs: Needs) -> str:
    """What is needed."""
    asked = [f"{need.skill} at level {need.level}" for need in needs.skills]
    asked += [f"the language {needs.language}"] if needs.language else []
    return " and ".join(asked) or "nothing in particular"


def sentence(fact: Fact) -> str:
    """What a fact says, in one sentence."""
    say = SENTENCES.get(type(fact))
    if say is not None:
        return say(fact)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(fact).__name__).capitalize()


def _received(fact: f.InteractionReceived) -> str:
    again = f", after {fact.previous_interaction_id[:8]}" if fact.previous_interaction_id else ""
    held = ", with a bot or menu first" if fact.owner is ParticipantRole.BOT else ""
    speaks = f", speaking {fact.language}" if fact.language else ""
    return f"Received by {words(fact.channel)} at {fact.entry_point}{speaks}{again}{held}"


def _recorded(fact: f.EventRecorded) -> str:
    event = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(fact.event.event).__name__).lower()
    return f"The channel reported: {event}" + (", which opened it" if fact.opening else "")


def _queued(fact: f.InteractionQueued) -> str:
    why = words(fact.reason)
    if fact.reason is QueuedReason.OVERFLOWED and fact.overflowed_from:
        why = f"overflowed from {fact.overflowed_from}, {words(fact.overflow_cause)}"
    whose = f", from {fact.from_agent_id}" if fact.from_agent_id else ""
    waits = f"; it waits for {fact.preferred_agent_id} at first" if fact.preferred_agent_id else ""
    if fact.reason not in ANEW:
        # The fact says what it came into the queue with; the steps of the ladder that it has taken hold all the same.
        return f"Queued in {fact.queue} ({why}{whose}), with priority and needs as before{waits}"
    needs = needs_words(fact.needs)
    return f"Queued in {fact.queue} ({why}{whose}) with priority {fact.priority}, needing {needs}{waits}"


def _relaxed(fact: f.InteractionRelaxed) -> str:
    also = f", also for the agents of {', '.join(fact.also_queues)}" if fact.also_queues else ""
    back = "; a call-back is offered" if fact.call_back_offered else ""
    needs = needs_words(fact.needs)
    return (
        f"Step {fact.step} of the ladder ({words(fact.cause)}): priority {fact.priority}, needing {needs}{also}{back}"
    )


def _informed(fact: f.CustomerInformed) -> str:
    told = [f"{fact.announcement!r}"] if fact.announcement else []
    told += [f"position {fact.position}"] if fact.position else []
    told += [f"a wait of {wait_words(fact.expected_wait)}"] if fact.expected_wait else []
    return "The customer was told: " + (", ".join(told) or "nothing that is known")


def wait_words(wait: WaitEstimate) -> str:
    """An expected wait as a range."""
    return f"{duration(wait.least_seconds)} to {duration(wait.most_seconds)} (by {words(wait.estimator)})"


def _declined(fact: f.OfferDeclined) -> str:
    reason = f" ({fact.reason_code})" if fact.reason_code else ""
    return f"Offer {_number(fact.offer_id)}: {fact.agent_id} declined it{reason}"


def _number(offer_id: str) -> str:
    return offer_id.rpartition(".")[2]


def _answered(fact: f.InteractionAnswered) -> str:
    return f"Answered by {fact.agent_id} after {duration(fact.waited_seconds)}"


def _completed(fact: f.InteractionCompleted) -> str:
    code = f", as {fact.disposition.code}" if fact.disposition and fact.disposition.code else ""
    return f"Completed by the {words(fact.ended_by)}{code}; {fact.agent_id} wraps up"


def _abandoned(fact: f.InteractionAbandoned) -> str:
    return f"The customer left {words(fact.where)} after {duration(fact.waited_seconds)}"


def _deflected(fact: f.InteractionDeflected) -> str:
    because = fact.cause or (words(fact.overflow_cause) if fact.overflow_cause is not OverflowCause.UNSPECIFIED else "")
    return f"Sent elsewhere ({words(fact.reason)})" + (f": {because}" if because else "")


def _held(fact: f.InteractionHeld) -> str:
    return "On hold" + (f", interrupted by {fact.interrupted_by[:8]}" if fact.interrupted_by else "")


SENTENCES: dict[type[Fact], Callable[[Any], str]] = {
    f.InteractionReceived: _received,
    f.EventRecorded: _recorded,
    f.InteractionQueued: _queued,
    f.InteractionScheduled: lambda fact: f"It waits in no queue until {moment(fact.due_at)}",
    f.CallBackPromised: lambda fact: f"The customer takes a call-back, due {moment(fact.due_at)}, and may leave",
    f.InteractionRelaxed: _relaxed,
    f.PreferenceEnded: lambda fact: f"It waits for {fact.agent_id} no more ({words(fact.reason)})",
    f.CustomerInformed: _informed,
    f.CapacityExceeded: lambda fact: f"{fact.agent_id} holds {fact.units_over} units more than they should",
    f.OfferIssued: lambda fact: f"Offer {fact.number} to {fact.agent_id}",
    f.OfferAccepted: lambda fact: f"Offer {_number(fact.offer_id)}: {fact.agent_id} accepted it",
    f.OfferDeclined: _declined,
    f.OfferExpired: lambda fact: f"Offer {_number(fact.offer_id)} to {fact.agent_id} went by ({words(fact.cause)})",
    f.OfferRevoked: lambda fact: f"Offer {_number(fact.offer_id)} to {fact.agent_id} taken back ({words(fact.reason)})",
    f.OfferRescinded: lambda fact: f"Offer {_number(fact.offer_id)} to {fact.agent_id} ended: another was quicker",
    f.OfferFailed: lambda fact: f"Offer {_number(fact.offer_id)} to {fact.agent_id} failed: {fact.cause}",
    f.InteractionAnswered: _answered,
    f.MessageSent: lambda fact: f"{fact.agent_id} wrote to the customer",
    f.InteractionHeld: _held,
    f.InteractionResumed: lambda _: "Taken up again",
    f.InteractionSlept: lambda _: "Asleep: nobody has said anything for a while",
    f.InteractionCompleted: _completed,
    f.InteractionClosed: lambda fact: f"Closed ({words(fact.reason)})",
    f.InteractionAbandoned: _abandoned,
    f.InteractionDeflected: _deflected,
    f.InteractionCancelled: lambda fact: f"Cancelled: {fact.cause}",
    f.InteractionExpired: lambda fact: f"Ended by its deadline ({words(fact.reason)})",
}
