"""Anything may happen in any order: after each step the invariants hold, and the naive twin decides the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SessionCloseReason
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Channel, ParticipantRole
from kindline.language.facts.agents import Lease
from kindline.language.graph import ENDS, WAITING
from kindline.language.plan import ChannelPlan, OrderPlan, Plan, PoolLimits
from kindline.language.queue_rules import AgentChoice, PreferencePlan, Preferred
from kindline.language.snapshot import InteractionRow
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import TimersDue
from tests.domain.routing.naive import Book, Floor
from tests.given import SHARDS, Centre, agent, needs, plan, queue, text

THREADS = st.sampled_from([f"t{number}" for number in range(8)])
AGENTS = st.sampled_from(["amy", "bob", "cy"])
ENTRANCES = st.sampled_from(["chat", "phone", "form", "mail", "billing-chat"])
ROLES = st.sampled_from([ParticipantRole.CUSTOMER, ParticipantRole.AGENT])
HAPPENINGS: st.SearchStrategy[e.InteractionHappening] = st.one_of(
    st.builds(e.CustomerLeft),
    st.builds(e.MessageReceived, message_id=st.sampled_from(["", "c1"]), content=st.just(text("hm"))),
    st.builds(e.LegRinging, role=ROLES),
    st.builds(e.LegAnswered, role=ROLES),
    st.builds(e.LegEnded, role=ROLES),
    st.builds(e.InteractionEnded, ended_by=st.sampled_from(ParticipantRole)),
    st.builds(
        e.HandoverRequested, queue=st.sampled_from(["", "billing", "nowhere"]), priority=st.sampled_from([None, 3])
    ),
    st.builds(e.CallHeld),
    st.builds(e.CallResumed),
    st.builds(e.MessageDeliveryReported, message_id=st.just("m1")),
    st.builds(CallBackAccepted, wished_at=st.sampled_from([None, 0.0, 1e12])),
)


def plans(version: int, choice: int) -> Plan:
    """A few plans that differ in what matters: capacity, offers at once, gaps, a queue and an agent that are gone."""
    cheap = tuple(ChannelPlan(channel=channel, units=40, at_once=2, missed_offers=2) for channel in Channel if channel)
    general = queue(offers_at_once=1 + choice % 2, wrap_up_seconds=5.0 * (choice % 3))
    preference = PreferencePlan(prefer=Preferred(1 + choice % 2), for_seconds=10.0 * choice)
    general = replace(general, choice=AgentChoice(1 + version % 4), preference=preference)
    general = replace(general, tell_wait_every_seconds=4.0 * choice)
    queues = (general, queue("billing", needs=needs(billing=1), weight=2))
    limits = PoolLimits(assignment_gap_seconds=float(choice % 2))
    order = (
        OrderPlan(),
        OrderPlan(priority_per_minute=3.0, starvation_seconds=60.0),
        OrderPlan(starvation_seconds=20.0),
    )
    usual = replace(
        plan(version=version, channels=cheap, queues=queues, limits=limits), order=order[choice % len(order)]
    )
    if choice == 3:
        points = tuple(point for point in usual.entry_points if point.queue == "general")
        agents = (agent("amy", billing=1), agent("bob"))
        return replace(usual, queues=queues[:1], entry_points=points, agents=agents)
    return usual


class AnyDay(RuleBasedStateMachine):
    """One centre in which anything happens, a reader that only folds, and the naive twin."""

    @initialize(choice=st.integers(0, 2))
    def opens(self, choice: int) -> None:
        """The centre opens."""
        self.centre = Centre(plans(1, choice))
        self.centre.at_work("amy", "bob")
        self.reader = Engine(self.centre.shard, SHARDS)
        self.book = Book()
        self.read = 0
        self.version = 1

    @rule(thread=THREADS, at=ENTRANCES, priority=st.sampled_from([None, 0, 9]), bot=st.booleans(), skill=st.booleans())
    def customer_comes(self, thread: str, at: str, priority: int | None, bot: bool, skill: bool) -> None:  # noqa: FBT001
        """A customer comes."""
        needing = needs(billing=2) if skill else needs()
        # Two customers of three are known, and the account of every other one belongs to somebody.
        who, whose = (("ann", "amy"), ("zoe", ""), ("", "cy"))[int(thread[1:]) % 3]
        started = e.InteractionStarted(
            priority=priority, held_by_bot=bot, needs=needing, content=text("hello"), customer=who, account_owner=whose
        )
        self.centre.event(started, thread, at)

    @rule(thread=THREADS, at=ENTRANCES, happening=HAPPENINGS, copies=st.integers(1, 2))
    def something_happens(self, thread: str, at: str, happening: e.InteractionHappening, copies: int) -> None:
        """Something happens on a thread, and its copy comes too."""
        name = f"named-{len(self.centre.inputs)}"
        first = self.centre.event(happening, thread, at, name=name)
        for _ in range(copies - 1):
            again = self.centre.event(happening, thread, at, name=name)
            if not any(isinstance(fact, f.InputDeadLettered) for fact in first):
                assert again == []

    @rule(agent_id=AGENTS, replica=st.sampled_from(["presence-1", "presence-2"]), session=st.integers(1, 2))
    def signs_in(self, agent_id: str, replica: str, session: int) -> None:
        """An agent signs in and is available."""
        self.centre.signs_in(agent_id, session=f"{agent_id}-{session}", replica=replica)
        self.centre.says(agent_id, a.SetStatus(status=AgentStatus.AVAILABLE))

    @rule(agent_id=AGENTS, reason=st.sampled_from(SessionCloseReason), session=st.integers(1, 2))
    def session_closes(self, agent_id: str, reason: SessionCloseReason, session: int) -> None:
        """A session of an agent closes."""
        self.centre.tell(agent_id, a.SessionClosed(session_id=f"{agent_id}-{session}", reason=reason))

    @rule(agent_id=AGENTS, status=st.sampled_from(AgentStatus), later=st.booleans())
    def declares(self, agent_id: str, status: AgentStatus, later: bool) -> None:  # noqa: FBT001
        """An agent declares a status."""
        self.centre.says(agent_id, a.SetStatus(status=status, when_work_ends=later))

    @rule(agent_id=AGENTS, decline=st.booleans())
    def answers_an_offer(self, agent_id: str, decline: bool) -> None:  # noqa: FBT001
        """An agent answers their first offer."""
        for offer in self.centre.offers(agent_id)[:1]:
            self.centre.says(agent_id, a.DeclineOffer(offer_id=offer) if decline else a.AcceptOffer(offer_id=offer))

    @rule(agent_id=AGENTS, what=st.integers(0, 6), to=st.sampled_from(["general", "billing", "nowhere"]))
    def works(self, agent_id: str, what: int, to: str) -> None:
        """An agent does something with each interaction that may be theirs."""
        for row in self.centre.engine.work_of(self.centre.pool, agent_id)[:2]:
            name = row.received.interaction_id
            commands: list[a.Command] = [
                a.CompleteInteraction(interaction_id=name),
                a.FinishWrapUp(interaction_id=name),
                a.TransferInteraction(interaction_id=name, queue=to),
                a.HoldInteraction(interaction_id=name),
                a.ResumeInteraction(interaction_id=name),
                a.SendMessage(interaction_id=name, message_id="m1", content=text("yes?")),
                a.ClearNotResponding(),
            ]
            self.centre.says(agent_id, commands[what])
            assert self.centre.says("bob" if agent_id == "amy" else "amy", a.CompleteInteraction(interaction_id=name))

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 7.0, 21.0, 31.0, 400.0, 1_300.0]), presence=st.booleans())
    def time_passes(self, seconds: float, presence: bool) -> None:  # noqa: FBT001
        """Time passes, with signs of life or without."""
        self.centre.wait(seconds, presence=presence)

    @rule(gap=st.sampled_from([0.0, 3.0, 60.0]))
    def owner_changes(self, gap: float) -> None:
        """A new owner begins, from a snapshot."""
        engine = Engine(self.centre.shard, SHARDS)
        engine.restore(list(self.centre.engine.rows()), self.centre.engine.decided_at)
        assert engine.fingerprint() == self.centre.engine.fingerprint()
        self.centre.engine = engine
        self.centre.resume(gap)

    @rule(choice=st.integers(0, 3))
    def plan_changes(self, choice: int) -> None:
        """Another plan is published."""
        self.version += 1
        self.centre.publish(plans(self.version, choice))

    @invariant()
    def every_decision_is_what_the_naive_twin_would_do(self) -> None:
        """I1 to I4 hold after each fact, each offer is the one that had to be made, and none is missing."""
        if not hasattr(self, "centre"):
            return
        for at, facts in self.centre.log[self.read :]:
            for fact in facts:
                self._check(fact, at)
        self.read = len(self.centre.log)
        assert self.reader.fingerprint() == self.centre.engine.fingerprint()
        self.centre.decide(TimersDue())
        if all(not facts for _, facts in self.centre.log[self.read :]):
            assert all(self.is_hope(row) for row in self.centre.engine.interactions() if row.preferring)
            assert Floor(self.centre.now).take(list(self.centre.engine.rows())).pairs() is None

    def is_hope(self, row: InteractionRow) -> bool:
        """Whoever is waited for is there, and not for longer than was promised."""
        assert row.queued is not None
        agent = self.centre.agent(row.queued.preferred_agent_id)
        return (
            row.state in WAITING
            and self.centre.now < row.queued.preferred_until
            and agent is not None
            and (agent.status, agent.lease, agent.next_status) == (AgentStatus.AVAILABLE, Lease.CONNECTED, 0)
            and not agent.not_responding
        )

    def _check(self, fact: f.Fact, at: float) -> None:
        limit = 9
        if isinstance(fact, f.OfferIssued):
            floor = Floor(at).take(list(self.reader.rows()))
            due = floor.pairs()
            assert due is not None
            assert (due[0].received.interaction_id, due[1].agent_id) == (fact.interaction_id, fact.agent_id)
            queues = {queue.name: queue.offers_at_once for queue in floor.plans[fact.pool].queues}
            limit = queues.get(fact.queue, 1)
        self.reader.apply([fact], at)
        self.book.note(fact, limit)

    def teardown(self) -> None:
        """Everybody is in exactly one state, and the books agree with the engine (I3)."""
        if not hasattr(self, "centre"):
            return
        for row in self.reader.interactions():
            assert self.book.state[row.received.interaction_id] is row.state
        still = {row.received.interaction_id for row in self.reader.interactions()}
        over = {name for name, state in self.book.state.items() if state in ENDS}
        assert still.isdisjoint(over)
        assert still | over == set(self.book.state)


AnyDay.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyDay = AnyDay.TestCase
