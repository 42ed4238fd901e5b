"""What an agent sees of a customer who asked to be called back: through the real edges."""

from kindline.client import AgentStatus, MessageArrived, OfferReceived, Refreshed, WorkChanged, WorkState
from kindline.language import events as e
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import ParticipantRole
from kindline.language.plan import Plan
from kindline.language.queue_rules import LadderStep
from tests.given import plan, queue, text
from tests.service.routing.house import Heard, desk_at, house


def offering() -> Plan:
    """A call-back is offered at once when nobody is signed in."""
    first = queue(ladder=(LadderStep(when_nobody=True, offer_call_back=True),))
    return plan(queues=(first, plan().queues[1]))


async def test_a_desk_is_told_that_the_customer_is_to_be_called_and_where() -> None:
    """The customer takes the call-back and closes the page; who comes to work is offered it, and reads the number."""
    async with house(offering()) as centre:
        routing, presence = await centre.routing(), await centre.presence()
        await centre.customer("visitor", "is anybody there?")
        await centre.happens(CallBackAccepted(content=text("+371 2000 0000"), message_id="m-2"), "visitor")
        await centre.happens(e.CustomerLeft(), "visitor")
        async with desk_at(presence, routing, "amy") as amy:
            heard = Heard(amy)
            await heard.first(Refreshed)
            await amy.set_status(AgentStatus.AVAILABLE)
            offer = (await heard.first(OfferReceived)).offer
            assert offer.call_back
            await amy.accept(offer)
            work = (await heard.first(WorkChanged, lambda event: event.work.state is WorkState.ACTIVE)).work
            assert work.call_back
            number = await heard.first(MessageArrived, lambda event: event.message.message_id == "m-2")
            assert number.message.content == text("+371 2000 0000")
            assert number.message.author is ParticipantRole.CUSTOMER
