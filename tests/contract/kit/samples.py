"""One golden sample for every event of every topic: what integrators copy from, and what a change must not break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from kindline.v1 import agent_pb2, decision_pb2, floor_pb2, interaction_pb2, plan_pb2, sla_pb2, state_pb2

TOPICS: dict[str, type[Message]] = {
    "kindline.interactions": interaction_pb2.InteractionEvent,
    "kindline.agents": agent_pb2.AgentEvent,
    "kindline.plan": plan_pb2.PlanPublished,
    "kindline.decisions": decision_pb2.DecisionRecord,
    "kindline.snapshots": state_pb2.SnapshotRecord,
    "kindline.floor": floor_pb2.FloorRecord,
    "kindline.sla": sla_pb2.SlaEvent,
}
"""The message that each topic holds."""

INTERACTION = "0f8b7a52-6d0e-5a6e-9a4c-3c1f2e9d7b10"
TEXTS = {
    "pool": "acme/support",
    "entry_point": "web-chat",
    "account": "web-chat",
    "thread": "visitor-7f3a",
    "interaction_id": INTERACTION,
    "previous_interaction_id": "",
    "offer_id": f"{INTERACTION}.1",
    "agent_id": "amy",
    "display_name": "Amy",
    "from_agent_id": "",
    "queue": "english",
    "language": "en",
    "customer": "c5d1e0b2a9f84c77",
    "message_id": "01JZ0000000000000000000001",
    "command_id": "01980000-0000-7000-8000-000000000001",
    "session_id": "4b1f3c9e-27ab-4f1e-9d55-6f0b6a3d2c11",
    "replica_id": "9a7d2c40-5e6f-4b8a-8c1d-2e3f4a5b6c7d",
    "owner": "d2719f7e-8c3b-4a65-b0e4-1f2d3c4b5a69",
    "topic": "kindline.interactions",
    "text": "Where is my parcel? 我的包裹在哪里?",
    "normalised": "",
    "time_zone": "Europe/Riga",
    "definition": "answered_within/offered_less_short",
}
NUMBERS = {
    "priority": 5,
    "level": 1,
    "units": 50,
    "number": 1,
    "segment": 1,
    "epoch": 3,
    "seq": 41,
    "offset": 1207,
    "next_offset": 1208,
    "version": 2,
    "partition": 1,
    "value": 0.83,
    "score": 0.25,
    "next_within": 0.5,
}
NOW = 1_793_000_000.0
DEPTH = 6


class Sample(NamedTuple):
    """One event in full."""

    topic: str
    name: str
    message: Message


def samples() -> Iterator[Sample]:
    """Every event of every topic once, each with every field set that an event of its kind can have."""
    for topic, kind in TOPICS.items():
        names = _alternatives(kind.DESCRIPTOR) or {str(kind.DESCRIPTOR.name): ()}
        for name, path in names.items():
            message = kind()
            _fill(message, path, DEPTH)
            yield Sample(topic, name, message)


def _alternatives(descriptor: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - two descriptor types, one shape
    """Each event's name and the oneof arms that lead to it; batches lead on to their facts."""
    found: dict[str, tuple[str, ...]] = {}
    for oneof in _choices(descriptor):
        for field in oneof.fields:
            inner = field.message_type
            name, path = inner.name, (field.name,)
            if name == "DecisionBatch":
                facts = _choices(decision_pb2.Fact.DESCRIPTOR)[0].fields
                found |= {fact.message_type.name: (*path, fact.name) for fact in facts}
            elif name == "SnapshotPart":
                rows = _choices(state_pb2.SnapshotRow.DESCRIPTOR)[0].fields
                found |= {row.message_type.name: (*path, row.name) for row in rows}
            elif name == "AgentCommand":
                commands = _choices(inner)[0].fields
                found |= {command.message_type.name: (*path, command.name) for command in commands}
            else:
                found[name] = path
    return found


def _choices(descriptor: Any) -> list[Any]:  # noqa: ANN401
    """The oneofs that choose an event; an optional scalar's own oneof does not."""
    whole = [oneof for oneof in descriptor.oneofs if not oneof.name.startswith("_")]
    return [oneof for oneof in whole if all(field.message_type is not None for field in oneof.fields)]


def _fill(message: Message, path: tuple[str, ...], depth: int) -> None:
    chosen = {oneof.name: _arm(oneof, path) for oneof in message.DESCRIPTOR.oneofs if not oneof.name.startswith("_")}
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof is not None and oneof.name in chosen and chosen[oneof.name] != field.name:
            continue
        _set(message, field, path[1:] if path and path[0] == field.name else path, depth)


def _arm(oneof: Any, path: tuple[str, ...]) -> str:  # noqa: ANN401 - protobuf's descriptors are untyped here
    for field in oneof.fields:
        if field.name in path:
            return str(field.name)
    return str(oneof.fields[0].name)


def _set(message: Message, field: Any, path: tuple[str, ...], depth: int) -> None:  # noqa: ANN401
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(message, field.name).update({"page": "/orders/1234"})
    elif field.message_type is not None:
        if depth == 0:
            return
        target = getattr(message, field.name)
        _fill(target.add() if field.is_repeated else target, path, depth - 1)
        if not field.is_repeated:
            target.SetInParent()
    elif field.is_repeated:
        getattr(message, field.name).append(_scalar(field))
    else:
        setattr(message, field.name, _scalar(field))


def _scalar(field: Any) -> Any:  # noqa: ANN401 - the field says what it holds
    if field.enum_type is not None:
        return field.enum_type.values[1].number
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING and field.type == FieldDescriptor.TYPE_BYTES:
        return bytes(range(16))
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return TEXTS.get(field.name, field.name.replace("_", "-"))
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return True
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        seconds = field.name.endswith("_seconds") or field.name in {"load", "next_within"}
        return NUMBERS.get(field.name, 20.0 if seconds else NOW)
    return NUMBERS.get(field.name, 1)
