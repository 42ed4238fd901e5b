"""The contract kit is what the code does: samples decode, schemas accept them, and nothing is out of date."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kindline.ledger import codec
from kindline.ledger.envelope import decode_input
from kindline.ledger.port import Partition, Record
from tests.contract.kit.files import V1, kit
from tests.contract.kit.samples import TOPICS, samples

DECODERS: dict[str, Callable[[bytes], Any]] = {
    "kindline.interactions": codec.decode_interaction,
    "kindline.agents": codec.decode_agent,
    "kindline.plan": codec.decode_plan,
    "kindline.decisions": codec.decode_decision,
    "kindline.snapshots": codec.decode_snapshot,
    "kindline.floor": codec.decode_floor,
    "kindline.sla": codec.decode_sla,
}
GOLDEN = sorted((V1 / "samples").glob("*/*.binpb"))


def test_the_kit_is_up_to_date() -> None:
    """Samples, schemas and ERRORS.md are what `make kit` would write now, and nothing else lies beside them."""
    wanted = dict(kit())
    stale = [file.name for file, text in wanted.items() if not file.exists() or file.read_bytes() != text]
    strange = [file.name for file in [*V1.glob("samples/*/*"), *V1.glob("schemas/*")] if file not in wanted]
    assert (stale, strange) == ([], [])


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_golden_sample_is_read_and_written_again_as_it_was(file: Path) -> None:
    """Whoever wrote an event yesterday is understood today, byte for byte."""
    value = DECODERS[file.parent.name](file.read_bytes())
    assert codec.encode(value) == file.read_bytes()


@pytest.mark.parametrize("topic", ["kindline.interactions", "kindline.agents", "kindline.plan"])
def test_a_person_may_send_any_sample_as_json(topic: str) -> None:
    """What a console producer sends as protojson, without any header, says the same as the bytes."""
    for file in sorted((V1 / "samples" / topic).glob("*.json")):
        record = Record(Partition(topic, 0), 0, 0.0, None, file.read_bytes())
        assert decode_input(record) == DECODERS[topic](file.with_suffix(".binpb").read_bytes())


@pytest.mark.parametrize("topic", TOPICS)
def test_every_sample_follows_its_schema(topic: str) -> None:
    """An integrator may check what they send against the published schema."""
    validator = Draft202012Validator(json.loads((V1 / "schemas" / f"{topic}.schema.json").read_text("utf-8")))
    for file in sorted((V1 / "samples" / topic).glob("*.json")):
        assert [error.message for error in validator.iter_errors(json.loads(file.read_text("utf-8")))] == []


def test_the_schema_refuses_what_is_no_event() -> None:
    """A schema that accepts everything would help nobody."""
    schema = json.loads((V1 / "schemas" / "kindline.interactions.schema.json").read_text("utf-8"))
    validator = Draft202012Validator(schema)
    wrong: list[object] = [{}, [], {"pool": 3}, {"pool": "a/b", "surprise": 1}, {"customer_left": {}, "left": {}}]
    assert [event for event in wrong if validator.is_valid(event)] == []


def test_every_event_has_a_sample() -> None:
    """No event is left for integrators to guess."""
    assert len({(sample.topic, sample.name) for sample in samples()}) == len(GOLDEN)
