"""Envelopes say who an event is from and what it is, and no stranger's header can break a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.agents import AgentEvent, ReplicaAlive
from kindline.language.events import CustomerLeft, InteractionEvent
from kindline.ledger import codec, topics
from kindline.ledger.envelope import Envelope, Undecodable, WrongContentType, decode_input, headers, read_envelope
from kindline.ledger.port import Headers, Partition, Record

LEFT = InteractionEvent(pool="bank/cards", thread="t", event=CustomerLeft(cause="hung up"))


def record(value: bytes | None, with_headers: Headers = (), topic: str = topics.INTERACTIONS) -> Record:
    """A record as it might stand in a topic."""
    return Record(Partition(topic, 0), 7, 1.0, None, value, with_headers)


def test_what_is_written_is_read() -> None:
    """An envelope that we write says the same when it is read."""
    written = headers(
        kind="CustomerLeft",
        event_id="e-1",
        source="chat/widget",
        happened_at=1_000_000_000.25,
        subject="bank/cards",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    assert read_envelope(record(b"", written)) == Envelope(
        event_id="e-1",
        source="chat/widget",
        happened_at=1_000_000_000.25,
        kind="CustomerLeft",
        subject="bank/cards",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    assert ("ce_specversion", b"1.0") in written
    assert ("ce_time", b"2001-09-09T01:46:40.250000Z") in written


@pytest.mark.parametrize(
    "said, instant",
    [
        (b"1999-01-18T07:00:00+02:00", 916635600.0),
        (b"1999-01-18T05:00:00Z", 916635600.0),
        (b"1999-01-18T05:00:00", None),
        (b"yesterday", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_a_time_is_an_instant_or_nothing(said: bytes, instant: float | None) -> None:
    """A time with its offset is understood, and any other word is as good as silence."""
    assert read_envelope(record(b"", (("ce_time", said),))).happened_at == instant


@given(st.lists(st.tuples(st.sampled_from(["ce_id", "ce_time", "ce_source", "x", "content-type"]), st.binary())))
def test_no_header_breaks_a_reader(strange: list[tuple[str, bytes]]) -> None:
    """Whatever bytes stand in headers, the envelope is read."""
    read_envelope(record(b"", tuple(strange)))


@pytest.mark.parametrize(
    "said", [None, b"application/protobuf", b"application/x-protobuf", b"Application/Protobuf; a=b"]
)
def test_bytes_are_read_as_protobuf(said: bytes | None) -> None:
    """Protobuf is understood under its names, and where no content-type is given."""
    kind = () if said is None else (("content-type", said),)
    assert decode_input(record(codec.encode(LEFT), kind)) == LEFT


def test_a_person_may_write_json() -> None:
    """Protojson is understood when the content-type says so."""
    kind = (("Content-Type", b"application/json; charset=utf-8"),)
    written = b'{"pool": "bank/cards", "thread": "t", "customer_left": {"cause": "hung up"}}'
    assert decode_input(record(written, kind)) == LEFT
    with pytest.raises(Undecodable):
        decode_input(record(b"{", kind))
    with pytest.raises(Undecodable):
        decode_input(record(b'\xff{"pool": "x"}', kind))


def test_a_form_that_we_do_not_read_is_told() -> None:
    """Another content-type is refused with the two that are right."""
    with pytest.raises(WrongContentType, match=r"text/plain.*application/protobuf or application/json"):
        decode_input(record(b"hello", (("content-type", b"text/plain"),)))


def test_an_input_without_a_value_is_told() -> None:
    """A tombstone on an input topic says nothing."""
    with pytest.raises(Undecodable, match="no value"):
        decode_input(record(None))


def test_each_topic_has_its_own_events() -> None:
    """An agent's event is read from the agents' topic, and from no topic that is no input."""
    alive = AgentEvent(pool="bank/cards", event=ReplicaAlive(replica_id="r"))
    assert decode_input(record(codec.encode(alive), topic=topics.AGENTS)) == alive
    with pytest.raises(LookupError):
        decode_input(record(b"", topic=topics.FLOOR))
