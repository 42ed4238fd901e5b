"""Every file of the contract kit with its text, made from the protos and the language; `write.py` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import json_format

from kindline.language.facts.agents import RefusalReason
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.refusals import REFUSALS
from tests.contract.kit.samples import TOPICS, samples
from tests.contract.kit.schemas import schema

ROOT = Path(__file__).parents[3]
V1 = ROOT / "protos" / "kindline" / "v1"


def kit() -> Iterator[tuple[Path, bytes]]:
    """Each file of the kit and what it must hold."""
    for sample in samples():
        folder = V1 / "samples" / sample.topic
        text = json_format.MessageToJson(sample.message, preserving_proto_field_name=True, ensure_ascii=False)
        yield folder / f"{sample.name}.json", text.encode() + b"\n"
        yield folder / f"{sample.name}.binpb", sample.message.SerializeToString(deterministic=True)
    for topic, kind in TOPICS.items():
        text = json.dumps(schema(topic, kind.DESCRIPTOR), indent=1, ensure_ascii=False)
        yield V1 / "schemas" / f"{topic}.schema.json", text.encode() + b"\n"
    yield ROOT / "ERRORS.md", errors().encode()


def errors() -> str:
    """ERRORS.md: what every refusal and every dead letter means, and what to do about it."""
    lines = [
        "# Errors",
        "",
        "Made from `kindline.language.refusals` and the protos by `make kit`; do not edit.",
        "",
        "## Refused commands",
        "",
        "A refusal of presence or routing is a `google.rpc.Status` with an `ErrorInfo`: `reason` is the word in",
        "the first column, `domain` is `kindline`, and `metadata` has `retryable` and `what_to_do`.",
        "",
        "| reason | gRPC status | try again? | what happened | what to do |",
        "|---|---|---|---|---|",
    ]
    for reason in RefusalReason:
        if reason:
            row = REFUSALS[reason]
            again = "yes" if row.retryable else "no"
            lines.append(f"| {reason.name} | {row.status} | {again} | {row.what_happened} | {row.what_to_do} |")
    lines += [
        "",
        "## Dead letters",
        "",
        "An input that cannot be taken in goes to `<topic>.dlq` with its key, value and headers as they came, and the",
        "headers `x-dlq-topic`, `x-dlq-partition`, `x-dlq-offset`, `x-dlq-reason`, `x-dlq-detail` and `x-dlq-at`.",
        "",
        "| reason | what is wrong |",
        "|---|---|",
    ]
    lines += [f"| {reason.name} | {WRONG[reason]} |" for reason in DeadLetterReason if reason]
    return "\n".join(lines) + "\n"


WRONG = {
    DeadLetterReason.UNPARSABLE: "The value is no message of this topic: compare it with the samples and the schema.",
    DeadLetterReason.WRONG_CONTENT_TYPE: "Send `application/protobuf` or `application/json` in `content-type`.",
    DeadLetterReason.UNKNOWN_POOL: "No plan names the pool: check the key or `pool`, or apply a plan that has it.",
    DeadLetterReason.UNKNOWN_ENTRY_POINT: "The pool's plan has no such entry point: check `entry_point`.",
    DeadLetterReason.NO_THREAD: "Give the channel's own name for the conversation in `thread`.",
    DeadLetterReason.NO_INTERACTION: "No interaction was opened on the thread within the parking time.",
    DeadLetterReason.TOO_LARGE: "An input may have 256 KiB: send a `reference` to large content.",
    DeadLetterReason.INVALID_FIELD: "A field is missing or out of its range: the detail names it.",
    DeadLetterReason.UNKNOWN_AGENT: "The plan names no such agent: check the id, or apply a plan that has it.",
    DeadLetterReason.INVALID_PLAN: "The plan breaks a rule: `kindline plan check FILE` says which.",
}
