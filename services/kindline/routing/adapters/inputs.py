"""Records of the input topics as the engine's inputs: whatever a stranger wrote becomes an input or a reason.

Promises the shard's loop that decoding never raises: what cannot be read is an InputBroken, which the engine
dead-letters, so that no record blocks a shard.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

from kindline.language.agents import AgentEvent
from kindline.language.events import InteractionEvent
from kindline.language.facts.inputs import DeadLetterReason, InputReference
from kindline.language.ids import event_identity, position_identity, tenant_of
from kindline.ledger.envelope import (
    Envelope,
    Undecodable,
    WrongContentType,
    decode_input,
    read_envelope,
    relayed_identity,
)
from kindline.ledger.port import Record
from kindline.ledger.topics import PLAN
from kindline.routing.adapters.shard_numbers import Gauges
from kindline.routing.domain.inputs import AgentSpoke, EventArrived, Input, InputBroken, PlanArrived

LARGEST_INPUT = 256 * 1024
LARGEST_PLAN = 3 * 1024 * 1024
"""A plan may be larger than other inputs, but the fact that adopts it must stay below a decision's 4 MiB."""


class BusinessTime(Protocol):
    """What inputs need of kindline.runtime.clock.BusinessClock."""

    def at(self, wall: float) -> float:
        """The business time that belongs to a time of the wall."""


class Inputs:
    """Decodes; knows the business clock, because the broker stamps records with the wall."""

    def __init__(self, clock: BusinessTime, gauges: Gauges | None = None) -> None:
        """Use this clock for append times; `gauges` hears when each input was appended."""
        self._clock, self._gauges = clock, gauges

    def __call__(self, record: Record) -> Input:
        """The input that a record is."""
        if self._gauges is not None:
            self._gauges.arrived(record.appended_at)
        reference = InputReference(
            topic=record.partition.topic, partition=record.partition.number, offset=record.offset
        )
        limit = LARGEST_PLAN if record.partition.topic == PLAN else LARGEST_INPUT
        if len(record.value or b"") > limit:
            detail = f"{len(record.value or b'')} bytes, {limit} are allowed"
            return InputBroken(reference=reference, reason=DeadLetterReason.TOO_LARGE, detail=detail)
        try:
            return self._decoded(record, reference)
        except WrongContentType as problem:
            return InputBroken(reference=reference, reason=DeadLetterReason.WRONG_CONTENT_TYPE, detail=str(problem))
        except Undecodable as problem:
            return InputBroken(reference=reference, reason=DeadLetterReason.UNPARSABLE, detail=str(problem))
        except Exception as problem:  # noqa: BLE001  # Its words may quote a body, its kind does not.
            detail = f"it cannot be read ({type(problem).__name__})"
            return InputBroken(reference=reference, reason=DeadLetterReason.UNPARSABLE, detail=detail)

    def _decoded(self, record: Record, reference: InputReference) -> Input:
        said, envelope = decode_input(record), read_envelope(record)
        if isinstance(said, InteractionEvent | AgentEvent) and not said.pool:
            said = replace(said, pool=(record.key or b"").decode("utf-8", "replace"))
        if isinstance(said, InteractionEvent):
            appended_at = self._clock.at(record.appended_at)
            return EventArrived(
                reference=reference,
                identity=_identity(record, envelope, said.pool),
                event=said,
                happened_at=_happened_at(envelope, said, appended_at),
                appended_at=appended_at,
                pool=said.pool,
            )
        if isinstance(said, AgentEvent):
            identity = _identity(record, envelope, said.pool)
            return AgentSpoke(reference=reference, identity=identity, event=said, appended_at=record.appended_at)
        return PlanArrived(reference=reference, plan=said.plan)


def _happened_at(envelope: Envelope, event: InteractionEvent, appended_at: float) -> float:
    """When the source says that it happened, but never later than it arrived."""
    for said in (envelope.happened_at, event.occurred_at):
        if said is not None and math.isfinite(said):
            return min(said, appended_at)
    return appended_at


def _identity(record: Record, envelope: Envelope, pool: str) -> bytes:
    """By what copies of this input are known: the relay's word, else the source's id, else its place."""
    if identity := relayed_identity(record):
        return identity
    if envelope.event_id:
        return event_identity(tenant=tenant_of(pool), source=envelope.source, event_id=envelope.event_id)
    topic, partition = record.partition
    return position_identity(topic=topic, partition=partition, offset=record.offset)
