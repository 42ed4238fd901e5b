"""Every offer of a small pool says how many could have had it, and which rule left out how many of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.plan import ChannelPlan, PoolLimits, QueuePlan
from kindline.language.queue_rules import PreferencePlan, Preferred
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.explaining import left_out_by
from kindline.routing.domain.requirements import Requirement
from tests.domain.routing.days import busy_day
from tests.given import SHARDS, Centre, plan


def asked_one_by_one(engine: Engine, fact: f.OfferIssued, at: float) -> Counter[str]:
    """For each rule how many it leaves out, when every agent is looked at from scratch."""
    state = engine._state  # noqa: SLF001 - rows do not say why.
    pool, interaction = state.pools[fact.pool], state.interactions[fact.interaction_id]
    needed = Requirement(interaction.queue, interaction.channel, interaction.needs, interaction.also_queues)
    here = [agent for agent in pool.agents.values() if agent.session_id]
    return Counter(left_out_by(pool, agent, interaction, needed, at) for agent in here)


def check(centre: Centre) -> Counter[str]:
    """Compare every offer with what a look at everybody says; all the rules that left somebody out."""
    reader, seen = Engine(centre.shard, SHARDS), Counter[str]()
    for at, facts in centre.log:
        for fact in facts:
            if isinstance(fact, f.OfferIssued):
                counted = Counter({removal.rule: removal.agents for removal in fact.choice.removals})
                counted[""] = fact.choice.eligible
                assert counted == asked_one_by_one(reader, fact, at)
                seen += counted
            reader.apply([fact], at)
    return seen


@pytest.mark.parametrize("half", [True, False])
def test_what_an_offer_says_of_the_others_is_what_a_look_at_each_of_them_says(half: bool) -> None:  # noqa: FBT001
    """Over a busy day, every count that came with an offer is that of asking the rules agent by agent."""
    queues = tuple(
        QueuePlan(name=name, wrap_up_seconds=0.0, longest_wait_seconds=1e6, at_once=2 * half)
        for name in ("general", "billing")
    )
    seen = check(busy_day(120, queues=queues))
    assert {"", "skill", "capacity"} <= seen.keys()


def test_breaks_gaps_declines_and_preferences_are_counted_too() -> None:
    """A break, a rest between two chats, a decline and a customer who waits for somebody: each is told as such."""
    half = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    preference = PreferencePlan(prefer=Preferred.ACCOUNT_OWNER, for_seconds=60.0)
    usual = plan(channels=half, limits=PoolLimits(assignment_gap_seconds=30.0))
    general = QueuePlan(name="general", preference=preference, back_off_seconds=60.0)
    centre = Centre(replace(usual, queues=(general, *usual.queues[1:])))
    centre.at_work("amy", "bob", "cy")
    centre.event(owned_by("bob"), "t1")
    centre.accepts("bob")
    centre.arrives("t2")
    centre.says("cy", a.SetStatus(status=AgentStatus.BREAK))
    centre.declines("amy")
    centre.wait(31)
    assert centre.offered_to("t2") == ["bob"]
    seen = check(centre)
    assert {"status", "assignment_gap", "back_off", "preference"} <= seen.keys()


def owned_by(owner: str) -> e.InteractionStarted:
    """A customer whose account belongs to somebody."""
    return e.InteractionStarted(account_owner=owner)
