"""The codec loses nothing, understands only what it knows, and says in words what it does not."""

import contextlib
import dataclasses
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from kindline.language.agents import AgentCommand, AgentEvent, ClearNotResponding
from kindline.language.content import Channel, Content, Needs
from kindline.language.events import CustomerLeft, InteractionEvent, InteractionStarted, MessageReceived
from kindline.language.facts import Fact, Resumed
from kindline.language.facts.interactions import InteractionScheduled
from kindline.language.floor import FloorRow
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.language.plan import Plan, PlanPublished, PoolLimits
from kindline.language.sla import SlaEvent
from kindline.language.snapshot import SnapshotManifest, SnapshotPart
from kindline.ledger import codec
from kindline.ledger.codec.coders import MESSAGES, coder
from kindline.ledger.codec.shapes import ShapeMismatch
from tests.contract.codec.values import values_of

CLASSES = sorted(codec.language_classes().values(), key=lambda each: each.__name__)
BATCH = DecisionBatch(
    epoch=3,
    owner="o",
    seq=7,
    level=1,
    decided_at=5.0,
    facts=(Resumed(gap_seconds=1.5),),
    next_within=0.5,
    released=False,
)


def by_name(cls: type) -> str:
    """The name under which a class's example runs."""
    return cls.__name__


@pytest.mark.parametrize("cls", CLASSES, ids=by_name)
@settings(max_examples=6)
@given(data=st.data())
def test_what_is_said_arrives_unchanged(cls: type, data: st.DataObject) -> None:
    """Every value that the language can say comes back from its bytes equal and of the same types."""
    value = data.draw(values_of(cls))
    wire = codec.to_message(value).SerializeToString()
    back = coder(cls).build(MESSAGES[cls.__name__].FromString(wire))
    assert back == value
    assert type(back) is cls


@pytest.mark.parametrize("cls", CLASSES, ids=by_name)
def test_language_and_protos_have_the_same_fields(cls: type) -> None:
    """A dataclass and its message have the same fields, where a choice stands for all its forms."""
    descriptor = MESSAGES[cls.__name__].DESCRIPTOR
    ours = {field.name for field in dataclasses.fields(cls)}
    choices = {each.name for each in descriptor.oneofs if not each.name.startswith("_")}
    outside = {field.name for field in descriptor.fields if not _in_a_choice(field)}
    assert ours == outside | choices


def _in_a_choice(field: FieldDescriptor) -> bool:
    return field.containing_oneof is not None and not field.containing_oneof.name.startswith("_")


def test_every_message_has_a_class() -> None:
    """No message of the facts' protos is without its dataclass, save those that are one choice and nothing else."""
    choices = {"DecisionRecord", "SnapshotRecord", "FloorRecord", "SlaEvent", "Fact", "SnapshotRow"}
    assert set(MESSAGES) - choices == set(codec.language_classes())


def test_a_field_on_one_side_only_is_told_at_once() -> None:
    """A class that says less than its message is refused the first time it is used."""

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class CustomerLeft:
        """As the message, but for its cause."""

    with pytest.raises(ShapeMismatch, match=r"CustomerLeft lacks what kindline\.v1\.CustomerLeft has: cause"):
        coder(CustomerLeft)


@settings(max_examples=20)
@given(
    value=st.one_of(
        [values_of(cls) for cls in (InteractionEvent, AgentEvent, PlanPublished, DecisionBatch, EpochClaim)]
        + [values_of(cls) for cls in (SnapshotPart, SnapshotManifest)]
        + [values_of(cls) for cls in (*FloorRow.__args__, *SlaEvent.__args__)]
    )
)
def test_each_topic_reads_what_is_written_to_it(value: codec.Recorded) -> None:
    """A record's value is read back by its topic's own reader."""
    readers = {
        InteractionEvent: codec.decode_interaction,
        AgentEvent: codec.decode_agent,
        PlanPublished: codec.decode_plan,
        DecisionBatch: codec.decode_decision,
        EpochClaim: codec.decode_decision,
        SnapshotPart: codec.decode_snapshot,
        SnapshotManifest: codec.decode_snapshot,
        **dict.fromkeys(FloorRow.__args__, codec.decode_floor),
        **dict.fromkeys(SlaEvent.__args__, codec.decode_sla),
    }
    assert readers[type(value)](codec.encode(value)) == value


@pytest.mark.parametrize("fact", Fact.__args__, ids=by_name)
@settings(max_examples=2)
@given(data=st.data())
def test_a_fact_goes_bare_through_its_union(fact: type, data: st.DataObject) -> None:
    """A fact is wrapped for the wire and comes back without the wrapper."""
    value = data.draw(values_of(fact))
    assert codec.from_message(codec.to_union_message("Fact", value)) == value


def test_what_is_not_there_stays_apart_from_nought() -> None:
    """An absent time and a time of nought are two things on both sides."""
    absent = InteractionEvent(event=CustomerLeft())
    nought = InteractionEvent(event=CustomerLeft(), occurred_at=0.0, source_sequence=0)
    assert codec.decode_interaction(codec.encode(absent)).occurred_at is None
    assert codec.decode_interaction(codec.encode(nought)).occurred_at == 0.0
    assert codec.decode_interaction(codec.encode(nought)).source_sequence == 0


def test_a_plan_without_limits_gets_the_usable_ones() -> None:
    """A plan written by hand that says nothing of limits has those of the language, not noughts."""
    written = codec.decode_plan_json('{"plan": {"pool": "bank/cards", "version": 2}}')
    assert written.plan.limits == PoolLimits()
    nought = PlanPublished(plan=Plan(limits=PoolLimits(connect_seconds=0.0)))
    assert codec.decode_plan(codec.encode(nought)) == nought


def test_text_in_any_script_passes_byte_for_byte() -> None:
    """Chinese, Arabic, emoji and garbled text arrive as they were sent."""
    said = "您好 \u202eمرحبا 👩\u200d💻 \ufffd\x00 é e\u0301"
    event = InteractionEvent(event=MessageReceived(content=Content(body=said)))
    assert codec.decode_interaction(codec.encode(event)) == event


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_noise_is_refused_in_words_or_understood(noise: bytes) -> None:
    """Random bytes never raise anything but Undecodable, and UnknownFact in decisions."""
    for decode in (codec.decode_interaction, codec.decode_agent, codec.decode_plan, codec.decode_snapshot):
        with contextlib.suppress(codec.Undecodable):
            decode(noise)
    with contextlib.suppress(codec.Undecodable, codec.UnknownFact):
        codec.decode_decision(noise)


def test_an_event_without_a_happening_is_refused() -> None:
    """An event that says nothing, or something this version does not know, is refused with a clear word."""
    with pytest.raises(codec.Undecodable, match="InteractionEvent without event"):
        codec.decode_interaction(MESSAGES["InteractionEvent"](pool="bank/cards").SerializeToString())
    with pytest.raises(codec.Undecodable, match="AgentCommand without command"):
        codec.decode_agent(MESSAGES["AgentEvent"](agent_command=MESSAGES["AgentCommand"]()).SerializeToString())


def test_an_unknown_number_is_refused() -> None:
    """A channel with a number that nobody gave it is broken input, not some channel."""
    plan = MESSAGES["PlanPublished"]()
    plan.plan.channels.add(channel=17)
    with pytest.raises(codec.Undecodable, match="Channel has no number 17"):
        codec.decode_plan(plan.SerializeToString())


def test_an_unknown_fact_stops_the_reader_with_the_batch_in_hand() -> None:
    """A batch with a fact that this version does not know is no broken input: its reader hears which batch it is."""
    message = codec.to_union_message("DecisionRecord", BATCH)
    facts: Any = message.decision_batch  # type: ignore[attr-defined]
    facts.facts.add().MergeFromString(b"\x9a\x3f\x00")
    with pytest.raises(codec.UnknownFact, match="batch 7 of epoch 3") as stopped:
        codec.decode_decision(message.SerializeToString())
    assert stopped.value.batch == dataclasses.replace(BATCH, facts=())
    assert not isinstance(stopped.value, codec.Undecodable)


def test_a_reader_may_ask_for_some_kinds_of_facts_only() -> None:
    """Who copies dead letters passes over all else, in order, but still stops at what it does not know."""
    scheduled = InteractionScheduled(pool="bank/cards", interaction_id="i-1", due_at=9.0)
    batch = dataclasses.replace(BATCH, facts=(*BATCH.facts, scheduled, *BATCH.facts))
    only = frozenset({"InteractionScheduled"})
    assert codec.decode_decision(codec.encode(batch), only) == dataclasses.replace(batch, facts=(scheduled,))
    claim = EpochClaim(epoch=4, owner="p", claimant="router-2")
    assert codec.decode_decision(codec.encode(claim), only) == claim
    message = codec.to_union_message("DecisionRecord", batch)
    facts: Any = message.decision_batch  # type: ignore[attr-defined]
    facts.facts.add().MergeFromString(b"\x9a\x3f\x00")
    with pytest.raises(codec.UnknownFact):
        codec.decode_decision(message.SerializeToString(), only)


def test_a_person_can_write_an_event_by_hand() -> None:
    """Protojson in either spelling of its names is read like bytes, and a slip of the pen is told."""
    written = """{"pool": "bank/cards", "entryPoint": "web", "thread": "v-1",
                  "interaction_started": {"customer": "ann", "needs": {"language": "zh"}}}"""
    event = codec.decode_interaction_json(written)
    assert (event.entry_point, event.thread) == ("web", "v-1")
    assert event.event.needs == Needs(language="zh")  # type: ignore[union-attr]
    assert codec.decode_interaction_json(codec.encode_json(event)) == event
    with pytest.raises(codec.Undecodable, match="threat"):
        codec.decode_interaction_json('{"threat": "v-1"}')


def test_an_event_by_hand_that_nests_without_end_is_refused_before_it_is_read() -> None:
    """Whoever publishes brackets without end takes nobody to the bottom of the stack, and is told what is wrong."""
    for deep in ('{"pool":' * 60_000, b'{"pool": "bank/cards", "thread": ' + b"[" * 60_000):
        with pytest.raises(codec.Undecodable, match="nested more than 16 deep"):
            codec.decode_interaction_json(deep)


def test_a_map_looks_the_same_in_every_process() -> None:
    """Attributes come in the order of their names, since the wire keeps no order and states are compared."""
    event = InteractionEvent(event=InteractionStarted(attributes=dict.fromkeys("zebra", "")))
    back = codec.decode_interaction(codec.encode(event)).event
    assert list(back.attributes) == sorted("zebra")  # type: ignore[union-attr]


def test_a_command_of_one_word_survives() -> None:
    """A command that carries nothing but its name comes back as that command."""
    event = AgentEvent(event=AgentCommand(command_id="c", command=ClearNotResponding()))
    assert codec.decode_agent(codec.encode(event)) == event


def test_only_values_of_records_are_encoded() -> None:
    """A lone fact is no record: only the batch is."""
    with pytest.raises(TypeError, match="InteractionScheduled is not the value of any record"):
        codec.encode(InteractionScheduled(pool="p", interaction_id="i", due_at=1.0))  # type: ignore[arg-type]


def test_members_keep_their_words() -> None:
    """A number from the wire becomes the word of the language, not a bare number."""
    plan = codec.decode_plan_json('{"plan": {"channels": [{"channel": "CHANNEL_VOICE"}]}}').plan
    assert plan.channels[0].channel is Channel.VOICE
