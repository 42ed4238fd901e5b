"""A small log, told fact by fact, for the audit to judge."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.audit.ledger_book import LedgerBook
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel, Content, Direction, ParticipantRole
from kindline.language.events import InteractionEvent, MessageReceived
from kindline.language.facts.interactions import AbandonedWhere, CloseReason, QueuedReason
from kindline.language.facts.offers import Choice
from kindline.language.log import DecisionBatch, EpochClaim, InputPosition
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, QueuePlan

POOL = "acme/support"
PLAN = Plan(
    pool=POOL,
    queues=(QueuePlan(name="english", answer_within_seconds=60.0, first_reply_within_seconds=90.0),),
    entry_points=(EntryPointPlan(name="web", channel=Channel.CHAT, queue="english"),),
    agents=(AgentPlan(agent_id="amy"), AgentPlan(agent_id="ben")),
    channels=(ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),),
)
OWNER = "owner-1"


@dataclass(slots=True)
class Story:
    """Tells one shard's log to a LedgerBook."""

    book: LedgerBook = field(default_factory=lambda: LedgerBook(1))
    epoch: int = 1
    seq: int = 0
    offset: int = 0
    now: float = 1_000.0

    def begin(self) -> Story:
        """A claim, the plan, and Amy at work."""
        self.book.take_decision(0, 0, EpochClaim(epoch=1, owner=OWNER, claimant="test"))
        self.offset = 1
        self.say(f.PlanAdopted(plan=PLAN))
        self.say(f.AgentSignedIn(pool=POOL, agent_id="amy", session_id="s1", replica_id="r1"), available("amy"))
        return self

    def say(self, *facts: f.Fact, after: float = 1.0, positions: dict[str, int] | None = None) -> None:
        """One batch, `after` seconds later."""
        self.now += after
        self.seq += 1
        batch = DecisionBatch(
            epoch=self.epoch,
            owner=OWNER,
            seq=self.seq,
            level=1,
            input_positions=tuple(InputPosition(topic=t, next_offset=n) for t, n in (positions or {}).items()),
            decided_at=self.now,
            facts=facts,
            next_within=0.5,
            released=False,
        )
        self.book.take_decision(0, self.offset, batch)
        self.offset += 1

    def arrives(self, name: str, thread: str = "") -> None:
        """A customer comes in and waits."""
        self.say(received(name, thread, self.now), queued(name, self.now))

    def is_served(self, name: str, agent: str = "amy", number: int = 1) -> None:
        """From the offer to the close."""
        self.say(offer(name, agent, number))
        self.say(accepted(name, agent, number), answered(name, agent))
        self.say(sent(name, agent))
        self.say(completed(name, agent), after=20.0)
        self.say(f.InteractionClosed(pool=POOL, interaction_id=name, reason=CloseReason.WRAP_UP_FINISHED))

    def found(self) -> dict[str, int]:
        """How many violations of each invariant there are, those without any left out."""
        return {key.value: count for key, count in self.book.findings.counts.items() if count}


def available(agent: str) -> f.AgentStatusDeclared:
    """The agent is ready for work."""
    return f.AgentStatusDeclared(
        pool=POOL,
        agent_id=agent,
        status=AgentStatus.AVAILABLE,
        reason_code="",
        next_status=AgentStatus.UNSPECIFIED,
        next_reason_code="",
    )


def received(name: str, thread: str = "", arrived_at: float = 0.0) -> f.InteractionReceived:
    """A contact by chat."""
    return f.InteractionReceived(
        pool=POOL,
        interaction_id=name,
        entry_point="web",
        account="web",
        channel=Channel.CHAT,
        thread=thread or f"visitor-{name}",
        direction=Direction.INBOUND,
        customer="",
        language="",
        arrived_at=arrived_at,
        previous_interaction_id="",
        queue="english",
        priority=0,
        owner=ParticipantRole.UNSPECIFIED,
        deadline=9_999.0,
    )


def queued(name: str, since: float, reason: QueuedReason = QueuedReason.ARRIVED) -> f.InteractionQueued:
    """It waits in the English queue."""
    return f.InteractionQueued(
        pool=POOL,
        interaction_id=name,
        queue="english",
        priority=0,
        waiting_since=since,
        segment=1,
        reason=reason,
        from_agent_id="",
        deadline=9_999.0,
    )


def offer(name: str, agent: str, number: int = 1) -> f.OfferIssued:
    """It is held out to an agent."""
    return f.OfferIssued(
        pool=POOL,
        offer_id=f"{name}.{number}",
        interaction_id=name,
        agent_id=agent,
        number=number,
        queue="english",
        channel=Channel.CHAT,
        units=50,
        expires_at=9_999.0,
        choice=Choice(rule="least_work", score=0.0, eligible=1, plan_version=1),
    )


def accepted(name: str, agent: str, number: int = 1) -> f.OfferAccepted:
    """The agent takes it."""
    return f.OfferAccepted(
        pool=POOL, offer_id=f"{name}.{number}", interaction_id=name, agent_id=agent, connect_by=9_999.0
    )


def answered(name: str, agent: str) -> f.InteractionAnswered:
    """Agent and customer are together."""
    return f.InteractionAnswered(
        pool=POOL, interaction_id=name, agent_id=agent, queue="english", waited_seconds=2.0, deadline=99_999.0
    )


def sent(name: str, agent: str) -> f.MessageSent:
    """The agent says something."""
    return f.MessageSent(
        pool=POOL, interaction_id=name, agent_id=agent, message_id="m1", content=Content(body="Good morning")
    )


def completed(name: str, agent: str) -> f.InteractionCompleted:
    """The work is done."""
    return f.InteractionCompleted(
        pool=POOL, interaction_id=name, agent_id=agent, ended_by=ParticipantRole.AGENT, wrap_up_until=9_999.0
    )


def abandoned(name: str) -> f.InteractionAbandoned:
    """The customer leaves the queue."""
    return f.InteractionAbandoned(
        pool=POOL, interaction_id=name, where=AbandonedWhere.IN_QUEUE, waited_seconds=30.0, cause="closed"
    )


def recorded(identity: bytes, name: str) -> f.EventRecorded:
    """An event is taken in."""
    event = InteractionEvent(pool=POOL, entry_point="web", thread="t", event=MessageReceived(message_id="m"))
    return f.EventRecorded(pool=POOL, interaction_id=name, identity=identity, opening=True, event=event)
