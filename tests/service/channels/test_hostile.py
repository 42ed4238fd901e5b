"""Whatever a socket sends, its own connection is the only one that suffers."""

import asyncio
import contextlib
import json
import urllib.request

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.domain.channels.given import CHAT, POOL
from tests.service.channels.room import Page, running


async def still_well(page: Page, number: int) -> None:
    """The room goes on serving somebody else."""
    await page.say(f"well-{number}", "Hello")
    await page.hear("accepted", client_message_id=f"well-{number}")


async def test_a_ten_megabyte_frame_closes_its_own_socket_with_a_clear_code() -> None:
    """A frame of ten megabytes ends its socket with 'message too big', and the neighbour notices nothing."""
    async with running() as room:
        neighbour, page = await room.page(), await room.page()
        with contextlib.suppress(ConnectionClosed):
            await page.socket.send("x" * 10_000_000)
        assert await page.closed() == 1009
        await still_well(neighbour, 1)


async def test_a_page_of_another_site_cannot_connect() -> None:
    """A page of a strange origin is turned away, ours and the configured one are let in."""
    async with running(origins=frozenset({"https://shop.example"})) as room:
        with pytest.raises(InvalidStatus) as refused:
            await room.socket(origin="https://evil.example")
        assert refused.value.response.status_code == 403
        for origin in (f"http://127.0.0.1:{room.channels.port}", "https://shop.example"):
            socket = await room.socket(origin=origin)
            await socket.close()


async def test_too_many_pages_are_asked_to_come_back() -> None:
    """When all places are taken the next page is told so with 503."""
    async with running(most_connections=1) as room:
        first = await room.page()
        with pytest.raises(InvalidStatus) as refused:
            await room.socket()
        assert refused.value.response.status_code == 503
        await still_well(first, 1)


@pytest.mark.parametrize(
    "hello, code",
    [
        ({"type": "hello", "pool": "acme/nowhere", "entry_point": CHAT}, 4404),
        ({"type": "hello", "pool": POOL, "entry_point": "nowhere"}, 4404),
        ({"type": "hello", "pool": POOL, "entry_point": "orders"}, 4404),
        ({"type": "message", "client_message_id": "1", "text": "x"}, 4400),
    ],
)
async def test_a_page_at_a_wrong_address_is_told_so(hello: dict[str, object], code: int) -> None:
    """A pool or entry point that is not there, or is no chat, closes the socket with its own code."""
    async with running() as room:
        page = Page(await room.socket())
        await page.socket.send(json.dumps(hello))
        assert await page.closed() == code


async def test_a_page_that_writes_too_fast_is_asked_to_slow_down_and_then_let_go() -> None:
    """More messages than anybody can type are refused by name, and a flood of frames ends its socket."""
    async with running() as room:
        neighbour, page = await room.page(), await room.page()
        for number in range(11):
            await page.say(f"m{number}", "x")
        slow = await page.hear("slow_down")
        assert slow["client_message_id"] == "m10"
        assert slow["retry_after"] > 0
        for _ in range(100):
            await page.tell(type="pong")
        assert await page.closed() == 4429
        await still_well(neighbour, 1)


async def test_only_our_own_files_run_on_the_page() -> None:
    """The page comes with a policy that forbids foreign and inline scripts, and uses none."""
    async with running() as room:

        def fetch(path: str) -> tuple[str, str]:
            with urllib.request.urlopen(room.url + path, timeout=5) as answer:  # noqa: S310 - our own page
                return answer.headers["content-security-policy"], answer.read().decode()

        policy, page = await asyncio.to_thread(fetch, "/")
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "<style" not in page
        assert " onclick" not in page
        _, script = await asyncio.to_thread(fetch, "/chat.js")
        assert "innerHTML" not in script


BYTES = st.lists(
    st.binary(max_size=200)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.sampled_from(
        [
            json.dumps({"type": "hello", "pool": POOL, "entry_point": CHAT}),
            json.dumps({"type": "message", "client_message_id": "f1", "text": "x"}),
            json.dumps({"type": "read", "conversation": "i-1", "seq": 2**53}),
            json.dumps({"type": "leave"}),
            "[" * 50_000,
            "x" * 70_000,
        ]
    ),
    max_size=8,
)


async def test_no_frame_whatever_ends_the_server() -> None:
    """Random frames of any kind, on sockets that break off at any moment, never stop the room."""
    async with running() as room:
        neighbour = await room.page()
        loop = asyncio.get_running_loop()
        count = iter(range(1_000))

        async def throw(frames: list[bytes | str]) -> None:
            socket = await room.socket()
            try:
                for frame in frames:
                    await socket.send(frame)
            except ConnectionClosed:
                pass
            socket.transport.abort()
            await asyncio.sleep(0)
            number = next(count)
            if number % 4 == 0:
                await asyncio.sleep(0.5)  # The neighbour's own rate is two messages a second.
                await still_well(neighbour, number)

        @settings(max_examples=24, suppress_health_check=[HealthCheck.too_slow], deadline=None)
        @given(BYTES)
        def fuzz(frames: list[bytes | str]) -> None:
            asyncio.run_coroutine_threadsafe(throw(frames), loop).result(20)

        await asyncio.to_thread(fuzz)


RAW = st.lists(st.binary(min_size=1, max_size=400), max_size=4)
HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: kindline.chat.v1\r\n\r\n"
)


async def test_no_bytes_whatever_end_the_server() -> None:
    """Raw bytes instead of frames, before and after the handshake, never stop the room."""
    async with running() as room:
        neighbour = await room.page()
        loop = asyncio.get_running_loop()

        async def throw(chunks: list[bytes], *, shaken: bool) -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", room.channels.port)
            for chunk in ([HANDSHAKE] if shaken else []) + chunks:
                writer.write(chunk)
                await asyncio.sleep(0.001)
            writer.transport.abort()

        @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
        @given(RAW, st.booleans())
        def fuzz(chunks: list[bytes], shaken: bool) -> None:  # noqa: FBT001 - hypothesis gives it by position
            asyncio.run_coroutine_threadsafe(throw(chunks, shaken=shaken), loop).result(20)

        await asyncio.to_thread(fuzz)
        await still_well(neighbour, 1)
        assert room.channels.attendance.connected >= 1
