"""Whatever is wrong with an event or a plan becomes a dead letter that says so, and the next customer is served."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from kindline.language import events as e
from kindline.language.content import Content, Needs, SkillNeed
from kindline.language.facts.inputs import DeadLetterReason, EventParked, InputDeadLettered, PlanAdopted
from kindline.language.facts.interactions import InteractionReceived
from kindline.language.ids import shard_of
from kindline.language.plan import PlanPublished, QueuePlan
from kindline.ledger import codec, topics
from kindline.ledger.port import Headers
from tests.journey.conftest import RunningHouse
from tests.journey.ledger_view import LedgerView, ledger_of, words_of
from tests.journey.pools import open_pool, pool_plan

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

POOL = "bad/events"


def said(words: str = "hello", *, pool: str = POOL, entry_point: str = "page", thread: str = "somebody") -> bytes:
    """A customer's words; every field is right unless it is changed."""
    happening = e.MessageReceived(content=Content(body=words))
    return codec.encode(e.InteractionEvent(pool=pool, entry_point=entry_point, thread=thread, event=happening))


def left() -> bytes:
    """Somebody leaves who has never come."""
    return codec.encode(
        e.InteractionEvent(pool=POOL, entry_point="page", thread="never-came", event=e.CustomerLeft(cause="closed"))
    )


PLAIN: Headers = (("content-type", b"text/plain"),)
BAD: dict[str, tuple[bytes, Headers, DeadLetterReason]] = {
    "a pool that no plan names": (said(pool="bad/nowhere"), (), DeadLetterReason.UNKNOWN_POOL),
    "a content-type that is none of ours": (said(), PLAIN, DeadLetterReason.WRONG_CONTENT_TYPE),
    "bytes that are no event": (b"\xff\xfe\x00 no protobuf", (), DeadLetterReason.UNPARSABLE),
    "more than an event may hold": (said("x" * 300_000), (), DeadLetterReason.TOO_LARGE),
    "an entry point that the plan has not": (said(entry_point="back-door"), (), DeadLetterReason.UNKNOWN_ENTRY_POINT),
    "no thread": (said(thread=""), (), DeadLetterReason.NO_THREAD),
    "an interaction that never comes": (left(), (), DeadLetterReason.NO_INTERACTION),
}


async def test_each_broken_event_is_a_dead_letter_with_its_reason_and_the_neighbour_is_served(
    house: RunningHouse,
) -> None:
    """Seven broken events, each where its pool lives: seven reasons, their bytes kept, the next customer received."""
    async with ledger_of(house.running) as ledger:
        await open_pool(ledger, house.running, POOL)
        places = {}
        for what, (value, headers, _) in BAD.items():
            pool = "bad/nowhere" if what == "a pool that no plan names" else POOL
            shard = shard_of(pool, ledger.shards)
            appended = await ledger.append(topics.INTERACTIONS, shard, value, key=pool.encode(), said=headers)
            places[what] = (shard, appended.offset)
            await _neighbour_is_received(ledger, what)
        for what, (value, _, reason) in BAD.items():
            letter = await ledger.dead_letter_of(topics.INTERACTIONS, *places[what])
            assert (what, words_of(letter)["x-dlq-reason"]) == (what, reason.name)
            assert letter.value == value, what
            assert words_of(letter)["x-dlq-detail"], what
        assert len(ledger.facts(EventParked, POOL)) == 1, "the early event was given no time"


async def _neighbour_is_received(ledger: LedgerView, what: str) -> None:
    thread = f"neighbour of {what}"
    await ledger.write_as(POOL, thread, thread)
    await ledger.until(lambda: thread in {fact.thread for fact in ledger.facts(InteractionReceived, POOL)})


UNKNOWN_SKILL = """pools:
  - pool: bad/plans
    skills: [orders]
    queues:
      - name: general
        needs:
          skills: [{skill: juggling, level: 2}]
    entry_points:
      - {name: page, channel: chat, queue: general}
    agents:
      - {agent_id: ann}
"""


async def test_a_plan_with_an_unknown_skill_is_refused_with_file_line_and_field(
    house: RunningHouse, tmp_path: Path
) -> None:
    """`kindline plan apply` names the place of the skill that nobody has, ends with 1 and publishes nothing."""
    file = tmp_path / "plan.yaml"
    file.write_text(UNKNOWN_SKILL, encoding="utf-8")
    arguments = ("-m", "kindline", "plan", "apply", str(file), "--kafka", house.running.kafka)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await asyncio.wait_for(process.communicate(), 60.0)
    assert process.returncode == 1, told.decode()
    assert f"{file}:7: pools.0.queues.0.needs.skills.0" in told.decode()
    assert "juggling" in told.decode()
    async with ledger_of(house.running) as ledger:
        await ledger.decided()
        assert not [fact for fact in ledger.facts(PlanAdopted) if fact.plan.pool == "bad/plans"]


async def test_the_same_plan_published_by_hand_is_a_dead_letter_and_the_old_plan_stays(house: RunningHouse) -> None:
    """A plan that goes around the command is refused by the engine: INVALID_PLAN, with field and skill."""
    async with ledger_of(house.running) as ledger:
        pool = await open_pool(ledger, house.running, "bad/plans-by-hand")
        needs = Needs(skills=(SkillNeed(skill="juggling", level=2),))
        wrong = pool_plan(pool, version=2, queues=(QueuePlan(name="general", needs=needs),))
        value, shard = codec.encode(PlanPublished(plan=wrong)), shard_of(pool, ledger.shards)
        appended = await ledger.append(topics.PLAN, shard, value, key=pool.encode())
        letter = await ledger.dead_letter_of(topics.PLAN, shard, appended.offset)
        told = words_of(letter)
        assert letter.value == value
        assert told["x-dlq-reason"] == "INVALID_PLAN"
        assert "queues.0.needs.skills.0" in told["x-dlq-detail"]
        assert "juggling" in told["x-dlq-detail"]
        await ledger.write_as(pool, "next", "next-1")
        await ledger.until(lambda: bool(ledger.facts(InteractionReceived, pool)))
        assert [fact.plan.version for fact in ledger.facts(PlanAdopted) if fact.plan.pool == pool] == [1]
        refused = [fact for fact in ledger.facts(InputDeadLettered) if fact.input.topic == topics.PLAN]
        assert (shard, appended.offset) in {(fact.input.partition, fact.input.offset) for fact in refused}
