"""`kindline agent` as a person uses it: the real command, real gRPC, the real engine; lines in, sentences out."""

import signal

from kindline.language.content import Channel
from kindline.language.facts import InteractionCompleted, InteractionQueued, MessageSent
from kindline.language.facts.interactions import QueuedReason
from kindline.language.plan import ChannelPlan
from kindline.runtime.tokens import agent_key
from tests.given import POOL, agent, plan
from tests.service.commands.people import Person, Places, sits_down, small_centre
from tests.service.routing.house import SECRET, address, house, rpc


async def is_ready(person: Person) -> None:
    """Say that one is ready, and hear that offers can come."""
    await person.hears("Type /back when you are ready")
    await person.says("/back")
    await person.hears("AVAILABLE: ready, offers can come - .*the status you declared")


async def serves(person: Person, places: Places, visitor: str, *texts: str) -> None:
    """Take a customer's chat."""
    await places.centre.customer(visitor, *texts)
    await person.hears("OFFER: chat from general")
    await person.says("a")
    await person.hears("You are with customer")


async def test_an_agent_serves_a_chat_from_offer_to_the_end_of_the_wrap_up() -> None:
    """Ready, an offer with its time, the customer's first words, an answer, done, wrap-up, finished, signed out."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        await places.centre.customer("visitor", "my card is gone", "卡丢了")
        await amy.hears("OFFER: chat from general")
        await amy.hears("you have 0:[12][0-9] to take the offer")
        await amy.says("a")
        await amy.hears("Customer 1: my card is gone")
        await amy.hears("Customer 1: 卡丢了")
        await amy.says("I block it at once 马上")
        await amy.hears("You to customer 1: I block it at once 马上")
        await amy.says("/done lost-card")
        await amy.hears("in wrap-up; /finish")
        await amy.hears("You have 0:[23][0-9] to wrap up")
        await amy.says("/finish")
        await amy.hears("Customer 1 .* is closed")
        assert await amy.leaves() == 0
        assert amy.heard.endswith("Signed out. Thank you.\n")
        [completed] = await places.centre.facts(InteractionCompleted)
        assert completed.disposition is not None
        assert completed.disposition.code == "lost-card"


async def test_a_customer_cannot_steer_the_agents_terminal() -> None:
    """Escape sequences and marks that reorder text are shown as pictures and never reach the terminal."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        await serves(amy, places, "visitor", "gone\x1b[2J\x07 \u202eevil")
        await amy.hears("Customer 1: gone")
        assert "\x1b" not in amy.heard
        assert "\x07" not in amy.heard
        assert "gone␛[2J␇ <U+202E>evil" in amy.heard


async def test_what_is_not_understood_does_nothing_and_reaches_no_customer() -> None:
    """A mistyped command, an a without an offer, words to nobody: each is answered with what to type instead."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        for line, answer in (
            ("hello?", "You are with nobody, so nothing was sent"),
            ("a", "There is no offer, and nothing was sent"),
            ("/finish", "You are in no wrap-up"),
            ("/switch 3", "with you now: nobody"),
            ("/next", "/next and one of: break, meeting"),
        ):
            await amy.says(line)
            await amy.hears(answer)
        await serves(amy, places, "visitor")
        for line, answer in (
            ("/bogus", "/bogus is no command, and nothing was sent"),
            ("a penny for your thoughts", "There is no offer, and nothing was sent"),
            ("/transfer", "To which queue"),
            ("/transfer nowhere", r"There is no queue of that name.*\[UNKNOWN_QUEUE\]"),
        ):
            await amy.says(line)
            await amy.hears(answer)
        assert await places.centre.facts(MessageSent) == []
        await amy.says("/say a penny for your thoughts")
        await amy.hears("You to customer 1: a penny for your thoughts")
        assert len(await places.centre.facts(MessageSent)) == 1


async def test_hold_transfer_and_breaks_are_one_line_each() -> None:
    """Hold and resume, a break that waits for the work in hand, a transfer with a note, and back again."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        await serves(amy, places, "visitor")
        await amy.says("/hold")
        await amy.hears("Customer 1 .* is on hold")
        await amy.says("/resume")
        await amy.hears("Customer 1 .* is with you")
        await amy.says("/next break")
        await amy.hears("finishing what you have, nothing new is offered; BREAK when your work ends")
        await amy.says("/transfer general she was promised a call")
        await amy.hears("BREAK: nothing is offered")
        await amy.hears("Customer 1 .* went back to a queue")
        queued = (await places.centre.facts(InteractionQueued))[-1]
        assert queued.reason is QueuedReason.TRANSFERRED
        assert queued.note is not None
        assert queued.note.body == "she was promised a call"
        async with sits_down(places, "bob") as bob:
            await bob.hears("Type /back when you are ready")
            await bob.says("/back")
            await bob.hears("OFFER: chat from general")
            await bob.says("a")
            await bob.hears("Note from the agent before you: she was promised a call")


async def test_words_for_one_customer_never_reach_another() -> None:
    """When a conversation ends the agent speaks to nobody until they say to whom, though another customer waits."""
    two_chats = plan(
        agents=(agent("amy", billing=1),), channels=(ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    )
    async with house(two_chats) as centre:
        routing, presence = await centre.routing(), await centre.presence()
        places = Places(centre, address(presence.room.port), address(routing.room.port))
        async with sits_down(places, "amy") as amy:
            await is_ready(amy)
            await serves(amy, places, "first")
            await serves(amy, places, "second")
            await amy.says("/transfer general")
            await amy.hears("You speak to nobody now. To go on: /switch 1")
            await amy.says("your balance is 12")
            await amy.hears("You are with nobody, so nothing was sent")
            await amy.says("/switch 1")
            await amy.says("your balance is 7")
            await amy.hears("You to customer 1: your balance is 7")
            assert len(await centre.facts(MessageSent)) == 1


async def test_a_decline_leaves_the_customer_their_place() -> None:
    """Typing d declines; the desk says what became of the offer."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        await places.centre.customer("visitor")
        await amy.hears("OFFER")
        await amy.says("d")
        await amy.hears("The offer is declined; the customer keeps their place")


async def test_ctrl_c_asks_once_while_a_customer_is_there() -> None:
    """The first Ctrl-C says what would happen; the second signs out and gives the chat back to its queue."""
    async with small_centre() as places, sits_down(places, "amy") as amy:
        await is_ready(amy)
        await serves(amy, places, "visitor")
        amy.process.send_signal(signal.SIGINT)
        await amy.hears("Still here: a customer is with you")
        amy.process.send_signal(signal.SIGINT)
        await amy.hears("Signed out")
        assert await amy.process.wait() == 0
        assert (await places.centre.facts(InteractionQueued))[-1].reason is QueuedReason.AGENT_LOST


async def test_the_newest_desk_of_an_agent_wins_and_the_older_is_told() -> None:
    """Signing in a second time takes over; the first desk ends with the reason and exit code 0."""
    async with small_centre() as places, sits_down(places, "amy") as first:
        await first.hears("OFFLINE")
        async with sits_down(places, "amy") as second:
            await first.hears("This desk is over: you signed in somewhere else")
            assert await first.process.wait() == 0
            await is_ready(second)


async def test_a_stranger_is_refused_in_plain_words() -> None:
    """An agent whom the plan does not know hears what to check, on one line, and exit code 1."""
    async with small_centre() as places, sits_down(places, "nobody") as nobody:
        await nobody.hears(r"The plan of this pool does not know you.*\[UNKNOWN_AGENT\]")
        assert await nobody.leaves() == 1
        assert "Traceback" not in nobody.heard


async def test_the_printed_key_opens_a_centre_that_is_not_on_loopback() -> None:
    """Without a key the desk says how to get one; --print-key gives it to whoever holds the secret, and it opens."""
    async with house() as centre:
        routing = await centre.routing()
        presence = await centre.presence(rpc(host="0.0.0.0"))  # noqa: S104 - that is the point
        places = Places(centre, address(presence.room.port), address(routing.room.port))
        async with sits_down(places, "amy") as without:
            await without.hears(r"Your sign-in key is missing or wrong.*--print-key.*\[CREDENTIAL_WRONG\]")
        secret = {"KINDLINE_TOKEN_SECRET": SECRET.decode()}
        async with sits_down(places, "amy", "--print-key", variables=secret) as keeper:
            await keeper.leaves()
            key = keeper.heard.strip()
            assert key == agent_key(SECRET, POOL, "amy")
        async with sits_down(places, "amy", variables={"KINDLINE_SIGN_IN_KEY": key}) as amy:
            await is_ready(amy)
