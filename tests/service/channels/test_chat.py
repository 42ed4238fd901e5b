"""A visitor on the chat page, from the first words to the last, on a real socket."""

import asyncio

import pytest

from kindline.channels.domain.visitors import visitor_token
from kindline.language.content import Because
from kindline.language.events import CustomerLeft, DeliveryState, MessageDeliveryReported, MessageReceived
from kindline.language.ids import event_identity
from kindline.ledger.memory import ACKNOWLEDGED, AppendFault, MemoryLedger, Outcome
from kindline.ledger.topics import INTERACTIONS
from kindline.runtime.clock import SystemClock
from tests.domain.channels.given import (
    CHAT,
    POOL,
    agent_said,
    answered,
    closed,
    completed,
    customer_said,
    queued,
    received,
)
from tests.domain.channels.test_call_back import offered, promised
from tests.service.channels.room import SECRET, Page, Room, running, until


async def begun(room: Room, page: Page, text: str = "Hello") -> str:
    """A message was accepted and decided on; gives the thread."""
    await page.say("m1", text)
    await page.hear("accepted", client_message_id="m1")
    thread = room.happened(MessageReceived)[0].thread
    await room.owner.decide(received(thread=thread), customer_said("m1", text, thread=thread, opening=True), queued())
    await page.hear("state", state="waiting")
    return thread


async def test_a_visitor_is_served_from_the_first_words_to_the_good_bye() -> None:
    """A visitor writes, waits, is told who comes, reads the answer and is told when it is over."""
    async with running() as room:
        page = await room.page()
        await begun(room, page)
        await page.hear("message", seq=1, text="Hello")
        await room.owner.decide(answered(), agent_said("a1", "您好"))
        await page.hear("state", state="with_agent", name="Amy Zhang")
        await page.hear("message", seq=2, text="您好", name="Amy Zhang")
        await room.owner.decide(completed(), closed())
        await page.hear("state", state="ended", ended_by="agent")


async def test_accepted_means_that_the_ledger_has_it() -> None:
    """What the page was told is accepted stands in the ledger, byte for byte, with its place and its identity."""
    async with running() as room:
        page = await room.page()
        text = "ｐａｙ \u202e now \u0000 🙂"
        await page.say("m1", text)
        await page.hear("accepted", client_message_id="m1")
        [(event, envelope)] = room.inputs()
        assert isinstance(event.event, MessageReceived)
        assert event.event.content is not None
        assert (event.event.content.body, event.event.content.normalised) == (text, "pay  now  🙂")
        assert (event.pool, event.entry_point, event.event.message_id) == (POOL, CHAT, "m1")
        assert envelope.event_id
        assert envelope.kind == "MessageReceived"


async def test_half_a_surrogate_pair_passes() -> None:
    """A page that sends half a character gets exactly that back."""
    async with running() as room:
        page = await room.page()
        await page.say("m1", "a\ud800b")
        await page.hear("accepted")
        [event] = room.happened(MessageReceived)
        assert isinstance(event.event, MessageReceived)
        assert event.event.content is not None
        assert event.event.content.body == b"a\xed\xa0\x80b"


async def test_a_message_that_is_sent_again_is_the_same_event() -> None:
    """A page that is not sure sends again under the same id, and the ledger's readers see one event."""
    async with running() as room:
        page = await room.page()
        for _ in range(3):
            await page.say("m1", "Hello")
            await page.hear("accepted")
        identities = {
            event_identity(tenant="acme", source=envelope.source, event_id=envelope.event_id)
            for _, envelope in room.inputs()
        }
        assert (len(room.inputs()), len(identities)) == (3, 1)


async def test_fifty_first_messages_at_once_are_fifty_messages_on_one_thread() -> None:
    """Fifty pages of one visitor that write at the same moment write fifty messages on one thread."""
    async with running() as room:
        first = await room.page()
        pages = [await room.page(token=first.token) for _ in range(50)]
        await asyncio.gather(*(page.say(f"m{number}", "Hello") for number, page in enumerate(pages)))
        await asyncio.gather(*(page.hear("accepted") for page in pages))
        events = room.happened(MessageReceived)
        assert len({event.thread for event in events}) == 1
        assert len({envelope.event_id for _, envelope in room.inputs()}) == 50


async def test_a_page_that_comes_back_gets_what_it_missed() -> None:
    """A page that was away gets every line after its last one, once."""
    async with running() as room:
        page = await room.page()
        await begun(room, page)
        await room.owner.decide(answered(), agent_said("a1", "One"))
        last = await page.hear("message", message_id="a1")
        await page.close()
        await room.owner.decide(agent_said("a2", "Two"), agent_said("a3", "Three"))
        again = await room.page(
            token=page.token, conversation="i-1", last_seq=last["seq"], last_message_id=last["message_id"]
        )
        await again.hear("message", message_id="a3")
        texts = [frame["text"] for frame in again.heard if frame["type"] == "message"]
        assert texts == ["Two", "Three"]


async def test_a_stranger_cannot_read_a_conversation() -> None:
    """Whoever comes without the visitor's token, or with a forged one, is somebody else."""
    async with running() as room:
        page = await room.page()
        await begun(room, page, "my secret")
        for token in (None, page.token[:-1] + ("0" if page.token[-1] != "0" else "1")):
            stranger = await room.page(token=token, conversation="i-1", last_seq=0)
            await stranger.hear("state", state="none")
            assert "my secret" not in str(stranger.heard)


async def test_a_delivery_is_reported_once_with_the_decision_that_caused_it() -> None:
    """Agents learn that their words were sent and read, each once, and the report names the decision."""
    async with running() as room:
        page = await room.page()
        await begun(room, page)
        offset = await room.owner.decide(answered(), agent_said("a1", "One"))
        line = await page.hear("message", message_id="a1")
        for _ in range(3):
            await page.tell(type="read", conversation="i-1", seq=line["seq"])
        await until(lambda: len(room.happened(MessageDeliveryReported)) == 2)
        await page.say("m2", "still here")
        await page.hear("accepted")
        reports = room.happened(MessageDeliveryReported)
        states = [event.event.delivery_state for event in reports if isinstance(event.event, MessageDeliveryReported)]
        assert states == [DeliveryState.SENT, DeliveryState.READ]
        assert {event.because for event in reports} == {Because(epoch=1, seq=reports[0].because.seq, offset=offset)}  # type: ignore[union-attr] # A report without it fails here, as it should.


async def test_a_visitor_who_closes_the_page_has_left_after_the_grace() -> None:
    """A closed page is a customer who left, but only after the time in which pages come back."""
    async with running(grace_seconds=0.3) as room:
        page = await room.page()
        thread = await begun(room, page)
        await page.close()
        await until(lambda: bool(room.happened(CustomerLeft)))
        [left] = room.happened(CustomerLeft)
        assert (left.interaction_id, left.thread) == ("i-1", thread)


async def test_a_visitor_who_comes_back_has_not_left() -> None:
    """A reload, or a minute in a tunnel shorter than the grace, ends nothing."""
    async with running(grace_seconds=1.0) as room:
        page = await room.page()
        await begun(room, page)
        await page.close()
        again = await room.page(token=page.token)
        await again.hear("state", state="waiting")
        await asyncio.sleep(2.0)
        assert room.happened(CustomerLeft) == []


async def test_who_left_while_they_were_promised_a_call_may_leave_again_after_it() -> None:
    """A page that was closed until the call makes no good-bye after the call a repeat, which nobody would hear."""
    async with running(grace_seconds=0.1) as room:
        page = await room.page()
        await begun(room, page)
        await room.owner.decide(offered(), promised())
        await page.hear("state", call_back="promised")
        await page.close()
        await until(lambda: len(room.happened(CustomerLeft)) == 1)
        again = await room.page(token=page.token)
        await room.owner.decide(answered(), queued())
        await again.hear("state", state="waiting", call_back="offered")
        await again.tell(type="leave")
        await until(lambda: len(room.happened(CustomerLeft)) == 2)
        left = [envelope.event_id for event, envelope in room.inputs() if isinstance(event.event, CustomerLeft)]
        assert len(set(left)) == 2


async def test_a_visitor_who_leaves_before_anything_was_decided_has_left_too() -> None:
    """Words that no engine has seen yet are followed by the customer's leaving, on the same thread."""
    async with running(grace_seconds=0.1) as room:
        page = await room.page()
        await page.say("m1", "Hello?")
        await page.hear("accepted")
        await page.close()
        await until(lambda: bool(room.happened(CustomerLeft)))
        assert [type(event.event).__name__ for event, _ in room.inputs()] == ["MessageReceived", "CustomerLeft"]
        assert len({event.thread for event, _ in room.inputs()}) == 1


async def test_a_visitor_who_reloads_before_anything_was_decided_and_leaves_has_left_too() -> None:
    """A reload does not make the house forget words that no engine has seen yet: nobody is kept for an empty page."""
    async with running(grace_seconds=0.3) as room:
        page = await room.page()
        await page.say("m1", "Hello?")
        await page.hear("accepted")
        await page.close()
        again = await room.page(token=page.token)
        await again.hear("state", state="none")
        await again.close()
        await until(lambda: bool(room.happened(CustomerLeft)), 10.0)
        assert [type(event.event).__name__ for event, _ in room.inputs()] == ["MessageReceived", "CustomerLeft"]


async def test_a_visitor_who_comes_back_while_others_are_written_off_has_not_left() -> None:
    """Customers who are gone are written one after the other; whoever is back before their turn is not written off."""
    ledger = MemoryLedger(4)
    threads = [f"page:{CHAT}:visitor-000{number}" for number in (1, 2)]
    now = SystemClock().wall()
    tokens = [visitor_token(SECRET, "acme", f"visitor-000{number}", now) for number in (1, 2)]
    facts = [fact for n, thread in enumerate(threads) for fact in (received(f"i-{n}", thread=thread), queued(f"i-{n}"))]
    async with running(ledger, facts=facts, grace_seconds=0.1) as room:
        pages = [await room.page(token=token) for token in tokens]
        for page in pages:
            await page.hear("state", state="waiting")
        slow = AppendFault(copies=1, after=2.0, outcome=Outcome.ACKNOWLEDGED)
        ledger.fault = lambda partition: slow if partition.topic == INTERACTIONS else ACKNOWLEDGED
        for page in pages:
            await page.close()
        await asyncio.sleep(1.2)  # The first is being written off, the second is overdue.
        again = await room.page(token=tokens[1])
        await again.hear("state", state="waiting")
        await asyncio.sleep(4.0)
        assert [event.thread for event in room.happened(CustomerLeft)] == threads[:1]


async def test_a_visitor_can_end_the_conversation_themselves() -> None:
    """Ending the chat on the page is leaving at once."""
    async with running() as room:
        page = await room.page()
        await begun(room, page)
        await page.tell(type="leave")
        await until(lambda: bool(room.happened(CustomerLeft)))


async def test_after_a_restart_open_conversations_wait_for_their_pages_and_then_end() -> None:
    """Pages that never come back after a restart do not keep an agent waiting for ever."""
    thread = f"page:{CHAT}:visitor-0001"
    async with running(facts=[received(thread=thread), queued()], orphan_seconds=0.5) as room:
        await until(lambda: bool(room.happened(CustomerLeft)))
        assert room.happened(CustomerLeft)[0].interaction_id == "i-1"


@pytest.mark.parametrize("outcome", [Outcome.UNAVAILABLE, Outcome.UNKNOWN])
async def test_while_kafka_is_away_the_page_is_told_and_sends_again(outcome: Outcome) -> None:
    """A message that is not stored is never called accepted, and the second try under the same id is."""
    ledger = MemoryLedger(4)
    async with running(ledger) as room:
        page = await room.page()
        away = AppendFault(copies=0, after=0.1, outcome=outcome)
        ledger.fault = lambda partition: away if partition.topic == INTERACTIONS else ACKNOWLEDGED
        await page.say("m1", "Hello")
        answer = await page.hear("unavailable", client_message_id="m1")
        assert answer["retry_after"] > 0
        assert "accepted" not in {frame["type"] for frame in page.heard}
        ledger.fault = lambda _: ACKNOWLEDGED
        await page.say("m1", "Hello")
        await page.hear("accepted", client_message_id="m1")
        assert room.number("channel_ledger_unavailable_total") == 1


async def test_a_page_is_told_when_decisions_stop_and_when_they_come_again() -> None:
    """While the engine or Kafka is silent the page says so, and takes it back when they are there again."""
    async with running(beating=False) as room:
        page = await room.page()
        await page.hear("service", available=False)
        await room.owner.decide()
        await page.hear("service", available=True)
