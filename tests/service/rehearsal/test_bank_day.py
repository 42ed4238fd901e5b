"""A small bank day is played through real presence and routing, on a ledger in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.interactions import AbandonedWhere
from kindline.language.ids import shard_of
from kindline.language.log import DecisionBatch
from kindline.language.plan import AgentPlan, EntryPointPlan, Plan, PlanPublished, QueuePlan, SkillPlan
from kindline.ledger import codec, envelope, topics
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.port import Partition
from kindline.rehearsal.bank_day import Day, Ground, Played, play_on
from kindline.rehearsal.domain.bank_plan import ENTRY_POINT, POOL
from kindline.rehearsal.domain.script import ScriptedCall
from kindline.rehearsal.domain.staffing import Shift
from kindline.rehearsal.judging import checks_of
from kindline.rehearsal.seat import Place
from kindline.runtime.clock import BusinessClock
from tests.service.routing.house import SHARDS, House, address, house

SHARD = shard_of(POOL, SHARDS)
PLAN = Plan(
    pool=POOL,
    skills=("PS",),
    queues=(QueuePlan(name="PS", wrap_up_seconds=30), QueuePlan(name="NE")),
    entry_points=tuple(
        EntryPointPlan(name=ENTRY_POINT.format(kind), channel=Channel.VOICE, queue=kind) for kind in ("PS", "NE")
    ),
    agents=tuple(
        AgentPlan(agent_id=agent, skills=(SkillPlan(skill="PS"),), channels=(Channel.VOICE,), queues=(queue,))
        for agent, queue in (("AG01", "PS"), ("AG02", "PS"), ("AG09", "NE"))
    ),
    reason_codes=("break", "end-of-shift"),
)


def call(thread: str, at: float, **changes: object) -> ScriptedCall:
    """A caller who arrives so many seconds into the day, and whose menu and conversation are short."""
    usual: dict[str, object] = {
        "queue": "PS",
        "priority": 0,
        "customer": "",
        "language": "he",
        "arrives_at": at,
        "leaves_menu_at": at + 0.1,
        "wants_agent": True,
        "patience_seconds": 20.0,
        "service_seconds": 0.3,
    }
    return ScriptedCall(thread=thread, **{**usual, **changes})  # type: ignore[arg-type]


async def played(centre: House, calls: list[ScriptedCall], shifts: list[Shift]) -> tuple[Played, float]:
    """The day, played in a centre that has the bank's plan; and when its day began."""
    routing, presence = await centre.routing(), await centre.presence()
    midnight = BusinessClock().now()
    ce_headers = envelope.headers(kind="PlanPublished", event_id="bank", source="test", happened_at=midnight)
    plan = codec.encode(PlanPublished(plan=PLAN))
    await centre.own.writer().append(Partition(topics.PLAN, SHARD), POOL.encode(), plan, ce_headers)
    place = Place(pool=POOL, presence=address(presence.room.port), routing=address(routing.room.port))
    ledger = MemoryLedger(log=centre.log)
    ground = Ground(ledger=ledger, clock=BusinessClock(), place=place)
    moved = [
        replace(each, arrives_at=midnight + each.arrives_at, leaves_menu_at=midnight + each.leaves_menu_at)
        for each in calls
    ]
    day = Day(calls=moved, shifts=shifts, midnight=midnight)
    try:
        return await play_on(ground, day, print, lambda _ended, _now: None), midnight
    finally:
        await ledger.close()


async def decided(centre: House) -> list[tuple[float, f.Fact]]:
    """Every fact that was decided about the bank, and when."""
    partition = Partition(topics.DECISIONS, SHARD)
    reader = centre.own.reader({partition: 0})
    records = list(await reader.read(0.1))
    await reader.close()
    batches = (codec.decode_decision(record.value or b"") for record in records)
    return [(b.decided_at, fact) for b in batches if isinstance(b, DecisionBatch) for fact in b.facts]


@pytest.mark.alone
@pytest.mark.timeout(60)
async def test_everybody_is_served_or_gone_and_the_figures_say_so() -> None:
    """Callers who are served, leave the menu or lose patience each end once, and are counted as what they are."""
    calls = [
        call("served-1", 2.0),
        call("served-2", 2.1, service_seconds=0.8),
        call("menu", 2.1, wants_agent=False, patience_seconds=0.0),
        # Nobody is at work for this type, so the caller gives up.
        call("impatient", 2.2, queue="NE", patience_seconds=0.5),
        call("served-3", 2.3),
    ]
    shifts = [Shift("AG01", ((1.0, 60.0),)), Shift("AG02", ((1.0, 60.0),))]
    async with house() as centre:
        result, _ = await played(centre, calls, shifts)
        facts = await decided(centre)
    figures = result.figures()
    assert (figures.arrivals, figures.served, figures.abandoned_in_ivr, figures.abandoned_in_queue) == (5, 3, 1, 1)
    assert [check.name for check in checks_of(result, figures, 0, {}) if check.broken] == []
    where = {f"{fate.thread}": fate.abandoned for fate in result.fates.by_thread.values() if fate.abandoned}
    assert where == {"menu": AbandonedWhere.IN_IVR, "impatient": AbandonedWhere.IN_QUEUE}
    assert 0.5 <= result.fates.by_thread["impatient"].waited < 2.0
    assert figures.mean_service is not None
    assert 0.4 < figures.mean_service < 1.5
    talks = {
        fate.thread: fate.completed_at - fate.answered_at
        for fate in result.fates.by_thread.values()
        if fate.completed_at and fate.answered_at
    }
    assert 0.8 <= talks["served-2"] < 2.0
    delay = result.machine_delay()
    assert delay is not None
    assert 0 <= delay < 1.0
    assert figures.occupancy.lowest is not None
    assert sum(isinstance(fact, f.AgentSignedOut) for _, fact in facts) == 2


@pytest.mark.timeout(60)
async def test_a_break_is_taken_after_the_work_in_hand_and_ends_on_time() -> None:
    """An agent whose quarter hour is over finishes the call, rests, comes back, and goes home when the day is over."""
    calls = [call("long", 2.5, service_seconds=1.5), call("later", 9.0)]
    async with house() as centre:
        result, midnight = await played(centre, calls, [Shift("AG01", ((1.0, 3.5), (8.5, 90.0)))])
        facts = await decided(centre)
    assert result.figures().served == 2
    declared = [(at - midnight, fact.status) for at, fact in facts if isinstance(fact, f.AgentStatusDeclared)]
    changes = [found for index, found in enumerate(declared) if index == 0 or declared[index - 1][1] != found[1]]
    assert [status for _, status in changes] == [
        AgentStatus.AVAILABLE,
        AgentStatus.BREAK,
        AgentStatus.AVAILABLE,
        AgentStatus.OFFLINE,
    ]
    done = next(fate.completed_at for fate in result.fates.by_thread.values() if fate.thread == "long")
    assert done is not None
    assert changes[1][0] >= done - midnight
    assert changes[2][0] >= 8.5


@pytest.mark.timeout(60)
async def test_callers_who_find_nobody_free_wait_their_turn() -> None:
    """With one agent the second caller is counted as queued, and is served when the first is done."""
    calls = [call("first", 2.0, service_seconds=2.0), call("second", 2.3)]
    async with house() as centre:
        result, _ = await played(centre, calls, [Shift("AG01", ((1.0, 90.0),))])
    figures = result.figures()
    assert (figures.served, figures.queued) == (2, 1)
    assert figures.mean_wait_of_queued == pytest.approx(result.fates.by_thread["second"].waited)
    assert result.fates.by_thread["second"].waited > 0.5
