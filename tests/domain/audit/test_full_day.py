"""Days on which every rule is in force at once, drawn from a seed: the audit finds nothing, and each rule plays."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Channel, ParticipantRole
from kindline.language.plan import AgentChannelLimit, ChannelPlan, OrderPlan, Plan, PoolLimits, QueuePlan
from kindline.language.plan_checks import problems
from kindline.language.queue_rules import (
    AgentChoice,
    LadderStep,
    OverflowAction,
    OverflowCause,
    OverflowRule,
    PreferencePlan,
    Preferred,
    QueueLimits,
)
from kindline.language.snapshot import InteractionState as S
from tests.domain.audit.recorded import audited
from tests.given import Centre, agent, needs, plan, text

WEEK = tuple(day for day in Weekday if day)
HOURS = tuple(CalendarFrame(days=WEEK, opens=f"{hour:02}:00", closes=f"{hour:02}:40") for hour in range(24))
CREW = ("amy", "bob", "cy", "dot")
CUSTOMERS = ("ann", "ben", "cal", "dee", "")


def rule(cause: OverflowCause, action: OverflowAction, queue: str = "", after: float = 0.0) -> OverflowRule:
    """One rule of overflow."""
    return OverflowRule(cause=cause, action=action, queue=queue, after_seconds=after)


def general() -> QueuePlan:
    """A queue with everything."""
    cause, action = OverflowCause, OverflowAction
    return QueuePlan(
        name="general",
        needs=needs("en", billing=3),
        wrap_up_seconds=5.0,
        offers_at_once=2,
        choice=AgentChoice.LONGEST_IDLE,
        ladder=(
            LadderStep(after_seconds=30.0, lower_skills=needs(billing=2).skills),
            LadderStep(after_seconds=60.0, drop_language=True, raise_priority=1, offer_call_back=True),
            LadderStep(when_nobody=True, drop_skills=("billing",), add_queue="billing"),
        ),
        preference=PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=20.0),
        calendar="shop",
        limits=QueueLimits(most_waiting=6),
        overflow=(
            rule(cause.CLOSED, action.LEAVE_MESSAGE),
            rule(cause.FULL, action.TO_QUEUE, "billing"),
            rule(cause.NOBODY_ON_JOIN, action.DEFLECT),
            rule(cause.WAITED, action.TO_QUEUE, "billing", 150.0),
        ),
        tell_wait_every_seconds=20.0,
    )


def everything() -> Plan:
    """A plan with every rule there is."""
    cause, action = OverflowCause, OverflowAction
    billing = QueuePlan(
        name="billing",
        weight=1,
        wrap_up_seconds=0.0,
        at_once=2,
        choice=AgentChoice.ROUND_ROBIN,
        limits=QueueLimits(most_waiting=4),
        overflow=(
            rule(cause.FULL, action.DEFLECT),
            # For those only whom nobody may send away.
            rule(cause.FULL, action.TO_QUEUE, "third"),
            rule(cause.NOBODY_ON_STAY, action.DEFLECT, after=5.0),
            rule(cause.WAITED, action.DEFLECT, after=200.0),
        ),
    )
    channels = (
        ChannelPlan(channel=Channel.VOICE, units=100, interrupts=(Channel.CHAT, Channel.EMAIL), missed_offers=2),
        ChannelPlan(channel=Channel.CHAT, units=40, at_once=2, dormant_after_seconds=40.0, dormant_units=10),
        ChannelPlan(channel=Channel.EMAIL, units=25, at_once=3),
    )
    cy = replace(
        agent("cy", languages=["en"], billing=5), limits=(AgentChannelLimit(channel=Channel.EMAIL, at_once=1),)
    )
    crew = (agent("amy", languages=["en"], billing=3), agent("bob", languages=["lv"], billing=1), cy, agent("dot"))
    usual = plan(queues=(general(), billing, QueuePlan(name="third")), agents=crew, channels=channels)
    found = replace(
        usual,
        calendars=(CalendarPlan(name="shop", frames=HOURS),),
        order=OrderPlan(priority_per_minute=0.7, starvation_seconds=130.0),
        limits=PoolLimits(assignment_gap_seconds=2.0, connect_seconds=10.0),
    )
    assert problems(found) == ()
    return found


class Driver:
    """People who do anything, by chance that a seed decides."""

    def __init__(self, seed: int) -> None:
        """Open in the evening, with three at work."""
        self.dice = random.Random(seed)
        self.centre = Centre(everything())
        self.centre.at_work("amy", "bob", "cy")
        self.threads = 0

    def day(self, steps: int = 500) -> Centre:
        """So many things happen."""
        acts = [self.comes] * 6 + [self.works] * 9 + [self.speaks] * 4 + [self.declares]
        for step in range(steps):
            if step == steps // 2:
                self.all_are(AgentStatus.OFFLINE)
            elif step == steps * 3 // 4:
                self.all_are(AgentStatus.BREAK)
            self.dice.choice(acts)()
            self.centre.wait(self.dice.expovariate(1 / 6.0))
            self.answers()
        self.centre.wait(400.0)
        return self.centre

    def all_are(self, status: AgentStatus) -> None:
        """A fire drill, or a meeting: nobody is there for a while, and customers come all the same."""
        for who in CREW:
            self.centre.signs_in(who)
            self.centre.says(who, a.SetStatus(status=AgentStatus.BREAK))
        for _ in range(6):
            self.comes()
        for who in CREW:
            self.centre.says(who, a.SetStatus(status=status))
        for _ in range(6):
            self.comes()
        self.centre.wait(20.0)
        self.centre.at_work(*CREW)

    def comes(self) -> None:
        """A customer comes, by whatever entrance, with or without a name."""
        self.threads += 1
        entrance = self.dice.choice(["chat", "chat", "phone", "mail", "billing-chat"])
        customer = self.dice.choice(CUSTOMERS)
        started = e.InteractionStarted(
            customer=customer, priority=self.dice.choice([None, 0, 3]), content=text("hello")
        )
        self.centre.event(started, f"t{self.threads}", entrance)

    def answers(self) -> None:
        """Most offers are accepted, some declined, some overlooked; who overlooked too many says they are there."""
        for who in CREW:
            for offer in self.centre.offers(who):
                chance = self.dice.random()
                if chance < 0.6:
                    self.centre.says(who, a.AcceptOffer(offer_id=offer))
                elif chance < 0.75:
                    self.centre.says(who, a.DeclineOffer(offer_id=offer))
            known = self.centre.agent(who)
            if known is not None and known.not_responding:
                self.centre.says(who, a.ClearNotResponding())

    def works(self) -> None:
        """An agent does something with one of theirs."""
        who = self.dice.choice(CREW)
        mine = [row for row in self.centre.engine.work_of(self.centre.pool, who) if row.agent_id == who]
        if not mine:
            return
        row = self.dice.choice(mine)
        name = row.received.interaction_id
        if row.state is S.CONNECTING:
            self.centre.event(
                e.LegAnswered(leg_id="l", role=ParticipantRole.AGENT), row.received.thread, row.received.entry_point
            )
        said = a.SendMessage(interaction_id=name, message_id=f"m{len(self.centre.inputs)}", content=text("yes"))
        commands: list[a.Command] = [
            *[said] * 6,
            *[a.CompleteInteraction(interaction_id=name)] * 3,
            a.FinishWrapUp(interaction_id=name),
            a.TransferInteraction(interaction_id=name, queue=self.dice.choice(["general", "billing"])),
            a.HoldInteraction(interaction_id=name),
            a.ResumeInteraction(interaction_id=name),
        ]
        self.centre.says(who, self.dice.choice(commands))

    def speaks(self) -> None:
        """A customer says something, or leaves."""
        rows = list(self.centre.engine.interactions())
        if not rows:
            return
        received = self.dice.choice(rows).received
        chance = self.dice.random()
        happening: e.InteractionHappening = e.MessageReceived(message_id="", content=text("well?"))
        if chance < 0.1:
            happening = e.CustomerLeft()
        elif chance < 0.4:
            wished_at = self.centre.now + self.dice.choice([0.0, 40.0, 200.0])
            happening = CallBackAccepted(wished_at=wished_at, content=text("call me"))
        self.centre.event(happening, received.thread, received.entry_point)

    def declares(self) -> None:
        """An agent comes, goes, or takes a break."""
        who = self.dice.choice(CREW)
        self.centre.signs_in(who)
        status = self.dice.choice([AgentStatus.AVAILABLE] * 5 + [AgentStatus.BREAK, AgentStatus.OFFLINE])
        self.centre.says(who, a.SetStatus(status=status, when_work_ends=self.dice.random() < 0.5))


DAYS = (1, 2, 3, 4, 5)


@pytest.mark.parametrize("seed", DAYS)
def test_a_full_day_has_nothing_to_complain_of(seed: int) -> None:
    """Nobody is passed, forgotten, overloaded or told a wrong thing, whatever happens."""
    book = audited(Driver(seed).day().log)
    assert [(one.invariant, one.place, one.what) for one in book.findings.kept] == []


def test_every_rule_plays_a_part_on_these_days() -> None:
    """A day on which a rule never acts proves nothing of it."""
    seen = Counter[str]()
    for seed in DAYS:
        for _, facts in Driver(seed).day().log:
            for fact in facts:
                seen[type(fact).__name__] += 1
                if isinstance(fact, f.InteractionDeflected):
                    seen[fact.overflow_cause.name] += 1
                elif isinstance(fact, f.InteractionQueued):
                    seen[fact.reason.name] += 1
                    seen["preferred"] += bool(fact.preferred_agent_id)
                elif isinstance(fact, f.InteractionHeld):
                    seen["interrupted"] += bool(fact.interrupted_by)
                elif isinstance(fact, f.InteractionRelaxed | f.PreferenceEnded):
                    seen[(fact.cause if isinstance(fact, f.InteractionRelaxed) else fact.reason).name] += 1
    wanted = {
        "CLOSED",
        "FULL",
        "NOBODY_ON_JOIN",
        "NOBODY_ON_STAY",
        "WAITED",
        "OVERFLOWED",
        "TRANSFERRED",
        "WOKEN",
        "preferred",
    }
    wanted |= {"interrupted", "InteractionSlept", "InteractionResumed", "CustomerInformed", "TIME", "NOBODY"}
    wanted |= {"UNAVAILABLE", "NOT_TAKEN", "CapacityExceeded", "CallBackPromised", "CALL_BACK_DUE"}
    assert {name for name in wanted if seen[name] < 2} == set()
