"""What agents ask for, and how they are refused: every refusal names its reason and says what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import pytest
from google.protobuf.message import Message

from kindline.language.facts import InteractionCompleted, MessageSent
from kindline.ledger import topics
from kindline.ledger.codec import to_union_message
from kindline.ledger.port import Partition
from kindline.routing.adapters.work_explain import Stories
from kindline.routing.service import Routing
from kindline.runtime.identities import fresh_command_id
from kindline.v1 import agent_pb2, common_pb2, routing_pb2
from tests.service.routing.house import SHARD, House, Process, house, until
from tests.service.routing.raw import Frames, Raw, refusal
from tests.service.routing.test_follow_work import accept, attached

AGES_AGO = 1_600_000_000.0


@asynccontextmanager
async def working() -> AsyncIterator[tuple[House, Raw, Frames, str]]:
    """Amy has a customer's chat in hand; its id comes last."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        raw = Raw(presence, routing)
        async with attached(raw):
            frames = raw.follow()
            await frames.next()
            await centre.customer("visitor", "hello")
            offer = (await frames.until("offer")).offer
            await accept(raw, offer)
            await frames.until("work")
            yield centre, raw, frames, offer.interaction_id


def say(
    interaction_id: str, text: str = "hi", command_id: str = "", message_id: str = "m"
) -> routing_pb2.SendMessageRequest:
    """Say something to the customer."""
    content = common_pb2.Content(text=text)
    command = agent_pb2.SendMessage(interaction_id=interaction_id, message_id=message_id, content=content)
    return routing_pb2.SendMessageRequest(command_id=command_id, send_message=command)


async def test_a_command_asked_again_is_done_once() -> None:
    """A front end that repeats a command with its id, here and at another replica, gets one answer and one deed."""
    async with working() as (centre, raw, _, interaction_id):
        other = await centre.routing()
        there = Raw(other, other, raw.token)
        request = say(interaction_id, command_id=fresh_command_id())
        await raw.call(raw.routing.SendMessage, request)
        await raw.call(raw.routing.SendMessage, request)
        await there.call(there.routing.SendMessage, request)
        assert len(await centre.facts(MessageSent)) == 1
        await there.close()


async def test_work_is_completed_and_wrapped_up() -> None:
    """Completion turns the work into wrap-up on the agent's screen, and the end of wrap-up takes it away."""
    async with working() as (centre, raw, frames, interaction_id):
        completed = agent_pb2.CompleteInteraction(interaction_id=interaction_id)
        await raw.call(
            raw.routing.CompleteInteraction, routing_pb2.CompleteInteractionRequest(complete_interaction=completed)
        )
        assert (await frames.until("work")).work.state == routing_pb2.WORK_STATE_WRAP_UP
        finished = agent_pb2.FinishWrapUp(interaction_id=interaction_id)
        await raw.call(raw.routing.FinishWrapUp, routing_pb2.FinishWrapUpRequest(finish_wrap_up=finished))
        assert (await frames.until("work_ended")).work_ended.cause == "InteractionClosed"
        assert len(await centre.facts(InteractionCompleted)) == 1


async def test_nobody_acts_without_a_token() -> None:
    """A call without a session token, or with one that was not made here, is refused before anything is looked at."""
    async with working() as (_, raw, _frames, interaction_id):
        forged = raw.other(raw.token[:-4] + ("AAAA" if raw.token[-4:] != "AAAA" else "BBBB"))
        nobody = raw.other()
        refused = await refusal(lambda: nobody.call(raw.routing.SendMessage, say(interaction_id)))
        assert (refused.reason, refused.retryable) == ("TOKEN_MISSING", False)
        assert refused.what_to_do.startswith("Sign in")
        assert (
            await refusal(lambda: forged.call(raw.routing.SendMessage, say(interaction_id)))
        ).reason == "TOKEN_INVALID"
        assert (await refusal(lambda: forged.follow().next())).reason == "TOKEN_INVALID"


@pytest.mark.parametrize("timeout", [None, 60.0])
async def test_a_call_without_a_usable_deadline_is_refused(timeout: float | None) -> None:
    """A call that would wait for ever, or longer than 30 s, is refused at once."""
    async with working() as (_, raw, _frames, interaction_id):
        refused = await refusal(lambda: raw.call(raw.routing.SendMessage, say(interaction_id), timeout=timeout))
        assert refused.reason == "DEADLINE_MISSING"


async def test_another_agents_work_is_out_of_reach() -> None:
    """An agent who names somebody else's interaction is refused, and cannot have its story either."""
    async with working() as (centre, raw, _, interaction_id):
        bob = await raw.other().sign_in("bob")
        refused = await refusal(lambda: bob.call(raw.routing.SendMessage, say(interaction_id)))
        assert refused.reason == "NOT_YOUR_INTERACTION"
        explain = routing_pb2.ExplainInteractionRequest(interaction_id=interaction_id)
        assert (
            await refusal(lambda: bob.call(raw.routing.ExplainInteraction, explain))
        ).reason == "NOT_YOUR_INTERACTION"
        assert await centre.facts(MessageSent) == []


async def test_what_makes_no_sense_is_refused_with_its_reason() -> None:
    """A missing field, a made-up id, an old id, an unknown interaction and a late answer each get their own reason."""
    async with working() as (_, raw, _frames, interaction_id):
        old = fresh_command_id(AGES_AGO)
        gone = agent_pb2.AcceptOffer(offer_id=f"{interaction_id}.1")
        cases: list[tuple[str, object, Message]] = [
            ("INVALID_COMMAND", raw.routing.SendMessage, routing_pb2.SendMessageRequest()),
            ("INVALID_COMMAND", raw.routing.SendMessage, say(interaction_id, command_id="one")),
            ("COMMAND_TOO_OLD", raw.routing.SendMessage, say(interaction_id, command_id=old)),
            ("UNKNOWN_INTERACTION", raw.routing.SendMessage, say("nothing")),
            ("CONTENT_TOO_LARGE", raw.routing.SendMessage, say(interaction_id, "x" * 300_000)),
            ("OFFER_GONE", raw.routing.AcceptOffer, routing_pb2.AcceptOfferRequest(accept_offer=gone)),
            (
                "UNKNOWN_INTERACTION",
                raw.routing.ExplainInteraction,
                routing_pb2.ExplainInteractionRequest(interaction_id="x"),
            ),
        ]
        met = [(await refusal(partial(raw.call, method, request))).reason for _, method, request in cases]
        assert met == [reason for reason, _, _ in cases]


async def test_a_session_that_was_taken_over_may_do_nothing_more() -> None:
    """The token of a superseded session is refused with the reason, on commands and on streams."""
    async with working() as (_, raw, frames, interaction_id):
        await raw.other().sign_in("amy")
        await frames.until("session_superseded")
        assert (
            await refusal(lambda: raw.call(raw.routing.SendMessage, say(interaction_id)))
        ).reason == "SESSION_SUPERSEDED"
        assert (await refusal(lambda: raw.follow().next())).reason == "SESSION_SUPERSEDED"


async def test_a_command_whose_outcome_is_not_known_says_so_and_is_done_once() -> None:
    """When the decision does not come in time the answer is 'pending', and asking again later gets the real answer."""
    async with working() as (centre, raw, _, interaction_id):
        follower = await centre.routing()
        there = Raw(follower, follower, raw.token)
        request = say(interaction_id, command_id=fresh_command_id())
        follower.ledger.held_back = 2.0
        refused = await refusal(lambda: there.call(there.routing.SendMessage, request, timeout=1.0))
        assert (refused.reason, refused.retryable) == ("OUTCOME_PENDING", True)
        follower.ledger.held_back = 0.0
        await there.call(there.routing.SendMessage, request)
        assert len(await centre.facts(MessageSent)) == 1
        await there.close()


async def test_a_replica_that_lost_the_ledger_appends_nothing() -> None:
    """Once the decisions are silent a command is refused as BEHIND, so that the front end may safely ask elsewhere."""
    async with working() as (centre, raw, frames, interaction_id):
        owner = owning(centre)
        owner.ledger.reachable = False
        await frames.until("stale")
        refused = await refusal(lambda: raw.call(raw.routing.SendMessage, say(interaction_id)))
        assert (refused.reason, refused.retryable) == ("BEHIND", True)
        owner.ledger.reachable = True
        await frames.until("state")
        await raw.call(raw.routing.SendMessage, say(interaction_id))
        assert len(await centre.facts(MessageSent)) == 1


def owning(centre: House) -> Process[Routing]:
    """The first routing process of this centre."""
    return cast("Process[Routing]", next(each for each in centre.started if each.on.process.name == "routing"))


async def test_the_story_of_an_interaction_is_told_without_what_was_said() -> None:
    """An agent may ask why they got an interaction: every fact in its order, the choice with it, and no word of it."""
    async with working() as (_, raw, _frames, interaction_id):
        await raw.call(raw.routing.SendMessage, say(interaction_id, "secret"))
        request = routing_pb2.ExplainInteractionRequest(interaction_id=interaction_id)
        told = (await raw.call(raw.routing.ExplainInteraction, request)).facts
        kinds = [each.fact.WhichOneof("fact") for each in told]
        assert kinds.index("interaction_received") < kinds.index("offer_issued") < kinds.index("interaction_answered")
        assert next(each.fact.offer_issued.choice.rule for each in told if each.fact.HasField("offer_issued"))
        assert "secret" not in str(told)
        assert "hello" not in str(told)
        assert [each.decided_at for each in told] == sorted(each.decided_at for each in told)


async def test_the_story_reaches_back_before_a_replicas_own_start() -> None:
    """A replica that began from a snapshot in the middle of an interaction finds the earlier story in the ledger."""
    async with working() as (centre, raw, _, interaction_id):
        request = routing_pb2.ExplainInteractionRequest(interaction_id=interaction_id)
        told = (await raw.call(raw.routing.ExplainInteraction, request)).facts
        late = Stories(centre.own)
        late.begin(SHARD, owning(centre).room.shards.engine(SHARD).rows())
        found = await late.tell(SHARD, interaction_id)
        assert [at for at, _ in found] == [each.decided_at for each in told]
        assert [to_union_message("Fact", fact) for _, fact in found] == [each.fact for each in told]


async def test_a_broken_input_lands_beside_its_topic_with_the_reason() -> None:
    """What nobody can read is put aside with its reason, counted, and stops nobody."""
    async with working() as (centre, raw, _, interaction_id):
        dead = Partition(topics.dead_letters(topics.INTERACTIONS), SHARD)
        await centre.own.writer().append(Partition(topics.INTERACTIONS, SHARD), None, b"\xff not a message")
        await until(lambda: end_of(centre, dead), "the dead letter is there")
        await raw.call(raw.routing.SendMessage, say(interaction_id))
        page = owning(centre).on.metrics.page().decode()
        assert 'kindline_dead_letters_total{reason="unparsable",topic="kindline.interactions"} 1.0' in page


async def end_of(centre: House, partition: Partition) -> int:
    """How many records stand in a partition that nobody trims."""
    return (await centre.own.bounds([partition]))[partition].end
