"""Whatever happens on a day, under whatever rules: the reason in the log is the one that the rules give again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from kindline.commands.explaining.tale import Tale
from kindline.language import events as e
from kindline.language.content import Channel, ParticipantRole
from kindline.language.facts import Fact, InteractionHeld, InteractionRelaxed, OfferIssued
from kindline.language.ids import Instant
from kindline.language.log import LEVEL, DecisionBatch
from kindline.language.plan import ChannelPlan, OrderPlan
from kindline.language.queue_rules import AgentChoice, LadderStep, PreferencePlan, Preferred
from kindline.routing.domain.engine import Engine
from tests.domain.routing.days import busy_day
from tests.given import SHARDS, Centre, agent, needs, plan, queue

Log = Sequence[tuple[Instant, tuple[Fact, ...]]]


def told(log: Log, begin: int = 0) -> list[Tale]:
    """The tale of every interaction that is offered after the first `begin` decisions."""
    names = dict.fromkeys(f.interaction_id for _, facts in log[begin:] for f in facts if isinstance(f, OfferIssued))
    return [tale_of(log, name, begin) for name in list(names)[:: len(names) // 12 + 1]]


def tale_of(log: Log, name: str, begin: int) -> Tale:
    """The tale of one interaction, read from a snapshot after the first `begin` decisions."""
    before = Engine(0, SHARDS)
    for at, facts in log[:begin]:
        before.apply(facts, at)
    engine = Engine(0, SHARDS)
    engine.restore(before.rows(), before.decided_at)
    tale = Tale(name, engine)
    for number, (at, facts) in enumerate(log[begin:]):
        tale.take(batch(at, facts), number)
    return tale


def batch(at: Instant, facts: Iterable[Fact]) -> DecisionBatch:
    """A decision as it stands in the log."""
    return DecisionBatch(
        epoch=1, owner="owner", seq=1, level=LEVEL, decided_at=at, facts=tuple(facts), next_within=0.5, released=False
    )


def differences(log: Log, begin: int = 0) -> list[str]:
    """Where the rules contradict the log."""
    tales = told(log, begin)
    assert sum(len(tale.offers) for tale in tales) >= min(len(tales), 1)
    return [difference for tale in tales for offer in tale.offers for difference in offer.differences]


@pytest.mark.parametrize("choice", [choice for choice in AgentChoice if choice])
def test_every_offer_of_a_busy_day_is_explained_as_it_was_decided(choice: AgentChoice) -> None:
    """Fifteen agents, five skills, three channels: each choice is made again from the facts, whatever it goes by."""
    queues = (queue(wrap_up_seconds=0.0, longest_wait_seconds=1e6), queue("billing"))
    preference = PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=30.0, remember_days=1)
    order = OrderPlan(priority_per_minute=1.0, starvation_seconds=120.0)
    chosen = tuple(replace(each, choice=choice, preference=preference) for each in queues)
    centre = busy_day(120, queues=chosen, order=order)
    assert differences(centre.log) == []
    assert differences(centre.log, len(centre.log) // 2) == []


def test_a_step_of_the_ladder_shows_in_who_could_be_chosen() -> None:
    """After 20 s billing is no longer needed, so Bob is offered what only Amy could have served."""
    ladder = (LadderStep(after_seconds=20.0, drop_skills=("billing",)),)
    billing = replace(queue("billing", needs=needs(billing=1)), ladder=ladder)
    centre = Centre(plan(queues=(queue(), billing), agents=(agent("amy", billing=3), agent("bob"))))
    centre.at_work("bob")
    centre.arrives("one", "billing-chat")
    centre.wait(25)
    assert centre.facts(InteractionRelaxed)
    [tale] = told(centre.log)
    assert tale.offers[0].offer.agent_id == "bob"
    assert tale.offers[0].differences == ()


def test_work_that_is_set_aside_for_a_call_is_explained() -> None:
    """Nobody has room, the call interrupts Amy's mail: the choice says so, and the rules agree."""
    channels = (
        ChannelPlan(channel=Channel.VOICE, units=100, at_once=1, interrupts=(Channel.EMAIL,)),
        ChannelPlan(channel=Channel.EMAIL, units=100, at_once=1),
    )
    centre = Centre(plan(channels=channels, agents=(agent("amy", billing=1),)))
    centre.at_work("amy")
    centre.arrives("letter", "mail")
    centre.accepts("amy")
    centre.wait(30)
    centre.rings("call")
    assert [offer.choice.rule for offer in centre.facts(OfferIssued)] == ["least_work", "interrupting"]
    assert differences(centre.log) == []
    centre.accepts("amy")
    centre.event(e.LegAnswered(role=ParticipantRole.AGENT), "call", "phone")
    assert centre.facts(InteractionHeld)
    assert differences(centre.log) == []
