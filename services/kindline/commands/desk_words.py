"""What a terminal desk says: states, reasons and refusals in an agent's words.

Promises agents that every automatic change comes with its reason, that a refusal says what they can do, and that
nothing a customer writes can move their cursor, hide text or ring their terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from kindline.client import AgentState, AgentStatus, Content, DeskRefused, DeskUnreachable, OfferEnd, Work, WorkState
from kindline.language.content import ContentReference, SealedContent
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.facts.offers import OfferRevokedReason

STATES: Mapping[RoutingState, str] = MappingProxyType(
    {
        RoutingState.UNSPECIFIED: "not known yet",
        RoutingState.IDLE: "ready, offers can come",
        RoutingState.RESERVED: "an offer is yours to take",
        RoutingState.INTERACTING: "with a customer",
        RoutingState.WRAP_UP: "after-contact work",
        RoutingState.COOL_DOWN: "paid rest, nothing is offered",
        RoutingState.NOT_RESPONDING: "nothing is offered until you type /here",
        RoutingState.DRAINING: "finishing what you have, nothing new is offered",
        RoutingState.INACTIVE: "nothing is offered; /back when you are ready",
    }
)
REASONS: Mapping[RoutingStateReason, str] = MappingProxyType(
    {
        RoutingStateReason.UNSPECIFIED: "",
        RoutingStateReason.SESSION: "you signed in or out",
        RoutingStateReason.STATUS: "that follows from the status you declared",
        RoutingStateReason.OFFER: "an offer came or went",
        RoutingStateReason.WORK: "your work began or ended",
        RoutingStateReason.MISSED_OFFERS: "offers went by unanswered; this is not held against you",
        RoutingStateReason.CLEARED: "you said that you are here",
        RoutingStateReason.LEASE: "the line to your desk was lost or came back",
        RoutingStateReason.PLAN: "the plan of your pool changed",
    }
)
LEASES: Mapping[Lease, str] = MappingProxyType(
    {
        Lease.UNSPECIFIED: "",
        Lease.CONNECTED: "",
        Lease.SUSPECT: "your line is shaky: nothing new is offered until it is steady, your work is kept",
        Lease.LOST: "your line was lost: offers and chats went back to their queues, without blame",
    }
)
WORK_STATES: Mapping[WorkState, str] = MappingProxyType(
    {
        WorkState.UNSPECIFIED: "unknown",
        WorkState.CONNECTING: "connecting",
        WorkState.ACTIVE: "with you",
        WorkState.HELD: "on hold",
        WorkState.DORMANT: "asleep",
        WorkState.WRAP_UP: "in wrap-up",
    }
)
INTERRUPTED = "held by the system, back with you after what interrupted it"
OFFER_ENDS: Mapping[OfferEnd, str] = MappingProxyType(
    {
        OfferEnd.UNSPECIFIED: "The offer is gone.",
        OfferEnd.ACCEPTED: "The offer is yours.",
        OfferEnd.DECLINED: "The offer is declined; the customer keeps their place.",
        OfferEnd.EXPIRED: "The offer went by unanswered; the customer keeps their place.",
        OfferEnd.REVOKED: "The offer was taken back, without blame",
        OfferEnd.RESCINDED: "Somebody else took the offer first.",
        OfferEnd.FAILED: "The offer could not be delivered; that is not your doing.",
    }
)
REVOKED: Mapping[OfferRevokedReason, str] = MappingProxyType(
    {
        OfferRevokedReason.UNSPECIFIED: "",
        OfferRevokedReason.CUSTOMER_LEFT: "the customer left",
        OfferRevokedReason.AGENT_LOST: "the line to your desk was lost",
        OfferRevokedReason.STATUS_CHANGED: "your status changed",
        OfferRevokedReason.PLAN_CHANGED: "the plan of your pool changed",
        OfferRevokedReason.INTERACTION_ENDED: "the contact ended",
        OfferRevokedReason.CALL_BACK_PROMISED: "the customer will be called back later",
    }
)
CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "InteractionClosed": "is closed",
        "InteractionQueued": "went back to a queue",
        "InteractionExpired": "ended because it went on too long",
        "InteractionAbandoned": "ended: the customer left",
        "InteractionCancelled": "was cancelled",
        "InteractionDeflected": "ended: the customer was helped elsewhere",
    }
)
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "TOKEN_MISSING": "You are not signed in. Start the desk again.",
        "TOKEN_INVALID": "Your session is not valid here. Start the desk again to sign in.",
        "SESSION_SUPERSEDED": "You signed in somewhere else, so this desk is over. Start it again to take over.",
        "SESSION_ENDED": "Your session has ended. Start the desk again to sign in.",
        "UNKNOWN_POOL": "There is no such pool. Check --pool; `kindline plan show` names the pools.",
        "UNKNOWN_AGENT": "The plan of this pool does not know you. Check --id and --pool, or ask who keeps the plan.",
        "OFFER_GONE": "That offer is not open any more. Nothing is held against you; the next one will come.",
        "NOT_YOUR_INTERACTION": "That customer is with somebody else now. Nothing was done.",
        "UNKNOWN_INTERACTION": "That contact has ended. Nothing was done.",
        "WRONG_STATE": "That cannot be done now, because of where this contact stands. Look at its state first.",
        "UNKNOWN_QUEUE": "There is no queue of that name. `kindline plan show POOL` names them.",
        "COMMAND_TOO_OLD": "That took too long and was not done. Type it again.",
        "INVALID_COMMAND": "Something is missing or out of range. Nothing was done.",
        "UNKNOWN_REASON_CODE": "The plan has no such reason code. `kindline plan show POOL` names them.",
        "COMMAND_FAILED": "Kindline failed on this and changed nothing. Tell the people who run it.",
        "OUTCOME_PENDING": "The decision did not come in time; it may still come. Look before you type it again.",
        "BEHIND": "Kindline is behind just now. Type it again in a moment.",
        "CREDENTIAL_WRONG": (
            "Your sign-in key is missing or wrong. Give it with --sign-in-key or KINDLINE_SIGN_IN_KEY; whoever runs "
            "Kindline gets it with `kindline agent --id YOU --pool POOL --print-key`."
        ),
        "CONTENT_TOO_LARGE": "That is too long to send at once. Send it in parts.",
        "DEADLINE_MISSING": "This desk made a mistake (no deadline). Tell the people who run Kindline.",
    }
)
SPOOFS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that reorder what stands around them."""


def shown(text: str) -> str:
    """The text as a terminal may show it: whatever would steer the terminal is seen instead of obeyed."""
    return "".join(character if _harmless(character) else _picture(character) for character in text)


def _harmless(character: str) -> bool:
    return character == "\n" or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in SPOOFS)


def _picture(character: str) -> str:
    if character == "\t":
        return "    "
    code = ord(character)
    if code < 0x20:  # noqa: PLR2004 - Unicode has a picture for each of the first 32.
        return chr(0x2400 + code)
    return f"<U+{code:04X}>"


def said(content: Content | None) -> str:
    """What was said, or what stands in for it."""
    match content.body if content else None:
        case str(words):
            return shown(words)
        case SealedContent():
            return "[sealed: this desk has no key]"
        case ContentReference() as kept:
            return shown(f"[{kept.media_type or 'file'}, {kept.size} bytes, at {kept.location}]")
        case bytes() as data:
            return f"[{len(data)} bytes that are no text]"
        case _:
            return "[nothing]"


def status_words(status: AgentStatus, reason_code: str = "") -> str:
    """A declared status."""
    return status.name + (f" ({shown(reason_code)})" if reason_code else "")


def state_words(state: AgentState, *, explained: bool = False) -> str:
    """The agent's state on one line: what they declared, what follows, and why if it is to be explained."""
    text = f"{status_words(state.status, state.reason_code)}: {STATES[state.routing_state]}"
    if state.next_status is not AgentStatus.UNSPECIFIED:
        text += f"; {state.next_status.name} when your work ends"
    reason = REASONS[state.reason] if explained else ""
    return f"{text} - {reason}" if reason else text


def work_words(work: Work) -> str:
    """What a piece of work is, without its state."""
    language = f", {shown(work.language)}" if work.language else ""
    back = ", call them back" if work.call_back else ""
    return f"{work.channel.name.lower().replace('_', ' ')} from {shown(work.queue)}{language}{back}"


def stands(work: Work) -> str:
    """How a piece of work stands."""
    return INTERRUPTED if work.interrupted_by and work.state is WorkState.HELD else WORK_STATES[work.state]


def error_words(error: Exception) -> str:
    """A failed command in an agent's words."""
    match error:
        case DeskRefused():
            words = REFUSALS.get(error.reason) or f"{error.detail}. {error.what_to_do}"
            return f"{words} [{error.reason}]"
        case DeskUnreachable():
            return f"Kindline cannot be reached ({error}). It may not have been done: look before you type it again."
        case _:
            return str(error)


def span(seconds: float) -> str:
    """Minutes and seconds, as 0:05 or 1:02:03."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_of_day(instant: float) -> str:
    """A business time as this machine's clock on the wall would show it."""
    return datetime.fromtimestamp(instant, UTC).astimezone().strftime("%H:%M:%S")
