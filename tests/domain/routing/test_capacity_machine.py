"""Anything may happen in a centre with limits, interrupting and sleepers: no sum drifts, and the naive twin agrees."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, ChannelPlan, Plan
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.domain.routing.naive import Book
from tests.domain.routing.recount import assert_hands_are_what_the_interactions_say, in_hand
from tests.domain.routing.test_machine import AnyDay
from tests.given import SHARDS, Centre, agent, needs, plan, queue, text


def narrow(version: int, choice: int) -> Plan:
    """Plans that differ in what an agent may hold: units, limits of three kinds, who interrupts whom, who sleeps."""
    channels = (
        ChannelPlan(channel=Channel.VOICE, units=(100, 50, 80)[choice % 3], interrupts=(Channel.CHAT, Channel.EMAIL)),
        ChannelPlan(
            channel=Channel.CHAT,
            units=(50, 40)[choice % 2],
            at_once=3,
            interrupts=(Channel.EMAIL,) if choice != 1 else (),
            dormant_after_seconds=(5.0, 30.0, 0.0)[choice % 3],
            dormant_units=(0, 10)[choice % 2],
        ),
        ChannelPlan(channel=Channel.EMAIL, units=25, at_once=3, dormant_after_seconds=20.0, dormant_units=5),
        ChannelPlan(channel=Channel.WEB_HOOK, units=20, at_once=2, interrupts=(Channel.EMAIL,) if choice == 2 else ()),
    )
    own = (AgentChannelLimit(channel=Channel.CHAT, at_once=choice % 3 + 1),)
    agents = (
        replace(agent("amy", billing=3), units=(100, 120, 100)[choice % 3]),
        replace(agent("bob", billing=1), limits=own),
        agent("cy", billing=2),
    )
    general = queue(wrap_up_seconds=5.0 * (choice % 2), offers_at_once=1 + (choice == 2))
    billing = replace(queue("billing", needs=needs(billing=1)), at_once=(0, 1, 2)[choice % 3])
    return plan(version=version, channels=channels, agents=agents, queues=(general, billing))


class NarrowDay(AnyDay):
    """A day on which agents are full."""

    @initialize(choice=st.integers(0, 2))
    def opens(self, choice: int) -> None:
        """The centre opens, and Amy has her hands full of chats and mails."""
        self.centre = Centre(narrow(1, choice))
        self.reader = Engine(self.centre.shard, SHARDS)
        self.book = Book()
        self.read = 0
        self.version = 1
        self.centre.at_work("amy")
        for number, entrance in enumerate(("chat", "chat", "mail")):
            self.centre.arrives(f"t{number}", entrance)
            for offer in self.centre.offers("amy"):
                self.centre.accepts("amy", offer)

    @rule(choice=st.integers(0, 2))
    def plan_changes(self, choice: int) -> None:
        """Another plan is published."""
        self.version += 1
        self.centre.publish(narrow(self.version, choice))

    @rule(thread=st.sampled_from(["t1", "t4", "t7"]))
    def somebody_calls(self, thread: str) -> None:
        """A call comes, is accepted where it is offered, and the line is there."""
        self.centre.rings(thread)
        for agent_id in ("amy", "bob", "cy"):
            for offer in self.centre.offers(agent_id):
                self.centre.accepts(agent_id, offer)
        self.centre.event(e.LegAnswered(), thread, "phone")

    @rule(agent_id=st.sampled_from(["amy", "bob"]))
    def answers_everything(self, agent_id: str) -> None:
        """An agent takes all that is offered and says something to everybody."""
        known = self.centre.agent(agent_id)
        if known is None or not known.session_id:
            self.centre.signs_in(agent_id)
        self.centre.says(agent_id, a.SetStatus(status=AgentStatus.AVAILABLE))
        for offer in self.centre.offers(agent_id):
            self.centre.accepts(agent_id, offer)
        for row in self.centre.engine.work_of(self.centre.pool, agent_id):
            words = a.SendMessage(
                interaction_id=row.received.interaction_id, message_id=f"a{len(self.centre.inputs)}", content=text("?")
            )
            self.centre.says(agent_id, words)

    @rule(which=st.integers(0, 5))
    def a_sleeper_speaks(self, which: int) -> None:
        """Somebody who slept says something."""
        asleep = [row for row in self.centre.engine.interactions() if row.state is S.DORMANT]
        if asleep:
            row = asleep[which % len(asleep)]
            said = e.MessageReceived(message_id=f"c{len(self.centre.inputs)}", content=text("I am back"))
            self.centre.event(said, row.received.thread, row.received.entry_point)

    @invariant()
    def no_sum_drifts(self) -> None:
        """What each agent carries is what is to be counted from the interactions alone."""
        if hasattr(self, "centre"):
            assert_hands_are_what_the_interactions_say(self.centre)

    @invariant()
    def whoever_interrupts_is_still_there(self) -> None:
        """Nobody is kept on hold by something that their agent does not have any more."""
        if not hasattr(self, "centre"):
            return
        for row in self.centre.engine.interactions():
            if row.state is S.HELD and row.interrupted_by:
                held = in_hand(self.centre.engine, self.centre.pool, row.agent_id)
                assert row.interrupted_by in {other.received.interaction_id for other, _, _ in held}

    def _check(self, fact: f.Fact, at: float) -> None:
        """No sleeper has a customer who waits for an answer, and every excess is written down as it is."""
        super()._check(fact, at)
        if isinstance(fact, f.InteractionSlept):
            row = self.reader.interaction(fact.interaction_id)
            assert row is not None
            assert row.messages[-1].agent_id == row.agent_id
        if isinstance(fact, f.CapacityExceeded):
            known = self.reader.agent(fact.pool, fact.agent_id)
            assert known is not None
            assert known.plan is not None
            used = sum(
                units for row, units, _ in in_hand(self.reader, fact.pool, fact.agent_id) if not row.interrupted_by
            )
            assert used - known.plan.units == fact.units_over > 0


NarrowDay.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestNarrowDay = NarrowDay.TestCase
