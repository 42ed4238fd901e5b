"""Days at a contact centre, drawn from a seed, for tests that need many decisions."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypedDict, Unpack

from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.content import Channel, Needs, SkillNeed
from kindline.language.plan import AgentPlan, ChannelPlan, OrderPlan, Plan, PoolLimits, QueuePlan, SkillPlan
from tests.given import Centre, plan, queue

SKILLS = ("a", "b", "c", "d", "e")


class Rules(TypedDict, total=False):
    """What of the plan a test may set."""

    channels: tuple[ChannelPlan, ...]
    order: OrderPlan
    queues: tuple[QueuePlan, ...]


def busy_plan(dice: random.Random) -> Plan:
    """Fifteen agents with some of five skills, on channels of unlike cost."""
    agents = tuple(
        AgentPlan(
            agent_id=f"agent-{number:02}",
            skills=tuple(SkillPlan(skill=skill, level=dice.randint(1, 5)) for skill in dice.sample(SKILLS, 2)),
        )
        for number in range(15)
    )
    channels = (
        ChannelPlan(channel=Channel.CHAT, units=40, at_once=2),
        ChannelPlan(channel=Channel.EMAIL, units=20, at_once=3),
    )
    queues = (queue(wrap_up_seconds=0.0, longest_wait_seconds=1e6), queue("billing"))
    # Nobody's stream breaks on this day, so signs of life would only fill the log.
    limits = PoolLimits(suspect_after_seconds=1e6)
    return plan(skills=SKILLS, agents=agents, channels=channels, queues=queues, limits=limits)


def busy_day(steps: int = 260, **changes: Unpack[Rules]) -> Centre:
    """Customers come and agents serve them, over hours, under the rules a test gives."""
    dice = random.Random(7)
    in_force = replace(busy_plan(dice), **changes)
    names = [plan.agent_id for plan in in_force.agents]
    centre = Centre(in_force)
    centre.at_work(*names[:12])
    working: list[tuple[str, str]] = []
    for step in range(steps):
        start = len(centre.log)
        centre.wait(dice.expovariate(1 / 40), presence=False)
        if step == steps // 2:
            centre.at_work(*names[12:])
        if dice.random() < 0.62 or not working:
            wanted = dice.sample(SKILLS, dice.randint(0, 2))
            asked = Needs(skills=tuple(SkillNeed(skill=skill, level=dice.randint(1, 4)) for skill in wanted))
            entrance = dice.choice(["chat", "form", "mail"])
            centre.arrives(f"t{step}", entrance, needing=asked, priority=dice.randint(0, 2))
        else:
            agent_id, name = working.pop(dice.randrange(len(working)))
            centre.says(agent_id, a.CompleteInteraction(interaction_id=name))
        for _, facts in centre.log[start:]:
            for fact in facts:
                if isinstance(fact, f.OfferIssued):
                    centre.accepts(fact.agent_id, fact.offer_id)
                    working.append((fact.agent_id, fact.interaction_id))
    return centre
