"""What can go wrong between a front end and Kindline, in values a program can act on."""

import grpc
import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status


class DeskRefused(Exception):
    """Kindline refused: `reason` is a word of ERRORS.md, `what_to_do` one sentence for whoever builds the front end."""

    def __init__(self, reason: str, detail: str, *, retryable: bool, what_to_do: str) -> None:
        """Keep what the server said."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.retryable = retryable
        self.what_to_do = what_to_do


class DeskUnreachable(Exception):
    """No answer came in time; the desk has tried again as long as it was allowed to."""


SESSION_IS_OVER = frozenset({"SESSION_SUPERSEDED", "SESSION_ENDED", "TOKEN_INVALID"})
"""Reasons after which only a new sign-in helps."""


def refusal_of(error: grpc.aio.AioRpcError) -> DeskRefused | None:
    """The refusal in a gRPC error; None when it is no word of Kindline's, as when the network failed."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it asks for three methods, which this has.
    except ValueError:
        return None
    for detail in status.details if status else ():
        information = error_details_pb2.ErrorInfo()
        if detail.Unpack(information):
            return DeskRefused(
                information.reason,
                error.details() or information.reason,
                retryable=information.metadata.get("retryable") == "true",
                what_to_do=information.metadata.get("what_to_do", ""),
            )
    return None


def may_pass(error: grpc.aio.AioRpcError, refusal: DeskRefused | None) -> bool:
    """Whether asking again may help."""
    if refusal is not None:
        return refusal.retryable
    return error.code() in {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
    }
