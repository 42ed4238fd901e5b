"""The table of refusals: every reason has its words, and they agree with what the protos promise to the world."""

import re
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from kindline.language.facts.agents import RefusalReason
from kindline.language.refusals import BY_NAME, REFUSALS
from kindline.runtime.refused import Refused
from kindline.runtime.rpc import refusal_status

PROTO = Path(__file__).parents[3] / "protos/kindline/v1/decision.proto"
TRY_AGAIN = {"OUTCOME_PENDING", "BEHIND"}


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_reason_says_what_happened_and_what_to_do(reason: RefusalReason) -> None:
    """No reason is left without two sentences and a gRPC code that exists and is no success."""
    refusal = REFUSALS[reason]
    assert refusal.what_happened.endswith(".")
    assert refusal.what_to_do.endswith(".")
    assert grpc.StatusCode[refusal.status] is not grpc.StatusCode.OK
    assert refusal.retryable == (reason.name in TRY_AGAIN)
    assert BY_NAME[reason.name] is refusal


@pytest.mark.parametrize("reason", [reason for reason in RefusalReason if reason])
def test_the_protos_say_the_same(reason: RefusalReason) -> None:
    """What happened is told in the protos in the same words, so that two pages never contradict each other."""
    found = re.search(
        rf"//([^\n]*)\n\s*REFUSAL_REASON_{reason.name} = {reason.value};", PROTO.read_text(encoding="utf-8")
    )
    assert found
    assert found[1].strip().startswith(REFUSALS[reason].what_happened)


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_is_an_error_that_a_program_can_act_on(reason: RefusalReason) -> None:
    """The error on the wire carries reason, domain, whether to try again and what to do."""
    status = refusal_status(Refused(reason.name, "because of this"), BY_NAME)
    information = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(information)
    assert (information.reason, information.domain) == (reason.name, "kindline")
    assert information.metadata["what_to_do"] == REFUSALS[reason].what_to_do
    assert information.metadata["retryable"] in {"true", "false"}
    assert status.message == f"{reason.name}: because of this"
