"""Any list of small numbers told as a day on the line: a decisions log that an engine could have written.

Promises tests of the read models logs in which everything happens that the graph allows, in any order and at any pace,
with records of zombies and repeats in between; what cannot happen at a moment is left out: every list is a story.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel, Direction, ParticipantRole
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.facts.interactions import AbandonedWhere, CloseReason, ExpiryReason, QueuedReason
from kindline.language.facts.offers import Choice, OfferExpiryCause, OfferRevokedReason
from kindline.language.log import DecisionBatch, DecisionRecord, EpochClaim
from kindline.language.plan import AgentPlan, Plan, QueuePlan
from kindline.language.reading import Reading, Verdict, read
from kindline.language.snapshot import InteractionState as S
from tests.domain.queues.story_call_backs import call_back

POOLS = ("acme/support", "acme/sales")
QUEUES = ("english", "german")
AGENTS = ("amy", "ben", "carla")
BEGIN = 1_000_000.0
PAUSES = (0.0, 0.0, 0.4, 3.0, 11.0, 47.0, 400.0, 2_000.0)

steps = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, len(PAUSES) - 1)), max_size=80)


@dataclass(slots=True)
class Line:
    """One contact, as far as the story needs it to go on sensibly."""

    name: str
    pool: str
    channel: Channel
    state: S = S.RECEIVED
    since: float = 0.0
    agent: str = ""
    offers: list[tuple[str, str]] = field(default_factory=list)
    number: int = 0


@dataclass(slots=True)
class Day:
    """Writes the log; `records` may be read at any moment after `flush`."""

    pools: tuple[str, str] = POOLS
    records: list[DecisionRecord] = field(default_factory=list)
    now: float = BEGIN
    epoch: int = 0
    owner: str = ""
    seq: int = 0
    open: list[Line] = field(default_factory=list)
    count: int = 0
    facts: list[f.Fact] = field(default_factory=list)

    def claim(self) -> None:
        """A new owner."""
        self.flush()
        self.epoch += 1
        self.owner = f"owner-{self.epoch}"
        self.records.append(EpochClaim(epoch=self.epoch, owner=self.owner, claimant="test"))

    def flush(self, *, beat: bool = False) -> None:
        """Close the batch."""
        if self.facts or beat:
            self.seq += 1
            self.records.append(self.batch(self.seq, tuple(self.facts)))
            self.facts = []

    def batch(self, seq: int, facts: tuple[f.Fact, ...]) -> DecisionBatch:
        """A batch of the present owner."""
        return DecisionBatch(
            epoch=self.epoch,
            owner=self.owner,
            seq=seq,
            level=1,
            decided_at=self.now,
            facts=facts,
            next_within=0.5,
            released=False,
        )

    def plan(self, which: int) -> None:
        """A plan with these promises; every third has one queue only, every fourth promises nothing there."""
        answer = (60.0, 20.0, 5.0, None)[which % 4]
        queues = [QueuePlan(name="english", answer_within_seconds=answer, first_reply_within_seconds=90.0)]
        if which % 3:
            queues.append(
                QueuePlan(name="german", answer_within_seconds=30.0, warn_before_seconds=float(which % 5 * 10))
            )
        agents = tuple(AgentPlan(agent_id=name, display_name=name.title()) for name in AGENTS[: 1 + which % 3])
        self.facts.append(f.PlanAdopted(plan=Plan(pool=self.pools[which % 2], queues=tuple(queues), agents=agents)))

    def arrive(self, which: int, *, bot: bool) -> None:
        """Somebody comes in, to a queue or to a voice menu."""
        self.count += 1
        line = Line(
            f"{self.pools[0]}/i{self.count}", self.pools[which % 2], (Channel.CHAT, Channel.VOICE)[which % 3 == 0]
        )
        self.open.append(line)
        self.facts.append(received(line, self.now))
        if not bot:
            self.queue(line, QUEUES[which % 5 % 2], QueuedReason.ARRIVED, since=self.now - which % 4)

    def queue(self, line: Line, queue: str, reason: QueuedReason, since: float | None = None) -> None:
        """Into a queue; live offers are taken back first."""
        for offer in tuple(line.offers):
            self.end_offer(line, offer, 2)
        line.since = since if since is not None else line.since
        self.facts.append(queued(line, queue, reason))
        line.state, line.agent = S.QUEUED, ""

    def offer(self, line: Line, agent: str) -> None:
        """Held out to an agent; sometimes to two at once."""
        line.number += 1
        offer = (f"{line.name}.{line.number}", agent)
        line.offers.append(offer)
        line.state = S.OFFERED
        self.facts.append(issued(line, offer))

    def end_offer(self, line: Line, offer: tuple[str, str], how: int) -> None:
        """An offer ends without being accepted."""
        line.offers.remove(offer)
        if not line.offers and line.state is S.OFFERED:
            line.state = S.QUEUED
        self.facts.append(ended(line, offer, how))

    def accept(self, line: Line) -> None:
        """The first offer is taken, the others are rescinded."""
        name, agent = line.offers.pop(0)
        line.state, line.agent = S.CONNECTING, agent
        self.facts.append(
            f.OfferAccepted(pool=line.pool, offer_id=name, interaction_id=line.name, agent_id=agent, connect_by=9e9)
        )
        for offer in tuple(line.offers):
            self.end_offer(line, offer, 3)
        if line.channel is not Channel.VOICE:
            self.answer(line)

    def answer(self, line: Line) -> None:
        """Customer and agent are together."""
        line.state = S.ACTIVE
        self.facts.append(
            f.InteractionAnswered(
                pool=line.pool,
                interaction_id=line.name,
                agent_id=line.agent,
                queue="english",
                waited_seconds=self.now - line.since,
                deadline=9e9,
            )
        )

    def end(self, line: Line, fact: f.Fact) -> None:
        """An end, after every live offer was taken back."""
        for offer in tuple(line.offers):
            self.end_offer(line, offer, 2)
        self.open.remove(line)
        self.facts.append(fact)


def told(numbers: Sequence[tuple[int, int, int]], pools: tuple[str, str] = POOLS) -> list[DecisionRecord]:
    """The log that these numbers tell: each is what happens, to whom, and after which pause."""
    day = Day(pools)
    day.claim()
    day.plan(4)
    day.plan(5)
    for what, whom, pause in numbers:
        if PAUSES[pause]:
            day.flush()
            day.now += PAUSES[pause]
        _happen(day, what, whom)
    day.flush()
    day.now += 1.0
    day.flush(beat=True)
    return day.records


def drawn(seed: int, length: int, pools: tuple[str, str] = POOLS) -> list[DecisionRecord]:
    """A long log of a seeded generator, for tests on a broker."""
    draw = Random(seed)
    numbers = [(draw.randrange(24), draw.randrange(60), draw.choice((0, 1, 2, 2, 2, 3, 4))) for _ in range(length)]
    return told(numbers, pools)


def counting(records: Sequence[DecisionRecord]) -> list[DecisionBatch]:
    """The batches that count."""
    reading, batches = Reading(), []
    for record in records:
        reading, verdict = read(reading, record)
        if verdict is Verdict.COUNTS and isinstance(record, DecisionBatch):
            batches.append(record)
    return batches


def _happen(day: Day, what: int, whom: int) -> None:
    line = day.open[whom % len(day.open)] if day.open else None
    if what < 5 or line is None:
        day.arrive(whom, bot=what == 4)
    elif what == 5:
        day.flush(beat=True)
    elif what == 6:
        day.plan(whom)
    elif what == 7:
        _agent(day, whom)
    elif what == 8:
        _disturb(day, whom)
    else:
        _line(day, line, what, whom)


def _line(day: Day, line: Line, what: int, whom: int) -> None:
    waiting = line.state in {S.QUEUED, S.OFFERED}
    if line.state is S.RECEIVED:
        day.queue(line, QUEUES[whom % 2], QueuedReason.HANDED_OVER, since=day.now)
    elif waiting and what < 14 and len(line.offers) < 2:
        day.offer(line, AGENTS[(whom + what) % 3])
    elif line.offers and what < 19:
        day.accept(line)
    elif line.offers and what < 21:
        day.end_offer(line, line.offers[-1], whom % 5)
    elif waiting:
        _leave(day, line, what + whom)
    elif line.state is S.CONNECTING:
        _connect(day, line, what)
    elif line.state is S.COMPLETED:
        day.end(line, closed(line))
    else:
        _serve(day, line, what, whom)


def _leave(day: Day, line: Line, how: int) -> None:
    where = AbandonedWhere.WHILE_OFFERED if line.state is S.OFFERED else AbandonedWhere.IN_QUEUE
    if how % 6 == 0:
        day.end(
            line, f.InteractionExpired(pool=line.pool, interaction_id=line.name, reason=ExpiryReason(3), deadline=0)
        )
    elif how % 6 == 1:
        day.end(line, f.InteractionCancelled(pool=line.pool, interaction_id=line.name, cause="test"))
    elif how % 6 == 2:
        day.queue(line, QUEUES[how % 4 % 2], QueuedReason.PLAN_CHANGED)
    elif how % 6 == 3:
        day.facts.append(call_back(line.pool, line.name, QUEUES[how % 2], day.now + 20.0 * (how % 7)))
    else:
        day.end(line, abandoned(line, where, day.now))


def _connect(day: Day, line: Line, what: int) -> None:
    if what < 18:
        day.answer(line)
    elif what < 21:
        day.queue(line, "english", QueuedReason.NOT_CONNECTED)
    else:
        day.end(line, abandoned(line, AbandonedWhere.WHILE_CONNECTING, day.now))


def _serve(day: Day, line: Line, what: int, whom: int) -> None:
    pool, name = line.pool, line.name
    if what < 15:
        day.facts.append(f.MessageSent(pool=pool, interaction_id=name, agent_id=line.agent, message_id="m"))
    elif what == 15:
        held = line.state is S.HELD
        line.state = S.ACTIVE if held else S.HELD
        kind = f.InteractionResumed if held else f.InteractionHeld
        day.facts.append(kind(pool=pool, interaction_id=name))
    elif what < 18:
        day.queue(line, QUEUES[whom % 2], QueuedReason.TRANSFERRED)
    elif what == 18:
        day.queue(line, "english", QueuedReason.AGENT_LOST)
    else:
        line.state = S.COMPLETED
        day.facts.append(
            f.InteractionCompleted(
                pool=pool, interaction_id=name, agent_id=line.agent, ended_by=ParticipantRole.AGENT, wrap_up_until=0.0
            )
        )
        if whom % 2:
            day.end(line, closed(line))


def _agent(day: Day, whom: int) -> None:
    pool, agent = day.pools[whom % 2], AGENTS[whom % 3]
    happening: tuple[f.Fact, ...] = (
        f.AgentSignedIn(pool=pool, agent_id=agent, session_id="s", replica_id="r"),
        f.AgentSignedOut(pool=pool, agent_id=agent, session_id="s"),
        f.AgentStatusDeclared(
            pool=pool,
            agent_id=agent,
            status=AgentStatus(1 + whom % 5),
            reason_code="",
            next_status=AgentStatus.UNSPECIFIED,
            next_reason_code="",
        ),
        f.AgentRoutingStateChanged(
            pool=pool, agent_id=agent, routing_state=RoutingState(1 + whom % 8), reason=RoutingStateReason.WORK
        ),
        f.AgentLeaseChanged(pool=pool, agent_id=agent, session_id="s", lease=Lease(1 + whom % 3)),
        f.ReplicaSeen(replica_id="r"),
    )
    day.facts.append(happening[whom % 6])


def _disturb(day: Day, whom: int) -> None:
    """A takeover, a repeat, or the last words of an owner who was replaced."""
    day.flush()
    if whom % 3 == 0:
        day.claim()
    elif whom % 3 == 1 and day.seq:
        day.records.append(day.records[-1])
    elif day.epoch > 1:
        stale = day.batch(day.seq + 1, (f.PlanAdopted(plan=Plan(pool=day.pools[0])),))
        fields = {name: getattr(stale, name) for name in stale.__dataclass_fields__}
        day.records.append(DecisionBatch(**{**fields, "epoch": day.epoch - 1, "owner": f"owner-{day.epoch - 1}"}))


def received(line: Line, now: float) -> f.InteractionReceived:
    """A contact came in."""
    return f.InteractionReceived(
        pool=line.pool,
        interaction_id=line.name,
        entry_point="web",
        account="web",
        channel=line.channel,
        thread=f"thread-{line.name}",
        direction=Direction.INBOUND,
        customer="",
        language="",
        arrived_at=now,
        previous_interaction_id="",
        queue="english",
        priority=0,
        owner=ParticipantRole.UNSPECIFIED,
        deadline=9e9,
    )


def queued(line: Line, queue: str, reason: QueuedReason) -> f.InteractionQueued:
    """It waits."""
    return f.InteractionQueued(
        pool=line.pool,
        interaction_id=line.name,
        queue=queue,
        priority=0,
        waiting_since=line.since,
        segment=1,
        reason=reason,
        from_agent_id=line.agent,
        deadline=9e9,
    )


def issued(line: Line, offer: tuple[str, str]) -> f.OfferIssued:
    """It is held out."""
    return f.OfferIssued(
        pool=line.pool,
        offer_id=offer[0],
        interaction_id=line.name,
        agent_id=offer[1],
        number=line.number,
        queue="english",
        channel=line.channel,
        units=50,
        expires_at=9e9,
        choice=Choice(rule="least_work", score=0.0, eligible=1, plan_version=1),
    )


def ended(line: Line, offer: tuple[str, str], how: int) -> f.Fact:
    """An offer's end."""
    pool, name, agent, interaction = line.pool, offer[0], offer[1], line.name
    common = {"pool": pool, "offer_id": name, "interaction_id": interaction, "agent_id": agent}
    ends: tuple[f.Fact, ...] = (
        f.OfferDeclined(**common, reason_code="", back_off_until=0.0),
        f.OfferExpired(**common, cause=OfferExpiryCause.NO_ANSWER, back_off_until=0.0),
        f.OfferRevoked(**common, reason=OfferRevokedReason.CUSTOMER_LEFT),
        f.OfferRescinded(**common),
        f.OfferFailed(**common, cause="test"),
    )
    return ends[how]


def abandoned(line: Line, where: AbandonedWhere, now: float) -> f.InteractionAbandoned:
    """The customer leaves."""
    return f.InteractionAbandoned(
        pool=line.pool, interaction_id=line.name, where=where, waited_seconds=now - line.since, cause="closed"
    )


def closed(line: Line) -> f.InteractionClosed:
    """The capacity is free."""
    return f.InteractionClosed(pool=line.pool, interaction_id=line.name, reason=CloseReason.WRAP_UP_FINISHED)
