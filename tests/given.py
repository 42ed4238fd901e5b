"""Given a small contact centre: builders of plans, inputs and a centre in memory, for every test that needs one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import TypedDict, TypeVar, Unpack

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language.calendars import CalendarPlan
from kindline.language.content import NO_NEEDS, Channel, Content, Needs, ParticipantRole, SkillNeed
from kindline.language.facts import CommandAnswered, Fact
from kindline.language.facts.agents import RefusalReason
from kindline.language.facts.inputs import InputReference
from kindline.language.ids import event_identity, shard_of
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, PoolLimits, QueuePlan, SkillPlan
from kindline.language.queue_rules import LadderStep, OverflowRule, QueueLimits
from kindline.language.snapshot import AgentRow, InteractionRow, InteractionState
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import AgentSpoke, EventArrived, Input, OwnerResumed, PlanArrived, TimersDue

POOL = "acme/support"
SHARDS = 4
MORNING = 1_700_000_000.0
REPLICA = "presence-1"
BEAT_SECONDS = 2.0

FactType = TypeVar("FactType")


def needs(language: str = "", **skills: int) -> Needs:
    """What an interaction needs; skills are named with their levels."""
    return Needs(
        skills=tuple(SkillNeed(skill=skill, level=level) for skill, level in skills.items()), language=language
    )


def agent(agent_id: str, *, languages: Iterable[str] = (), **skills: int) -> AgentPlan:
    """An agent of the plan who serves every channel and queue; skills are named with their levels."""
    held = tuple(SkillPlan(skill=skill, level=level) for skill, level in skills.items())
    return AgentPlan(agent_id=agent_id, skills=held, languages=tuple(languages))


class PlanChanges(TypedDict, total=False):
    """What of a plan a test may set."""

    pool: str
    version: int
    skills: tuple[str, ...]
    queues: tuple[QueuePlan, ...]
    entry_points: tuple[EntryPointPlan, ...]
    agents: tuple[AgentPlan, ...]
    channels: tuple[ChannelPlan, ...]
    limits: PoolLimits
    reason_codes: tuple[str, ...]
    calendars: tuple[CalendarPlan, ...]
    time_zone: str


class QueueChanges(TypedDict, total=False):
    """What of a queue a test may set."""

    needs: Needs
    weight: int
    offer_seconds: float
    back_off_seconds: float
    offers_at_once: int
    wrap_up_seconds: float
    longest_wait_seconds: float
    ladder: tuple[LadderStep, ...]
    calendar: str
    limits: QueueLimits
    overflow: tuple[OverflowRule, ...]


class About(TypedDict, total=False):
    """What a test may say of an event: an id of its own, how long ago it happened, the interaction it names."""

    name: str
    age: float
    interaction_id: str


class Brought(About, total=False):
    """What a test may say of an arrival."""

    needing: Needs
    priority: int
    queue: str
    held_by_bot: bool


class Said(TypedDict, total=False):
    """What a test may say of a command: its id, the session that asks, how long ago it was made."""

    command_id: str
    session: str
    said_ago: float


def plan(**changes: Unpack[PlanChanges]) -> Plan:
    """A plan with a chat page, a phone number and a form, two queues and three agents; give what should differ."""
    usual = Plan(
        pool=POOL,
        skills=("billing", "sales"),
        queues=(QueuePlan(name="general"), QueuePlan(name="billing", needs=needs(billing=1))),
        entry_points=(
            EntryPointPlan(name="chat", channel=Channel.CHAT, queue="general"),
            EntryPointPlan(name="phone", channel=Channel.VOICE, queue="general"),
            EntryPointPlan(name="form", channel=Channel.WEB_HOOK, queue="general"),
            EntryPointPlan(name="mail", channel=Channel.EMAIL, queue="general"),
            EntryPointPlan(name="billing-chat", channel=Channel.CHAT, queue="billing"),
        ),
        agents=(agent("amy", billing=3), agent("bob"), agent("cy")),
        # One thing at a time, so that a test that says nothing of capacity need not think of it.
        channels=tuple(ChannelPlan(channel=channel, units=100) for channel in Channel if channel),
    )
    return replace(usual, **changes)


def queue(name: str = "general", **changes: Unpack[QueueChanges]) -> QueuePlan:
    """One queue of the plan."""
    return QueuePlan(name=name, **changes)


class Centre:
    """A contact centre in memory: people do things at a time that the test moves on, and `log` is what was decided."""

    def __init__(self, in_force: Plan | None = None, *, shard: int | None = None) -> None:
        """Begin in the morning, with a plan in force."""
        self.pool = in_force.pool if in_force else POOL
        self.shard = shard_of(self.pool, SHARDS) if shard is None else shard
        self.engine = Engine(self.shard, SHARDS)
        self.now = MORNING
        self.log: list[tuple[float, tuple[Fact, ...]]] = []
        self.inputs: list[tuple[float, Input]] = []
        self._numbers = 0
        self._replicas: dict[str, None] = {}
        self._beat_at = self.now
        if in_force is not None:
            self.publish(in_force)

    def decide(self, given: Input) -> list[Fact]:
        """Put any input before the engine."""
        self.inputs.append((self.now, given))
        facts = self.engine.decide(given, self.now)
        self.log.append((self.now, tuple(facts)))
        return facts

    def restarts(self) -> None:
        """Another owner decides from here on, who knows what a snapshot holds and nothing else."""
        other = Engine(self.shard, SHARDS)
        other.restore(list(self.engine.rows()), self.engine.decided_at)
        self.engine = other

    def publish(self, to_adopt: Plan) -> list[Fact]:
        """Publish a plan."""
        return self.decide(PlanArrived(reference=self.reference("kindline.plan"), plan=to_adopt))

    def wait(self, seconds: float, *, presence: bool = True) -> list[Fact]:
        """Time passes: deadlines fall due when they do, and presence, unless it is dead, gives its signs of life."""
        until = self.now + seconds
        facts: list[Fact] = []
        while True:
            due = self.engine.next_due()
            beat = self._beat_at + BEAT_SECONDS if presence and self._replicas else None
            then = min((at for at in (due, beat) if at is not None), default=until + 1)
            if then > until:
                break
            self.now = max(self.now, then)
            if then == beat:
                self._beat_at = self.now
                for replica in self._replicas:
                    facts += self.tell("", a.ReplicaAlive(replica_id=replica))
            else:
                facts += self.decide(TimersDue())
        self.now = until
        return facts

    def resume(self, gap_seconds: float) -> list[Fact]:
        """A new owner begins after a gap."""
        self.now += gap_seconds
        return self.decide(OwnerResumed(gap_seconds=gap_seconds))

    # --- customers ----------------------------------------------------------------------------------------------------

    def event(
        self, happening: e.InteractionHappening, thread: str, at: str = "chat", **about: Unpack[About]
    ) -> list[Fact]:
        """Something happens on a thread; `name` gives the event an id of its own, `age` how long ago it happened."""
        self._numbers += 1
        name = about.get("name", f"event-{self._numbers}")
        said = e.InteractionEvent(
            pool=self.pool,
            entry_point=at,
            thread=thread,
            interaction_id=about.get("interaction_id", ""),
            event=happening,
        )
        return self.decide(
            EventArrived(
                reference=self.reference("kindline.interactions"),
                identity=event_identity(tenant="acme", source="test", event_id=name),
                event=said,
                happened_at=self.now - about.get("age", 0.0),
                appended_at=self.now,
                pool=self.pool,
            )
        )

    def arrives(self, thread: str, at: str = "chat", **brought: Unpack[Brought]) -> list[Fact]:
        """A customer comes, with what they bring."""
        started = e.InteractionStarted(
            needs=brought.get("needing", NO_NEEDS),
            priority=brought.get("priority"),
            queue=brought.get("queue", ""),
            held_by_bot=brought.get("held_by_bot", False),
        )
        about: About = {"age": brought.get("age", 0.0)}
        if "name" in brought:
            about["name"] = brought["name"]
        return self.event(started, thread, at, **about)

    def rings(self, thread: str) -> list[Fact]:
        """A customer calls."""
        return self.event(e.LegRinging(leg_id="c", role=ParticipantRole.CUSTOMER), thread, "phone")

    def leaves(self, thread: str, at: str = "chat", **about: Unpack[About]) -> list[Fact]:
        """A customer leaves."""
        return self.event(e.CustomerLeft(cause="closed the page"), thread, at, **about)

    # --- agents -------------------------------------------------------------------------------------------------------

    def tell(self, agent_id: str, happening: a.AgentHappening) -> list[Fact]:
        """Presence or a front end says something for an agent."""
        self._numbers += 1
        return self.decide(
            AgentSpoke(
                reference=self.reference("kindline.agents"),
                identity=event_identity(tenant="acme", source="agents", event_id=str(self._numbers)),
                event=a.AgentEvent(pool=self.pool, agent_id=agent_id, event=happening),
                appended_at=self.now,
            )
        )

    def signs_in(self, *agent_ids: str, session: str = "", replica: str = REPLICA) -> list[Fact]:
        """Agents sign in and declare nothing yet."""
        facts: list[Fact] = []
        for agent_id in agent_ids:
            self._replicas[replica] = None
            opened = a.SessionOpened(session_id=session or f"{agent_id}-1", replica_id=replica)
            facts += self.tell(agent_id, opened)
        return facts

    def at_work(self, *agent_ids: str) -> list[Fact]:
        """Agents sign in and are available."""
        facts: list[Fact] = []
        for agent_id in agent_ids:
            facts += self.signs_in(agent_id)
            facts += self.says(agent_id, a.SetStatus(status=a.AgentStatus.AVAILABLE))
        return facts

    def says(self, agent_id: str, command: a.Command, **about: Unpack[Said]) -> list[Fact]:
        """An agent asks for something; `command_id`, `session` and `said_ago` differ when a test says so."""
        known = self.agent(agent_id)
        session = about.get("session", known.session_id if known else f"{agent_id}-1")
        name = about.get("command_id") or self.command_id(about.get("said_ago", 0.0))
        return self.tell(agent_id, a.AgentCommand(command_id=name, session_id=session, command=command))

    def accepts(self, agent_id: str, offer_id: str = "") -> list[Fact]:
        """An agent accepts an offer: their first, unless another is named."""
        return self.says(agent_id, a.AcceptOffer(offer_id=offer_id or self.offers(agent_id)[0]))

    def declines(self, agent_id: str) -> list[Fact]:
        """An agent declines their first offer."""
        return self.says(agent_id, a.DeclineOffer(offer_id=self.offers(agent_id)[0]))

    def completes(self, agent_id: str, thread: str) -> list[Fact]:
        """An agent completes the work on a thread."""
        return self.says(agent_id, a.CompleteInteraction(interaction_id=self.id(thread)))

    def finishes(self, agent_id: str, thread: str) -> list[Fact]:
        """An agent completes the work on a thread and its wrap-up."""
        facts = self.completes(agent_id, thread)
        return facts + self.says(agent_id, a.FinishWrapUp(interaction_id=self.id(thread)))

    # --- what is to be seen -------------------------------------------------------------------------------------------

    def facts(self, of: type[FactType]) -> list[FactType]:
        """Every fact of a kind so far."""
        return [fact for _, facts in self.log for fact in facts if isinstance(fact, of)]

    def id(self, thread: str) -> str:
        """The id of the newest interaction of a thread."""
        found = [fact for _, facts in self.log for fact in facts if getattr(fact, "thread", None) == thread]
        return str(getattr(found[-1], "interaction_id", ""))

    def interaction(self, thread: str) -> InteractionRow:
        """The newest interaction of a thread, open or just ended."""
        found = self.engine.interaction(self.id(thread))
        assert found is not None
        return found

    def state(self, thread: str) -> InteractionState:
        """Where the newest interaction of a thread stands."""
        return self.interaction(thread).state

    def agent(self, agent_id: str) -> AgentRow | None:
        """An agent, or None before the first sign-in."""
        return self.engine.agent(self.pool, agent_id)

    def offers(self, agent_id: str) -> list[str]:
        """The ids of the offers an agent holds, oldest customer first."""
        work = self.engine.work_of(self.pool, agent_id)
        return [offer.offer_id for row in work for offer in row.offers if offer.agent_id == agent_id]

    def offered_to(self, thread: str) -> list[str]:
        """The agents to whom a thread is offered now."""
        return [offer.agent_id for offer in self.interaction(thread).offers]

    def answer(self) -> RefusalReason:
        """The answer to the last command; UNSPECIFIED means done."""
        return self.facts(CommandAnswered)[-1].refusal

    def reference(self, topic: str) -> InputReference:
        """The next record of a topic."""
        return InputReference(topic=topic, partition=self.shard, offset=len(self.inputs))

    def command_id(self, said_ago: float = 0.0) -> str:
        """A UUIDv7 of so many seconds ago; the counter in it stands in for chance."""
        self._numbers += 1
        milliseconds = int((self.now - said_ago) * 1_000)
        return str(uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | self._numbers))


def text(words: str) -> Content:
    """Something said."""
    return Content(body=words)
