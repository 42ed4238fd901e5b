"""The one place where the language meets the wire: values to bytes, bytes to values, for every topic.

Promises: what is encoded decodes to an equal value; what cannot be understood raises Undecodable with a word that a
dead letter can carry, and in decisions UnknownFact; nothing is dropped in silence. Messages that are one choice and
nothing else (Fact, DecisionRecord, SnapshotRow, SnapshotRecord, FloorRecord, SlaEvent) never appear: values stand bare.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from types import ModuleType
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from kindline.language import (
    agents,
    calendars,
    call_backs,
    content,
    events,
    facts,
    floor,
    log,
    plan,
    queue_rules,
    sla,
    snapshot,
)
from kindline.language.agents import AgentEvent
from kindline.language.events import InteractionEvent
from kindline.language.facts import Fact
from kindline.language.floor import FloorRow
from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.nesting import TooDeep, shallow
from kindline.language.plan import PlanPublished
from kindline.language.sla import SlaEvent
from kindline.language.snapshot import SnapshotRecord, SnapshotRow
from kindline.ledger.codec.coders import MESSAGES, Coder, coder, union_coder
from kindline.ledger.codec.errors import Undecodable, UnknownFact

__all__ = [
    "Recorded",
    "Undecodable",
    "UnknownFact",
    "decode_agent",
    "decode_agent_json",
    "decode_decision",
    "decode_floor",
    "decode_interaction",
    "decode_interaction_json",
    "decode_plan",
    "decode_plan_json",
    "decode_sla",
    "decode_snapshot",
    "encode",
    "encode_facts",
    "encode_json",
    "from_message",
    "language_classes",
    "to_message",
    "to_union_message",
]

Recorded = InteractionEvent | AgentEvent | PlanPublished | DecisionRecord | SnapshotRecord | FloorRow | SlaEvent
"""What can be the value of a record."""

_UNIONS: dict[str, Any] = {
    "DecisionRecord": DecisionRecord,
    "SnapshotRecord": SnapshotRecord,
    "FloorRecord": FloorRow,
    "SlaEvent": SlaEvent,
    "Fact": Fact,
    "SnapshotRow": SnapshotRow,
}
_TOPIC_UNIONS = ("DecisionRecord", "SnapshotRecord", "FloorRecord", "SlaEvent")


def encode(value: Recorded) -> bytes:
    """The bytes of a record's value. Raises ValueError or TypeError for a value that the wire cannot hold."""
    return _filled(_topic_union(cast("type", type(value))), value).SerializeToString()


def encode_facts(facts: Iterable[Fact]) -> bytes:
    """The bytes of a batch that has these facts and nothing else: protobuf merges such parts when they are joined."""
    message, fill = MESSAGES["DecisionRecord"](), _union("Fact").fill
    add = message.decision_batch.facts.add
    for fact in facts:
        fill(add(), fact)
    return message.SerializeToString()  # type: ignore[no-any-return]


def encode_json(value: Recorded) -> str:
    """The protojson of a record's value, for people and for samples."""
    return json_format.MessageToJson(
        _filled(_topic_union(cast("type", type(value))), value), preserving_proto_field_name=True
    )


def decode_interaction(data: bytes) -> InteractionEvent:
    """What a record of kindline.interactions says. Raises Undecodable."""
    return _decode(coder(InteractionEvent), data)  # type: ignore[no-any-return]


def decode_agent(data: bytes) -> AgentEvent:
    """What a record of kindline.agents says. Raises Undecodable."""
    return _decode(coder(AgentEvent), data)  # type: ignore[no-any-return]


def decode_plan(data: bytes) -> PlanPublished:
    """What a record of kindline.plan says. Raises Undecodable."""
    return cast("PlanPublished", _decode(coder(PlanPublished), data))


def decode_decision(data: bytes, only: frozenset[str] | None = None) -> DecisionRecord:
    """What a record of kindline.decisions says; of a batch's facts `only` those whose classes are named, if given.

    Raises Undecodable for bytes that are no such record, and UnknownFact for a batch that this version cannot
    understand whole: its reader must stop there if it counts.
    """
    whole = _union("DecisionRecord")
    message = _parsed(whole, data)
    if only is not None:
        _leave_out_others(message.decision_batch, only)
    try:
        return whole.build(message)  # type: ignore[no-any-return]
    except Undecodable as error:
        if message.WhichOneof("record") != "decision_batch":
            raise
        head = message.decision_batch
        head.ClearField("facts")
        raise UnknownFact(cast("DecisionBatch", coder(DecisionBatch).build(head)), str(error)) from error


def decode_snapshot(data: bytes) -> SnapshotRecord:
    """What a record of kindline.snapshots says. Raises Undecodable."""
    return cast("SnapshotRecord", _decode(_union("SnapshotRecord"), data))


def decode_floor(data: bytes) -> FloorRow:
    """What a record of kindline.floor says. Raises Undecodable."""
    return cast("FloorRow", _decode(_union("FloorRecord"), data))


def decode_sla(data: bytes) -> SlaEvent:
    """What a record of kindline.sla says. Raises Undecodable."""
    return cast("SlaEvent", _decode(_union("SlaEvent"), data))


def decode_interaction_json(text: str | bytes) -> InteractionEvent:
    """What protojson for kindline.interactions says. Raises Undecodable; a hundred times slower than bytes."""
    return cast("InteractionEvent", _decode_json(coder(InteractionEvent), text))


def decode_agent_json(text: str | bytes) -> AgentEvent:
    """What protojson for kindline.agents says. Raises Undecodable."""
    return cast("AgentEvent", _decode_json(coder(AgentEvent), text))


def decode_plan_json(text: str | bytes) -> PlanPublished:
    """What protojson for kindline.plan says. Raises Undecodable."""
    return cast("PlanPublished", _decode_json(coder(PlanPublished), text))


def to_message(value: Any) -> Message:
    """The message of the same name as the value's class. Raises LookupError for a class that has none."""
    return _filled(coder(cast("type", type(value))), value)


def to_union_message(name: str, value: object) -> Message:
    """A value in the message that is one choice, as a fact in "Fact". Raises KeyError for a value of no such union."""
    return _filled(_union(name), value)


def from_message(message: Message) -> Any:
    """The value of a message, bare where the message is one choice. Raises Undecodable, LookupError."""
    name = message.DESCRIPTOR.name
    return (_union(name) if name in _UNIONS else coder(language_classes()[name])).build(message)


@functools.cache
def language_classes() -> dict[str, type]:
    """Every dataclass of the language that has a message, by its name."""
    modules: tuple[ModuleType, ...] = (content, events, call_backs, agents, plan, calendars, queue_rules)
    modules += (log, snapshot, floor, sla, facts.agents, facts.inputs, facts.interactions, facts.offers, facts.waiting)
    return {
        name: each
        for module in modules
        for name, each in vars(module).items()
        if name in MESSAGES and isinstance(each, type) and each.__module__ == module.__name__
    }


@functools.cache
def _union(name: str) -> Coder:
    return union_coder(name, _UNIONS[name])


@functools.cache
def _topic_union(cls: type) -> Coder:
    """The union in which records of this class travel, or the class's own coder where it travels alone."""
    for name in _TOPIC_UNIONS:
        if cls in _UNIONS[name].__args__:
            return _union(name)
    if cls in {InteractionEvent, AgentEvent, PlanPublished}:
        return coder(cls)
    raise TypeError(f"{cls.__name__} is not the value of any record")


def _filled(its: Coder, value: Any) -> Message:
    message: Message = its.message()
    its.fill(message, value)
    return message


def _leave_out_others(batch: Any, kinds: frozenset[str]) -> None:
    """Take the facts of other kinds out of a batch; one that nobody knows stays, so that it is noticed."""
    wanted = _fact_fields(kinds)
    kept = [fact for fact in batch.facts if fact.WhichOneof("fact") in wanted]
    if len(kept) < len(batch.facts):
        batch.ClearField("facts")
        batch.facts.extend(kept)


@functools.cache
def _fact_fields(kinds: frozenset[str]) -> frozenset[str | None]:
    [oneof] = MESSAGES["Fact"].DESCRIPTOR.oneofs
    return frozenset({None, *(field.name for field in oneof.fields if field.message_type.name in kinds)})


def _parsed(its: Coder, data: bytes) -> Any:
    try:
        return its.message.FromString(data)
    except DecodeError as error:
        raise Undecodable(f"these bytes are no {its.message.DESCRIPTOR.full_name}") from error


def _decode(its: Coder, data: bytes) -> Any:
    return its.build(_parsed(its, data))


def _decode_json(its: Coder, text: str | bytes) -> Any:
    message = its.message()
    try:
        json_format.Parse(shallow(text if isinstance(text, str) else text.decode()), message)
    except (json_format.ParseError, UnicodeDecodeError, TooDeep) as error:
        raise Undecodable(f"this text is no protojson of {message.DESCRIPTOR.full_name}: {error}") from error
    return its.build(message)
