"""Anything may happen in a centre with ladders, hours, limits and overflow, and each step and move is the one due."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import TransferInteraction
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.call_backs import CallBackAccepted, CallBackDeclined
from kindline.language.graph import ENDS
from kindline.language.plan import Plan, QueuePlan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import TimersDue
from tests.domain.routing.naive import Book, Floor
from tests.domain.routing.naive_call_backs import CallBackBook
from tests.domain.routing.naive_waiting import Ledge, judge, nothing_is_left_to_do
from tests.domain.routing.test_machine import AGENTS, AnyDay
from tests.given import SHARDS, Centre, agent, needs, plan, queue

WEEK = tuple(day for day in Weekday if day)
# The machine's day begins at 23:13 in Berlin: closing time is near, and an hour that is short.
LATE = CalendarPlan(name="late", frames=(CalendarFrame(days=WEEK, opens="09:00", closes="23:20"),))
DEFLECT, TO_QUEUE, MESSAGE = OverflowAction.DEFLECT, OverflowAction.TO_QUEUE, OverflowAction.LEAVE_MESSAGE
LADDERS = (
    (
        LadderStep(after_seconds=7, lower_skills=needs(billing=1).skills, announce="soon", offer_call_back=True),
        LadderStep(when_nobody=True, drop_skills=("billing",), raise_priority=1),
        LadderStep(after_seconds=30, drop_language=True, add_queue="billing", offer_call_back=True),
    ),
    (
        LadderStep(when_nobody=True, drop_language=True, drop_skills=("billing",), add_queue="third"),
        LadderStep(after_seconds=3, offer_call_back=True),
    ),
    (),
)
THIRDS = ((), (LadderStep(after_seconds=7, when_nobody=True, drop_skills=("billing",), add_queue="general"),))


def gives(cause: OverflowCause, action: OverflowAction, to: str = "", after: float = 0.0) -> OverflowRule:
    """A rule."""
    return OverflowRule(cause=cause, action=action, queue=to, after_seconds=after)


def restless(version: int, choice: int) -> Plan:
    """Plans that differ in everything that is done for those who wait."""
    cause = OverflowCause
    joining: tuple[OverflowRule, ...] = (
        (gives(cause.FULL, TO_QUEUE, "billing"), gives(cause.FULL, MESSAGE)),
        (gives(cause.CLOSED, TO_QUEUE, "third"), gives(cause.FULL, DEFLECT)),
        (gives(cause.FULL, OverflowAction.ANNOUNCE), gives(cause.NOBODY_ON_JOIN, TO_QUEUE, "third")),
    )[choice % 3]
    staying = (
        (gives(cause.WAITED, TO_QUEUE, "billing", 21.0),),
        (gives(cause.NOBODY_ON_STAY, TO_QUEUE, "billing", 5.0), gives(cause.WAITED, DEFLECT, after=400.0)),
        (gives(cause.NOBODY_ON_STAY, MESSAGE),),
    )[version % 3]
    joining = tuple(replace(rule, announce="why") for rule in joining)
    one = QueueLimits(most_waiting=1 + choice % 2)
    general = queue(
        needs=needs("lv", billing=2) if choice == 0 else needs(),
        ladder=LADDERS[version % 3],
        limits=one,
        calendar="late" if choice == 1 else "",
        overflow=(*joining, *staying),
    )
    billing = queue(
        "billing", needs=needs(billing=1), weight=1, limits=one, overflow=(gives(cause.FULL, TO_QUEUE, "third"),)
    )
    third = queue("third", ladder=THIRDS[choice % 2], limits=one, overflow=(gives(cause.FULL, DEFLECT),))
    agents = (
        agent("amy", languages=["lv"], billing=3),
        replace(agent("bob", languages=["lv"], billing=1), queues=("general", "third")),
        replace(agent("cy"), queues=("billing", "third")),
    )
    queues: tuple[QueuePlan, ...] = (general, billing, third)
    if choice == 3:
        queues = (replace(general, overflow=(gives(cause.FULL, DEFLECT),), ladder=LADDERS[1]), third)
    usual = plan(version=version, queues=queues, agents=agents, calendars=(LATE,), time_zone="Europe/Berlin")
    names = {one.name for one in queues}
    points = tuple(point for point in usual.entry_points if point.queue in names)
    kept = tuple(replace(one, queues=tuple(name for name in one.queues if name in names)) for one in agents)
    return replace(usual, entry_points=points, agents=kept)


class RestlessDay(AnyDay):
    """A day on which much is done for those who wait."""

    @initialize(choice=st.integers(0, 2), version=st.integers(1, 3))
    def opens(self, choice: int, version: int) -> None:
        """The centre opens."""
        self.centre = Centre(restless(version, choice))
        assert self.centre.engine.plan(self.centre.pool) is not None
        self.reader = Engine(self.centre.shard, SHARDS)
        self.book = Book()
        self.call_backs = CallBackBook()
        self.read = 0
        self.version = version
        self.centre.at_work("amy", "bob")

    @rule(choice=st.integers(0, 3))
    def plan_changes(self, choice: int) -> None:
        """Another plan is published."""
        self.version += 1
        before = len(self.centre.facts(f.PlanAdopted))
        self.centre.publish(restless(self.version, choice))
        assert len(self.centre.facts(f.PlanAdopted)) == before + 1

    @rule(number=st.integers(2, 4))
    def many_come(self, number: int) -> None:
        """More come than can be served."""
        for one in range(number):
            self.centre.arrives(f"crowd-{len(self.centre.inputs)}-{one}")

    @rule(agent_id=AGENTS, to=st.sampled_from(["general", "billing", "third"]))
    def is_answered_and_passed_on(self, agent_id: str, to: str) -> None:
        """An agent takes whom they are offered, and gives them to a queue."""
        for offer in self.centre.offers(agent_id)[:1]:
            self.centre.accepts(agent_id, offer)
            self.centre.says(agent_id, TransferInteraction(interaction_id=offer.rpartition(".")[0], queue=to))

    @rule(wishes=st.lists(st.sampled_from([None, -5.0, 0.0, 12.0, 300.0, 1e9]), min_size=1, max_size=3))
    def those_who_may_take_a_call_back(self, wishes: list[float | None]) -> None:
        """Those who were offered a call-back, and one who was not, take it: at once or for an hour; most then leave."""
        rows = sorted(self.centre.engine.interactions(), key=lambda row: not row.call_back_offered)
        for row, wish in zip(rows, wishes, strict=False):
            wished_at = None if wish is None else self.centre.now + wish
            thread, at = row.received.thread, row.received.entry_point
            self.centre.event(CallBackAccepted(wished_at=wished_at), thread, at)
            self.centre.event(e.CustomerLeft() if wish else CallBackDeclined(), thread, at)

    @invariant()
    def a_reader_who_begins_anywhere_ends_where_the_engine_is(self) -> None:
        """A snapshot and what follows it is all that happened."""
        if hasattr(self, "centre"):
            other = Engine(self.centre.shard, SHARDS)
            other.restore(list(self.centre.engine.rows()), self.centre.engine.decided_at)
            assert other.fingerprint() == self.centre.engine.fingerprint()
            if all(not facts for _, facts in self.centre.log[self.read :]) and not self.centre.decide(TimersDue()):
                floor = Floor(self.centre.now).take(list(self.centre.engine.rows()))
                nothing_is_left_to_do(Ledge(floor, floor.plans[self.centre.pool]))
                assert all(
                    self.call_backs.agrees(row, floor.now) for row in floor.interactions if row.state not in ENDS
                )

    def _check(self, fact: f.Fact, at: float) -> None:
        plan_in_force = self.reader.plan(self.centre.pool)
        if plan_in_force is not None:
            ledge = Ledge(Floor(at).take(list(self.reader.rows())), plan_in_force)
            before = self.reader.interaction(getattr(fact, "interaction_id", ""))
            judge(ledge, fact, before)
            self.call_backs.note(fact, at, before, plan_in_force)
        super()._check(fact, at)


RestlessDay.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRestlessDay = RestlessDay.TestCase
