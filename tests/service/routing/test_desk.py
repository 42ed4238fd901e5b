"""A desk from end to end in one process: what an agent sees and does, through presence, the engine and back."""

from kindline.client import (
    AgentStatus,
    MessageArrived,
    OfferEnd,
    OfferReceived,
    OfferWithdrawn,
    Refreshed,
    StateChanged,
    WorkChanged,
    WorkEnded,
    WorkState,
)
from kindline.language.facts import InteractionAnswered, InteractionClosed
from kindline.language.facts.agents import RoutingState
from tests.service.routing.house import Heard, small_house


async def test_a_customer_who_writes_is_offered_answered_and_served() -> None:
    """A chat line becomes an offer on an agent's desk, then work, words in both directions, wrap-up and an end."""
    async with small_house() as (centre, desk), desk("amy") as amy:
        heard = Heard(amy)
        await heard.first(Refreshed)
        await amy.set_status(AgentStatus.AVAILABLE)
        await heard.first(StateChanged, lambda event: event.state.routing_state is RoutingState.IDLE)
        await centre.customer("visitor", "my card is gone")
        offer = (await heard.first(OfferReceived)).offer
        assert offer.queue == "general"
        await amy.accept(offer)
        gone = await heard.first(OfferWithdrawn)
        assert (gone.offer_id, gone.end) == (offer.offer_id, OfferEnd.ACCEPTED)
        work = (await heard.first(WorkChanged)).work
        assert work.state is WorkState.ACTIVE
        assert work.thread == "visitor"
        await amy.send(work, "I block it at once")
        said = await heard.first(MessageArrived, lambda event: event.message.agent_id == "amy")
        assert said.message.text == "I block it at once"
        await amy.complete(work)
        await heard.first(WorkChanged, lambda event: event.work.state is WorkState.WRAP_UP)
        await amy.finish_wrap_up(work)
        ended = await heard.first(WorkEnded)
        assert (ended.interaction_id, ended.cause) == (work.interaction_id, "InteractionClosed")
        assert len(await centre.facts(InteractionAnswered)) == 1
        assert len(await centre.facts(InteractionClosed)) == 1
