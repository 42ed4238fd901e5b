"""What an agent sees when a call interrupts a chat, and when a chat falls asleep: through the real edges."""

from kindline.client import AgentStatus, OfferReceived, Refreshed, WorkChanged, WorkState
from kindline.language import events as e
from kindline.language.content import Channel, ParticipantRole
from kindline.language.plan import ChannelPlan, Plan
from tests.given import plan, queue
from tests.service.routing.house import Heard, desk_at, house


def urgent() -> Plan:
    """Calls interrupt chats, and chats sleep after a blink."""
    channels = (
        ChannelPlan(channel=Channel.VOICE, interrupts=(Channel.CHAT,)),
        ChannelPlan(channel=Channel.CHAT, units=100, dormant_after_seconds=0.2, dormant_units=10),
    )
    return plan(channels=channels, queues=(queue(wrap_up_seconds=0.0), plan().queues[1]))


async def test_a_desk_says_whose_fault_a_hold_is_and_who_sleeps() -> None:
    """The offer warns, the chat is held for the call by name, and is back after it; silent, it sleeps."""
    async with house(urgent()) as centre:
        routing, presence = await centre.routing(), await centre.presence()
        async with desk_at(presence, routing, "amy") as amy:
            heard = Heard(amy)
            await heard.first(Refreshed)
            await amy.set_status(AgentStatus.AVAILABLE)
            await centre.customer("visitor", "my card is gone")
            chat = (await heard.first(OfferReceived)).offer
            assert not chat.interrupts
            await amy.accept(chat)
            await heard.first(WorkChanged, lambda event: event.work.state is WorkState.ACTIVE)
            await centre.happens(e.LegRinging(leg_id="c", role=ParticipantRole.CUSTOMER), "line", "phone")
            call = (await heard.first(OfferReceived, lambda event: event.offer.channel is Channel.VOICE)).offer
            assert call.interrupts
            await amy.accept(call)
            held = await heard.first(WorkChanged, lambda event: event.work.state is WorkState.HELD)
            assert (held.work.interaction_id, held.work.interrupted_by) == (chat.interaction_id, call.interaction_id)
            heard.events.clear()
            await centre.happens(e.CustomerLeft(), "line", "phone")
            back = await heard.first(WorkChanged, lambda event: event.work.state is WorkState.ACTIVE)
            assert (back.work.interaction_id, back.work.interrupted_by) == (chat.interaction_id, "")
            await amy.send(back.work, "here I am again")
            asleep = await heard.first(WorkChanged, lambda event: event.work.state is WorkState.DORMANT)
            assert asleep.work.interaction_id == chat.interaction_id
