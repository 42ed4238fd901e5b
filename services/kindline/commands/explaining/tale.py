"""The tale of one interaction, folded from the batches that count: its facts, and each choice looked at as it was made.

Promises that a choice is judged by the state just before it, the decision's own earlier facts included, and that
wherever the rules say another thing than the log, the tale says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import isclose

from kindline.language import facts as f
from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.language.plan import Plan
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.candidates import Candidate, Considered
from kindline.routing.domain.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fact of the tale."""

    at: Instant
    offset: int
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One offer, with everybody who was considered for it."""

    at: Instant
    offset: int
    offer: f.OfferIssued
    candidates: tuple[Candidate, ...] = ()
    signed_out: tuple[str, ...] = ()
    """Agents of the plan who were not there."""
    known: bool = True
    """False: the log was cut before, and only what the decision itself says is known."""
    differences: tuple[str, ...] = ()
    """Where the rules, asked again, say another thing than the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How it stands with one that waits at the end of the log: why nobody who is there has it."""

    at: Instant
    since: Instant
    queue: str
    candidates: tuple[Candidate, ...]
    signed_out: tuple[str, ...]


@dataclass(slots=True)
class Tale:
    """One interaction of a shard; give it every batch that counts from the engine's state on."""

    interaction_id: str
    engine: Engine
    knows_all: bool = True
    facts: list[Told] = field(default_factory=list)
    offers: list[Explained] = field(default_factory=list)
    plan: Plan | None = None
    """Of its pool, when it was last heard of."""

    def take(self, batch: DecisionBatch, offset: int) -> None:
        """Take in the next batch."""
        if not self.knows_all:
            self._remember(batch, offset)
            return
        offers = [at for at, fact in enumerate(batch.facts) if isinstance(fact, f.OfferIssued) and self._is_mine(fact)]
        folded = 0
        for at in offers:
            self.engine.apply(batch.facts[folded:at], batch.decided_at)
            self._explain(batch.facts[at], batch.decided_at, offset)
            folded = at
        self.engine.apply(batch.facts[folded:], batch.decided_at)
        self._remember(batch, offset)

    @property
    def waits(self) -> bool:
        """Whether it stands in a queue and nobody has been offered it, as far as the log was read."""
        row = self.engine.interaction(self.interaction_id) if self.knows_all else None
        return row is not None and row.state is InteractionState.QUEUED

    def waiting(self) -> Waiting | None:
        """Who is there for it now, and which rule leaves out whom; None if it does not wait, or that is not known."""
        row = self.engine.interaction(self.interaction_id) if self.waits else None
        if row is None or row.queued is None:
            return None
        now = self.engine.decided_at
        seen = self.engine.considers(self.interaction_id, now)
        return Waiting(
            at=now,
            since=row.queued.waiting_since,
            queue=row.queued.queue,
            candidates=seen.candidates,
            signed_out=self._away(row.received.pool, seen),
        )

    def _away(self, pool: str, seen: Considered) -> tuple[str, ...]:
        """Agents of the plan who are not there."""
        plan = self.engine.plan(pool)
        there = {candidate.agent_id for candidate in seen.candidates}
        return tuple(agent.agent_id for agent in (plan.agents if plan else ()) if agent.agent_id not in there)

    def _is_mine(self, fact: Fact) -> bool:
        return getattr(fact, "interaction_id", "") == self.interaction_id

    def _remember(self, batch: DecisionBatch, offset: int) -> None:
        for fact in batch.facts:
            if self._is_mine(fact):
                self.facts.append(Told(at=batch.decided_at, offset=offset, fact=fact))
                self.plan = self.engine.plan(getattr(fact, "pool", "")) or self.plan
                if isinstance(fact, f.OfferIssued) and not self.knows_all:
                    self.offers.append(Explained(at=batch.decided_at, offset=offset, offer=fact, known=False))

    def _explain(self, offer: Fact, now: Instant, offset: int) -> None:
        assert isinstance(offer, f.OfferIssued)  # noqa: S101  # Only these are asked for; this tells the type checker.
        plan = self.engine.plan(offer.pool)
        seen = self.engine.considers(self.interaction_id, now)
        self.offers.append(
            Explained(
                at=now,
                offset=offset,
                offer=offer,
                candidates=seen.candidates,
                signed_out=self._away(offer.pool, seen),
                differences=tuple(differences(offer, seen, plan.version if plan else 0)),
            )
        )


def differences(offer: f.OfferIssued, seen: Considered, plan_version: int) -> list[str]:
    """In which words the rules, asked again, contradict what the log says of an offer."""
    choice, found = offer.choice, list[str]()

    def compare(what: str, logged: object, again: object) -> None:
        if logged != again:
            found.append(f"{what}: the log says {logged}, the rules say {again}")

    compare("plan version", choice.plan_version, plan_version)
    compare("agent", offer.agent_id, seen.chosen or "nobody")
    compare("rule of choice", choice.rule, seen.choice or "none")
    if seen.counted:
        left_out = Counter(candidate.rule for candidate in seen.candidates)
        compare("agents who could have been chosen", choice.eligible, left_out.pop("", 0))
        compare("agents left out", _counts({each.rule: each.agents for each in choice.removals}), _counts(left_out))
    score = next((one.score for one in seen.candidates if one.agent_id == offer.agent_id), None)
    if score is None or not isclose(score, choice.score, rel_tol=1e-9, abs_tol=1e-12):
        compare("score", choice.score, "none" if score is None else score)
    return found


def _counts(rules: dict[str, int]) -> str:
    return ", ".join(f"{agents} by {rule}" for rule, agents in sorted(rules.items())) or "none"
