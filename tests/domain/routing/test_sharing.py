"""Those who wait for the same take the memory of what they ask for once, however they came to be known."""

from __future__ import annotations

import pytest

from kindline.language.content import NO_NEEDS, Needs
from kindline.language.snapshot import AnswerRow, InteractionRow, SnapshotPart
from kindline.ledger import codec
from kindline.routing.domain import sharing
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, needs, plan


def full() -> Centre:
    """Two customers wait for the same skill, and one for nothing in particular."""
    centre = Centre(plan(agents=(agent("amy", billing=3),)))
    centre.arrives("first", needing=again(needs(billing=2)))
    centre.arrives("second", needing=again(needs(billing=2)))
    centre.arrives("third", needing=Needs())
    return centre


def again(asked: Needs) -> Needs:
    """The same needs, as another record brings them."""
    return Needs(skills=tuple(asked.skills), language="".join(asked.language))


def reread(engine: Engine) -> Engine:
    """The same engine from the bytes of a snapshot."""
    part = codec.decode_snapshot(codec.encode(SnapshotPart(part=0, rows=tuple(engine.rows()))))
    assert isinstance(part, SnapshotPart)
    other = Engine(engine.shard, SHARDS)
    other.restore(part.rows, engine.decided_at)
    return other


@pytest.mark.parametrize("restarted", [False, True])
def test_equal_needs_and_names_are_kept_once(restarted: bool) -> None:  # noqa: FBT001
    """Live as after a restart, and nothing that anybody reads is another for it."""
    engine = full().engine
    then = engine.fingerprint()
    if restarted:
        engine = reread(engine)
    first, second, third = engine.interactions()
    assert_shared(first, second)
    assert third.received.needs is NO_NEEDS
    assert engine.fingerprint() == then


def assert_shared(first: InteractionRow, second: InteractionRow) -> None:
    """One copy of all that is equal."""
    assert first.queued is not None
    assert second.queued is not None
    assert first.received.needs is second.received.needs is first.queued.needs is second.queued.needs
    assert first.received.queue is second.received.queue is second.queued.queue
    assert first.received.interaction_id is first.queued.interaction_id
    assert first.received.attributes is second.received.attributes


def test_answers_share_the_names_of_pool_and_agent() -> None:
    """Amy's answers are kept for a quarter of an hour, and her name once."""
    centre = full()
    centre.at_work("amy")
    centre.accepts("amy")
    part = codec.decode_snapshot(codec.encode(SnapshotPart(part=0, rows=tuple(centre.engine.rows()))))
    assert isinstance(part, SnapshotPart)
    came = [row.answer for row in part.rows if isinstance(row, AnswerRow)]
    assert len({id(answer.agent_id) for answer in came}) == len(came) > 1
    follower = Engine(centre.engine.shard, SHARDS)
    follower.restore([row for row in part.rows if not isinstance(row, AnswerRow)], centre.engine.decided_at)
    follower.apply(came, centre.engine.decided_at)
    kept = [row.answer for row in follower.rows() if isinstance(row, AnswerRow)]
    assert kept == came
    assert len({id(answer.agent_id) for answer in kept}) == 1
    assert len({id(answer.pool) for answer in kept}) == 1


def test_what_was_shared_is_forgotten_at_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers may ask for ever new things: the copies are begun anew, and those who wait keep theirs."""
    monkeypatch.setattr(sharing, "MOST", 0)
    first, second, _ = full().engine.interactions()
    assert first.received.needs == second.received.needs
    assert first.received.needs is not second.received.needs
