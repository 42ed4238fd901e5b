"""The counters that must read 0: a day without mistakes leaves them there, each mistake is counted under its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.content import Channel, Content
from kindline.language.facts.interactions import CloseReason
from kindline.language.plan import ChannelPlan
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, plan, queue

TWO_CHATS = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)


def busy() -> Centre:
    """Amy and Bob at work, one customer with Amy and one more who waits for nobody long."""
    centre = Centre(plan(queues=(queue(), queue("billing")), agents=(agent("amy"), agent("bob")), channels=TWO_CHATS))
    centre.at_work("amy", "bob")
    centre.arrives("one")
    return centre


def reader_of(centre: Centre) -> Engine:
    """An engine that has folded the centre's log."""
    reader = Engine(centre.shard, SHARDS)
    for decided_at, facts in centre.log:
        reader.apply(facts, decided_at)
    return reader


def issued(centre: Centre) -> f.OfferIssued:
    """The offer that the centre issued."""
    return next(fact for _, facts in centre.log for fact in facts if isinstance(fact, f.OfferIssued))


def test_a_day_without_mistakes_counts_nothing() -> None:
    """What the engine decides breaks nothing."""
    centre = busy()
    offer = issued(centre)
    centre.accepts(offer.agent_id)
    centre.arrives("two")
    centre.finishes(offer.agent_id, "one")
    assert reader_of(centre).violations == {}


@pytest.mark.parametrize(
    "name, changes",
    [
        ("I1", {"offer_id": "again", "number": 2, "agent_id": "bob"}),
        ("I2", {"offer_id": "again", "number": 2, "units": 1_000}),
        ("I3", {"offer_id": "again", "interaction_id": "nobody"}),
    ],
)
def test_an_offer_that_must_not_be_is_counted(name: str, changes: dict[str, object]) -> None:
    """A second live offer, one above capacity, one for nobody: each has its counter."""
    centre = busy()
    reader = reader_of(centre)
    wrong = replace(issued(centre), **changes)  # type: ignore[arg-type]
    try:
        reader.apply([wrong], centre.now)
    except KeyError:
        assert name == "I3"
    assert reader.violations[name] == 1


def test_a_step_outside_the_graph_is_counted() -> None:
    """Nobody is closed who was not served."""
    centre = busy()
    reader = reader_of(centre)
    closed = f.InteractionClosed(pool=centre.pool, interaction_id=centre.id("one"), reason=CloseReason.NO_WRAP_UP)
    reader.apply([closed], centre.now)
    assert reader.violations["I4"] == 1


def test_somebody_elses_words_are_counted() -> None:
    """Only the owner speaks to the customer."""
    centre = busy()
    offer = issued(centre)
    centre.accepts(offer.agent_id)
    reader = reader_of(centre)
    said = f.MessageSent(
        pool=centre.pool,
        interaction_id=centre.id("one"),
        agent_id="somebody",
        message_id="m",
        content=Content(body="hello"),
    )
    reader.apply([said], centre.now)
    assert reader.violations["I1"] == 1
