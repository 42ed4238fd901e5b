"""Those who wait for the same take the memory of what they ask for once, however they came to be known."""

from __future__ import annotations

import pytest

from kindline.language.content import NO_NEEDS, Needs
from kindline.language.snapshot import InteractionRow, SnapshotPart
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


def test_what_was_shared_is_forgotten_at_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers may ask for ever new things: the copies are begun anew, and those who wait keep theirs."""
    monkeypatch.setattr(sharing, "MOST", 0)
    first, second, _ = full().engine.interactions()
    assert first.received.needs == second.received.needs
    assert first.received.needs is not second.received.needs
