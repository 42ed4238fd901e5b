"""Checks the half of I3 that concerns inputs: each record of an input topic has had its effect, exactly once (I3).

A record is accounted for by the fact that took it in, parked it, refused it or sent it on; a repeat of an identity that
was seen before needs no fact. Nothing else may lie below the positions that were decided.
"""

from __future__ import annotations

from kindline.audit.findings import Findings, Invariant
from kindline.language import facts as f
from kindline.language.facts.inputs import InputReference


class Inputs:
    """What the decisions say of the inputs of all shards."""

    def __init__(self, findings: Findings) -> None:
        """Begin with nothing seen."""
        self._findings = findings
        self.recorded: dict[bytes, str] = {}
        """Identities that were taken in, with the interaction that took them."""
        self.parked: set[bytes] = set()
        self.refused: set[InputReference] = set()
        self.redirected: set[bytes] = set()
        self.answered: dict[str, int] = {}
        """Commands that were answered, and how often."""
        self.decided: dict[tuple[str, int], int] = {}
        """For each input topic and partition the next offset to decide."""

    def apply(self, fact: f.Fact, place: str) -> None:
        """Take in one fact."""
        if isinstance(fact, f.EventRecorded):
            if fact.identity in self.recorded:
                what = f"event {fact.identity.hex()} was taken in twice"
                self._findings.find(Invariant.NOTHING_LOST, place, what)
            self.recorded[fact.identity] = fact.interaction_id
        elif isinstance(fact, f.EventParked):
            self.parked.add(fact.identity)
        elif isinstance(fact, f.InputRejected | f.InputDeadLettered):
            self.refused.add(fact.input)
        elif isinstance(fact, f.InputRedirected):
            self.refused.add(fact.input)
            self.redirected.add(fact.identity)
        elif isinstance(fact, f.CommandAnswered):
            self.answered[fact.command_id] = self.answered.get(fact.command_id, 0) + 1

    def position(self, topic: str, shard: int, next_offset: int, place: str) -> None:
        """Note how far an input has been decided; it never goes back."""
        before = self.decided.get((topic, shard), 0)
        if next_offset < before:
            what = f"position of {topic}/{shard} went back from {before} to {next_offset}"
            self._findings.find(Invariant.LOG, place, what)
        self.decided[topic, shard] = next_offset

    def check_event(self, reference: InputReference, identity: bytes | None) -> None:
        """Judge one record of kindline.interactions; `identity` is None when it cannot be read."""
        if reference.offset >= self.decided.get((reference.topic, reference.partition), 0):
            return
        known = identity is not None and (identity in self.recorded or identity in self.parked)
        if not known and reference not in self.refused:
            place = f"{reference.topic}/{reference.partition}@{reference.offset}"
            self._findings.find(Invariant.NOTHING_LOST, place, "this input was decided, but no fact accounts for it")

    def check_command(self, reference: InputReference, command_id: str) -> None:
        """Judge one command of kindline.agents: decided means answered."""
        if reference.offset >= self.decided.get((reference.topic, reference.partition), 0):
            return
        if command_id not in self.answered and reference not in self.refused:
            place = f"{reference.topic}/{reference.partition}@{reference.offset}"
            self._findings.find(Invariant.NOTHING_LOST, place, f"command {command_id} was decided, but never answered")
