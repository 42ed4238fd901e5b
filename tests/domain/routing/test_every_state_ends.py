"""Nobody is stuck for ever: each state ends by itself when nobody does anything more, and the agent is free."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.agents import HoldInteraction, SendMessage
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Channel
from kindline.language.facts.agents import RoutingState
from kindline.language.graph import ENDS
from kindline.language.plan import ChannelPlan, PoolLimits
from kindline.language.queue_rules import LadderStep
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, plan, queue, text

HOUR = 3_600.0
CHAT = ChannelPlan(channel=Channel.CHAT, units=100, dormant_after_seconds=60.0)


def centre() -> Centre:
    """A centre in which no wait and no work lasts longer than an hour or two."""
    general = queue(longest_wait_seconds=HOUR, ladder=(LadderStep(after_seconds=1.0, offer_call_back=True),))
    limits = PoolLimits(longest_work_seconds=2 * HOUR, bot_seconds=HOUR)
    return Centre(replace(plan(queues=(general, queue("billing"))), channels=(CHAT,), limits=limits))


def received(there: Centre) -> None:
    """A bot has the customer, and never says another word."""
    there.arrives("one", held_by_bot=True)


def scheduled(there: Centre) -> None:
    """The customer is to be called in an hour, and nobody will be there."""
    there.arrives("one")
    there.wait(2.0)
    there.event(CallBackAccepted(wished_at=there.now + HOUR), "one")


def queued(there: Centre) -> None:
    """Nobody is there."""
    there.arrives("one")


def offered(there: Centre) -> None:
    """Bob's desk rings, and Bob does not look."""
    there.at_work("bob")
    there.arrives("one")


def connecting(there: Centre) -> None:
    """Bob takes a call, and the line is never made."""
    there.at_work("bob")
    there.arrives("one", "phone")
    there.accepts("bob")


def active(there: Centre) -> None:
    """Bob has a chat, and forgets it."""
    offered(there)
    there.accepts("bob")


def held(there: Centre) -> None:
    """Bob puts them on hold, and forgets them."""
    active(there)
    there.says("bob", HoldInteraction(interaction_id=there.id("one")))


def dormant(there: Centre) -> None:
    """Bob asks, and the customer never answers."""
    active(there)
    there.says("bob", SendMessage(interaction_id=there.id("one"), message_id="m", content=text("and?")))
    there.wait(61.0)


def completed(there: Centre) -> None:
    """Bob has ended the work, and never finishes the wrap-up."""
    active(there)
    there.completes("bob", "one")


@pytest.mark.parametrize(
    "state, way",
    [
        (S.RECEIVED, received),
        (S.SCHEDULED, scheduled),
        (S.QUEUED, queued),
        (S.OFFERED, offered),
        (S.CONNECTING, connecting),
        (S.ACTIVE, active),
        (S.HELD, held),
        (S.DORMANT, dormant),
        (S.COMPLETED, completed),
    ],
)
def test_whatever_is_left_alone_ends_by_itself_and_says_so(state: S, way: Callable[[Centre], None]) -> None:
    """A forgotten interaction ends with a fact that names its reason, and whoever had it can take the next."""
    there = centre()
    way(there)
    assert there.state("one") is state
    name = there.id("one")
    there.wait(4 * HOUR)
    assert there.engine.work_of(there.pool, "bob") == ()
    expired = [fact.reason for fact in there.facts(f.InteractionExpired) if fact.interaction_id == name]
    closed = [fact.reason for fact in there.facts(f.InteractionClosed) if fact.interaction_id == name]
    assert len([*expired, *closed]) == 1
    assert all([*expired, *closed])
    bob = there.agent("bob")
    assert bob is None or bob.routing_state in {RoutingState.IDLE, RoutingState.NOT_RESPONDING}
    assert list(there.engine.interactions()) == []
    assert there.state("one") in ENDS


def test_every_state_that_is_no_end_is_tried_here() -> None:
    """A new state needs a deadline, and a line above."""
    tried = test_whatever_is_left_alone_ends_by_itself_and_says_so.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {state for state, _ in tried} == set(S) - ENDS - {S.UNSPECIFIED}
