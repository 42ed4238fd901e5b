"""Why commands are refused, in words: one row per RefusalReason, from which ERRORS.md and every gRPC error are made.

Promises front ends a stable gRPC code, whether trying again can help, and one sentence on what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kindline.language.facts.agents import RefusalReason as R


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal means: `status` is the name of its gRPC code."""

    status: str
    retryable: bool
    what_happened: str
    what_to_do: str


def _final(status: str, what_happened: str, what_to_do: str) -> Refusal:
    return Refusal(status, retryable=False, what_happened=what_happened, what_to_do=what_to_do)


def _later(status: str, what_happened: str, what_to_do: str) -> Refusal:
    return Refusal(status, retryable=True, what_happened=what_happened, what_to_do=what_to_do)


REFUSALS: Mapping[R, Refusal] = MappingProxyType(
    {
        R.UNSPECIFIED: _final("UNKNOWN", "No reason was given.", "Tell the people who run Kindline."),
        R.TOKEN_MISSING: _final(
            "UNAUTHENTICATED", "The call carries no session token.", "Sign in, and send the token with every call."
        ),
        R.TOKEN_INVALID: _final("UNAUTHENTICATED", "The session token is not ours or is broken.", "Sign in again."),
        R.SESSION_SUPERSEDED: _final(
            "ABORTED", "Another front end of the same agent signed in later.", "Sign in again here to take over."
        ),
        R.SESSION_ENDED: _final("UNAUTHENTICATED", "The session has ended.", "Sign in again."),
        R.UNKNOWN_POOL: _final(
            "NOT_FOUND", "The plan names no such pool.", "Check the pool, or apply a plan that has it."
        ),
        R.UNKNOWN_AGENT: _final(
            "NOT_FOUND", "The pool's plan names no such agent.", "Check the id, or apply a plan that has it."
        ),
        R.OFFER_GONE: _final(
            "FAILED_PRECONDITION", "The offer is not open any more.", "Drop it from the screen; a new one will come."
        ),
        R.NOT_YOUR_INTERACTION: _final(
            "PERMISSION_DENIED", "The interaction belongs to somebody else.", "Show only your own work."
        ),
        R.UNKNOWN_INTERACTION: _final(
            "NOT_FOUND", "There is no such interaction, or it has ended.", "Drop it from the screen."
        ),
        R.WRONG_STATE: _final(
            "FAILED_PRECONDITION",
            "The interaction is in a state that does not allow this.",
            "Look at its state and choose again.",
        ),
        R.UNKNOWN_QUEUE: _final("NOT_FOUND", "The plan names no such queue.", "Choose one of the plan's queues."),
        R.COMMAND_TOO_OLD: _final(
            "FAILED_PRECONDITION", "The command's id is over ten minutes old.", "Ask again with a new id."
        ),
        R.INVALID_COMMAND: _final(
            "INVALID_ARGUMENT", "The command lacks a field or has one out of range.", "Mend what the message names."
        ),
        R.UNKNOWN_REASON_CODE: _final(
            "INVALID_ARGUMENT", "The reason code is not one of the plan's.", "Choose one of the plan's codes."
        ),
        R.COMMAND_FAILED: _final(
            "INTERNAL", "The engine failed on the command; nothing changed.", "Tell the people who run Kindline."
        ),
        R.OUTCOME_PENDING: _later(
            "UNAVAILABLE", "The decision has not come in time.", "Ask again with the same command id."
        ),
        R.BEHIND: _later(
            "UNAVAILABLE", "This replica is behind the ledger or cannot reach it.", "Try again in a moment."
        ),
        R.DEADLINE_MISSING: _final(
            "INVALID_ARGUMENT", "The call has no deadline, or one over 30 s.", "Set a deadline of at most 30 s."
        ),
        R.CREDENTIAL_WRONG: _final(
            "UNAUTHENTICATED", "The sign-in key is wrong.", "Ask the people who run Kindline for the agent's key."
        ),
        R.CONTENT_TOO_LARGE: _final(
            "INVALID_ARGUMENT", "The content is larger than allowed.", "Send less, or a reference."
        ),
    }
)
"""Every member of the enum has its row."""

BY_NAME: Mapping[str, Refusal] = MappingProxyType({reason.name: refusal for reason, refusal in REFUSALS.items()})
"""The same by the reason's name, as gRPC errors carry it."""
