"""Signed web hooks in and out, over real HTTP."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import standardwebhooks
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kindline.channels.adapters.hook_out import MOST_WAITING, Address
from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.server import WebServer
from kindline.channels.domain.notices import Notices
from kindline.channels.domain.pacing import BackOff
from kindline.language.content import Because, Channel
from kindline.language.events import DeliveryState, InteractionStarted, MessageDeliveryReported, MessageReceived
from kindline.language.facts import InteractionReceived
from kindline.language.reading import Reading
from kindline.ledger.memory import ACKNOWLEDGED, AppendFault, MemoryLedger, Outcome
from kindline.ledger.topics import INTERACTIONS
from kindline.runtime.clock import SystemClock
from kindline.runtime.metrics import Metrics
from tests.domain.channels.given import HOOK, POOL, Log, agent_said, answered, closed, completed, queued, received
from tests.service.channels.room import Room, running, until

ENDPOINT = f"{POOL}/{HOOK}"
NEW, OLD = b"n" * 32, b"o" * 32
KEYS = {ENDPOINT: (NEW, OLD)}


def signed(body: bytes, *, key: bytes = NEW, webhook_id: str = "w1", age: int = 0) -> dict[str, str]:
    """Headers as the standard's own package makes them."""
    moment = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()) - age, UTC)
    package = standardwebhooks.Webhook("whsec_" + base64.b64encode(key).decode())
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": package.sign(webhook_id, moment, body.decode()),
    }


async def post(room: Room, body: bytes, headers: dict[str, str], endpoint: str = ENDPOINT) -> httpx.Response:
    """Send one web hook to a room."""
    return await send(room.url, body, headers, endpoint)


async def send(url: str, body: bytes, headers: dict[str, str], endpoint: str) -> httpx.Response:
    """Send one web hook."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"{url}/hooks/{endpoint}", content=body, headers=headers, timeout=20)


async def test_a_signed_web_hook_opens_an_interaction() -> None:
    """A contact with its words and attributes stands in the ledger before the sender hears 202."""
    async with running(hook_keys=KEYS) as room:
        body = json.dumps({"text": "Where is it? 在哪里", "attributes": {"order": "17"}, "customer": "c-9"}).encode()
        answer = await post(room, body, signed(body))
        assert answer.status_code == 202
        [event] = room.happened(InteractionStarted)
        assert isinstance(event.event, InteractionStarted)
        assert event.thread == "w1"
        assert event.event.attributes == {"order": "17"}
        assert event.event.content is not None
        assert event.event.content.body == "Where is it? 在哪里"
        assert event.event.customer not in {"", "c-9"}
        assert room.number("webhook_requests_total", channel="web_hook", result="accepted") == 1


async def test_words_on_a_named_thread_are_never_swallowed_by_an_open_interaction() -> None:
    """A start on a thread that may be open already brings its words as a message beside it."""
    async with running(hook_keys=KEYS) as room:
        body = b'{"thread": "order-17", "text": "Hello"}'
        assert (await post(room, body, signed(body))).status_code == 202
        assert [type(event.event).__name__ for event, _ in room.inputs()] == ["InteractionStarted", "MessageReceived"]
        [message] = room.happened(MessageReceived)
        assert message.thread == "order-17"


async def test_a_repeated_web_hook_is_the_same_event() -> None:
    """A sender that repeats gets 202 again, under the same event id."""
    async with running(hook_keys=KEYS) as room:
        body = b'{"thread": "order-17", "text": "Hello"}'
        for _ in range(3):
            assert (await post(room, body, signed(body))).status_code == 202
        assert len({envelope.event_id for _, envelope in room.inputs()}) == 2


async def test_both_secrets_are_good_during_a_rotation() -> None:
    """The old and the new secret are both taken while one replaces the other."""
    async with running(hook_keys=KEYS) as room:
        for number, key in enumerate((OLD, NEW)):
            answer = await post(room, b"{}", signed(b"{}", key=key, webhook_id=f"w{number}"))
            assert answer.status_code == 202


FORGED = {"webhook-id": "w1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}


@pytest.mark.parametrize(
    "sign, endpoint, result",
    [
        (lambda: signed(b"{}", key=b"x" * 32), ENDPOINT, "bad_signature"),
        (lambda: signed(b"{ }"), ENDPOINT, "bad_signature"),
        (dict, ENDPOINT, "bad_signature"),
        (lambda: signed(b"{}"), f"{POOL}/elsewhere", "bad_signature"),
        (lambda: FORGED, ENDPOINT, "stale"),
    ],
    ids=["a wrong key", "another body", "nothing", "another address", "old"],
)
async def test_a_forged_web_hook_learns_nothing(sign: Callable[[], dict[str, str]], endpoint: str, result: str) -> None:
    """Wrong, missing and old signatures and unknown addresses get the same 401 without a word, and are counted."""
    async with running(hook_keys=KEYS) as room:
        # Signed now: what was signed when the tests were collected may be too old by the time that this one runs.
        answer = await post(room, b"{}", sign(), endpoint)
        assert (answer.status_code, answer.json()) == (401, {})
        assert room.inputs() == []
        assert room.number("webhook_requests_total", channel="web_hook", result=result) == 1


@pytest.mark.parametrize(
    "body, status",
    [
        (b"x" * 300_000, 413),
        (b'"just text"', 400),
        (b"{not json", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' + b'{"a":' * 20 + b"1" + b"}" * 21, 400),
        (b'{"event": "dance"}', 400),
        (b'{"thread": "\\ud800"}', 400),
        (b'{"attributes": ["x"]}', 400),
        (b'{"priority": 10}', 400),
        (b"", 400),
    ],
)
async def test_a_body_that_is_wrong_is_named_and_stored_nowhere(body: bytes, status: int) -> None:
    """Too large, too deep or the wrong shape: the sender is told which, and nothing reaches the ledger."""
    async with running(hook_keys=KEYS) as room:
        answer = await post(room, body, signed(body))
        assert answer.status_code == status
        assert answer.json()["error"]
        assert room.inputs() == []


async def test_a_signed_web_hook_to_an_address_outside_the_plan_is_told_so() -> None:
    """A sender with a right signature for an address that the plan does not have hears what is wrong."""
    async with running(hook_keys={f"{POOL}/retired": (NEW,)}) as room:
        answer = await post(room, b"{}", signed(b"{}"), f"{POOL}/retired")
        assert answer.status_code == 404
        assert "retired" in answer.json()["error"]


async def test_while_kafka_is_away_senders_are_asked_to_come_back() -> None:
    """A web hook that cannot be stored gets 503 with Retry-After, and is there once after the sender's next try."""
    ledger = MemoryLedger(4)
    async with running(ledger, hook_keys=KEYS) as room:
        away = AppendFault(copies=0, outcome=Outcome.UNAVAILABLE)
        ledger.fault = lambda partition: away if partition.topic == INTERACTIONS else ACKNOWLEDGED
        answer = await post(room, b"{}", signed(b"{}"))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        ledger.fault = lambda _: ACKNOWLEDGED
        assert (await post(room, b"{}", signed(b"{}"))).status_code == 202
        assert len(room.inputs()) == 1


class Receiver:
    """A customer's system: keeps what it is told, and answers as a test says."""

    def __init__(self) -> None:
        """Answer 204 until told otherwise."""
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.wrong = 0
        self.misled = 0
        routes = [Route("/told", self._take, methods=["POST"]), Route("/elsewhere", self._mislead)]
        app = Starlette(routes=routes)
        self.server = WebServer(app, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.port}/told"

    def types(self) -> list[str]:
        """What it was told, by type."""
        return [body["type"] for _, body in self.told]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        try:
            package = standardwebhooks.Webhook("whsec_" + base64.b64encode(NEW).decode())
            package.verify(body, dict(request.headers))
        except standardwebhooks.WebhookVerificationError:
            self.wrong += 1
            return Response(status_code=401)
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.told.append((request.headers["webhook-id"], json.loads(body)))
        return Response(
            status_code=status, headers=self.headers | ({"location": "/elsewhere"} if status == 302 else {})
        )

    async def _mislead(self, _request: Request) -> Response:
        self.misled += 1
        return Response(status_code=204)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    serving = asyncio.create_task(receiver.server.run())
    try:
        yield receiver
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def contact() -> InteractionReceived:
    """A contact of the web hook's entry point."""
    return received("i-1", thread="order-17", entry_point=HOOK, channel=Channel.WEB_HOOK)


async def test_a_system_hears_what_was_decided_signed_and_in_order() -> None:
    """Each step of a contact reaches the system behind it, and an agent's words are reported as delivered."""
    async with receiving() as receiver, running(hook_keys=KEYS, hook_urls={ENDPOINT: receiver.url}) as room:
        await settled(room)
        await room.owner.decide(contact(), queued())
        offset = await room.owner.decide(answered(), agent_said("a1", "On its way"))
        await room.owner.decide(completed(), closed())
        await until(lambda: len(receiver.told) == 6)
        assert receiver.types() == [
            "interaction.received",
            "interaction.queued",
            "interaction.answered",
            "message.sent",
            "interaction.completed",
            "interaction.closed",
        ]
        assert receiver.wrong == 0
        await until(lambda: bool(room.happened(MessageDeliveryReported)))
        [report] = room.happened(MessageDeliveryReported)
        assert isinstance(report.event, MessageDeliveryReported)
        assert report.event.delivery_state is DeliveryState.DELIVERED
        assert isinstance(report.because, Because)
        assert report.because.offset == offset


async def settled(room: Room) -> None:
    """Wait until the room has its place in the log, from which it tells."""
    commits = room.ledger.log.group("kindline-web-hooks", "kindline.decisions").commits
    await until(lambda: len(commits) == 1)


async def test_a_system_that_fails_is_told_again_under_the_same_id() -> None:
    """A refusal and a redirect are tried again, the redirect is not followed, and the id stays."""
    async with receiving() as receiver, running(hook_keys=KEYS, hook_urls={ENDPOINT: receiver.url}) as room:
        await settled(room)
        receiver.answers = [500, 302]
        await room.owner.decide(contact())
        await until(lambda: len(receiver.told) == 1, 15.0)
        assert room.number("webhook_notices_total", channel="web_hook", result="retried") == 2
        assert receiver.told[0][0].startswith("msg_")
        assert receiver.misled == 0


async def test_a_receiver_that_asks_for_a_wait_which_is_no_number_stops_nobody() -> None:
    """A Retry-After of a raised two is a digit and yet no number: the room tries again, and goes on."""
    async with receiving() as receiver, running(hook_keys=KEYS, hook_urls={ENDPOINT: receiver.url}) as room:
        await settled(room)
        receiver.answers, receiver.headers = [503], {"retry-after": "\u00b2"}
        await room.owner.decide(contact())
        await until(lambda: len(receiver.told) == 1, 15.0)


async def test_a_system_that_was_given_up_on_keeps_no_other_system_of_the_pool_waiting() -> None:
    """What the line of a system that is away does not hold is given up at once: whoever reads on does so for all."""
    batch, offset = Log().batch(contact(), *[queued()] * (MOST_WAITING + 20))
    notices = Notices(0, [ENDPOINT]).apply(batch, offset, Reading())
    delivered: list[bool] = []
    async with receiving() as receiver, httpx.AsyncClient(trust_env=False) as client:
        receiver.answers = [503] * 100
        numbers, once = Numbers(Metrics()), BackOff(first=0.01, longest=0.01, tries=1)
        address = Address(receiver.url, NEW, client=client, system=SystemClock(), numbers=numbers, tries=once)
        sending = asyncio.create_task(address.run())
        async with asyncio.timeout(8.0):
            for notice in notices:
                await address.put(notice, lambda outcome: delivered.append(outcome.delivered))
        sending.cancel()
        await asyncio.wait([sending])
    assert len(delivered) >= 20
    assert not any(delivered)


async def test_after_a_restart_nothing_is_missing() -> None:
    """Decisions that came while channels was down are told after its restart, and earlier ones not again."""
    ledger = MemoryLedger(4)
    async with receiving() as receiver:
        chosen: dict[str, Any] = {"hook_keys": KEYS, "hook_urls": {ENDPOINT: receiver.url}}
        async with running(ledger, **chosen) as room:
            await settled(room)
            await room.owner.decide(contact())
            await until(lambda: room.number("webhook_notices_total", channel="web_hook", result="delivered") == 1)
            owner = room.owner
        await owner.decide(queued(), answered())
        async with running(ledger, owner=owner, **chosen):
            await until(lambda: len(receiver.told) == 3)
            assert receiver.types() == ["interaction.received", "interaction.queued", "interaction.answered"]
