"""What the tests of channels begin with: a plan with a chat and a web hook, and decisions about one interaction."""

from itertools import count

from kindline.language.content import NO_NEEDS, Channel, Content, Direction, ParticipantRole
from kindline.language.events import InteractionEvent, MessageReceived
from kindline.language.facts import (
    EventRecorded,
    Fact,
    InteractionAnswered,
    InteractionClosed,
    InteractionCompleted,
    InteractionQueued,
    InteractionReceived,
    MessageSent,
    PlanAdopted,
)
from kindline.language.facts.interactions import CloseReason, QueuedReason
from kindline.language.log import LEVEL, DecisionBatch
from kindline.language.plan import AgentPlan, EntryPointPlan, Plan, QueuePlan

POOL = "acme/front"
CHAT, HOOK = "site", "orders"
THREAD = "page:site:visitor-0001"
NOW = 1_800_000_000.0

PLAN = Plan(
    pool=POOL,
    queues=(QueuePlan(name="questions"),),
    entry_points=(
        EntryPointPlan(name=CHAT, channel=Channel.CHAT, account="site", queue="questions"),
        EntryPointPlan(name=HOOK, channel=Channel.WEB_HOOK, account="orders", queue="questions"),
    ),
    agents=(AgentPlan(agent_id="amy", display_name="Amy Zhang"),),
)


def plan_adopted() -> PlanAdopted:
    """The plan is in force."""
    return PlanAdopted(plan=PLAN)


def received(
    interaction_id: str = "i-1", *, thread: str = THREAD, entry_point: str = CHAT, channel: Channel = Channel.CHAT
) -> InteractionReceived:
    """A contact came in."""
    return InteractionReceived(
        pool=POOL,
        interaction_id=interaction_id,
        entry_point=entry_point,
        account=entry_point,
        channel=channel,
        thread=thread,
        direction=Direction.INBOUND,
        customer="",
        language="",
        arrived_at=NOW,
        previous_interaction_id="",
        queue="questions",
        priority=0,
        owner=ParticipantRole.UNSPECIFIED,
        deadline=NOW + 60,
    )


def queued(interaction_id: str = "i-1") -> InteractionQueued:
    """It waits."""
    return InteractionQueued(
        pool=POOL,
        interaction_id=interaction_id,
        queue="questions",
        needs=NO_NEEDS,
        priority=0,
        waiting_since=NOW,
        segment=1,
        reason=QueuedReason.ARRIVED,
        from_agent_id="",
        deadline=NOW + 60,
    )


def answered(interaction_id: str = "i-1", agent_id: str = "amy") -> InteractionAnswered:
    """Agent and customer are together."""
    return InteractionAnswered(
        pool=POOL,
        interaction_id=interaction_id,
        agent_id=agent_id,
        queue="questions",
        waited_seconds=3.0,
        deadline=NOW + 900,
    )


def completed(interaction_id: str = "i-1", by: ParticipantRole = ParticipantRole.AGENT) -> InteractionCompleted:
    """The work is done."""
    return InteractionCompleted(
        pool=POOL, interaction_id=interaction_id, agent_id="amy", ended_by=by, wrap_up_until=NOW + 30
    )


def closed(interaction_id: str = "i-1") -> InteractionClosed:
    """The capacity is free."""
    return InteractionClosed(pool=POOL, interaction_id=interaction_id, reason=CloseReason.NO_WRAP_UP)


def customer_said(
    message_id: str, text: str, interaction_id: str = "i-1", *, thread: str = THREAD, opening: bool = False
) -> EventRecorded:
    """The customer's words were taken in."""
    said = MessageReceived(message_id=message_id, content=Content(body=text))
    return EventRecorded(
        pool=POOL,
        interaction_id=interaction_id,
        identity=message_id.encode(),
        opening=opening,
        event=InteractionEvent(pool=POOL, entry_point=CHAT, thread=thread, event=said),
    )


def agent_said(message_id: str, text: str, interaction_id: str = "i-1") -> MessageSent:
    """An agent's words are to be delivered."""
    return MessageSent(
        pool=POOL, interaction_id=interaction_id, agent_id="amy", message_id=message_id, content=Content(body=text)
    )


class Log:
    """Numbers the batches of one owner: each counts after the one before."""

    def __init__(self) -> None:
        """The owner has claimed the shard."""
        self._seq = count(1)
        self.offset = 0

    def batch(self, *facts: Fact, at: float = NOW) -> tuple[DecisionBatch, int]:
        """The next batch and its offset."""
        self.offset += 1
        batch = DecisionBatch(
            epoch=1,
            owner="owner",
            seq=next(self._seq),
            level=LEVEL,
            decided_at=at,
            facts=facts,
            next_within=0.5,
            released=False,
        )
        return batch, self.offset
