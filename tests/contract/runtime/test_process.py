"""A process from start to stop, as the person at the terminal and the machine that watches it see it."""

import asyncio
import json
import logging
import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kindline.language.refusals import BY_NAME
from kindline.runtime.clock import BusinessClock
from kindline.runtime.health import Health
from kindline.runtime.main import CANNOT_START, FAILED, STOPPED, CannotStart, run
from kindline.runtime.on import On
from kindline.runtime.settings import Environment, ProcessSettings, RpcSettings

SECRET = b"s" * 32


@dataclass(frozen=True)
class Settings:
    """Settings of a room that does nothing of its own."""

    process: ProcessSettings


@dataclass
class Story:
    """What happened in a run, in order."""

    told: list[str] = field(default_factory=list)

    async def close(self) -> None:
        """The ledger was closed."""
        self.told.append("ledger closed")


Build = Callable[[Settings, BusinessClock, Story, On], Awaitable[object]]


def start(build: Build, *, admin_port: int = 0, processors: frozenset[int] = frozenset()) -> tuple[int, list[str]]:
    """Run a process on its own loop until it ends; gives exit code and story."""
    story = Story()
    process = ProcessSettings(
        name="presence", admin_port=admin_port, drain_seconds=0.05, log_format="plain", processors=processors
    )

    async def open_ledger(_kafka: str, _client: str) -> Story:
        return story

    try:
        return run(lambda: Settings(process), open_ledger, build), story.told
    finally:
        logging.getLogger().handlers.clear()
        logging.captureWarnings(capture=False)


async def signal_soon() -> None:
    """Be told to end, a moment after the start."""
    asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)


def test_a_polite_request_ends_a_process_in_reverse_order() -> None:
    """After SIGTERM front ends are told first, then everything closes, last opened first, and the exit code is 0."""

    async def build(_settings: Settings, _clock: BusinessClock, story: Story, on: On) -> None:
        on.closer(lambda: story.told.append("first closed"))
        on.closer(lambda: story.told.append("second closed"))
        on.draining(lambda: story.told.append("drained"))
        await signal_soon()

    assert start(build) == (STOPPED, ["drained", "second closed", "first closed", "ledger closed"])


def test_a_failed_closer_stops_no_other() -> None:
    """When one part fails to close, the others are closed all the same."""

    async def build(_settings: Settings, _clock: BusinessClock, story: Story, on: On) -> None:
        def broken() -> None:
            raise OSError("disk")

        on.closer(lambda: story.told.append("closed"))
        on.closer(broken)
        await signal_soon()

    assert start(build) == (STOPPED, ["closed", "ledger closed"])


def test_a_background_task_that_fails_ends_the_process_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    """Half a service is worse than none: the process ends with code 1, says why, and closes what it opened."""

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, on: On) -> None:
        async def work() -> None:
            raise ValueError("the state is broken")

        on.task("work", work())

    assert start(build) == (FAILED, ["ledger closed"])
    assert "the state is broken" in capsys.readouterr().err


def test_a_start_that_cannot_be_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A service that cannot run as it was asked to ends with code 2 and the sentence, without a traceback."""

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, _on: On) -> None:
        raise CannotStart("the topics have 4 partitions and 8 were asked for")

    assert start(build) == (CANNOT_START, ["ledger closed"])
    told = capsys.readouterr().err
    assert "the topics have 4 partitions and 8 were asked for" in told
    assert "Traceback" not in told


@pytest.fixture
def moved() -> Iterator[None]:
    """Whoever moves this process to other processors has it moved back."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("moved")
def test_a_process_keeps_to_the_processors_that_it_was_given() -> None:
    """Everything that a service starts runs where its settings say, its threads too."""
    one = frozenset({min(os.sched_getaffinity(0))})
    found: list[set[int]] = []

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, _on: On) -> None:
        found.append(os.sched_getaffinity(0))
        found.append(await asyncio.to_thread(os.sched_getaffinity, 0))
        await signal_soon()

    assert start(build, processors=one)[0] == STOPPED
    assert found == [one, one]


@pytest.mark.usefixtures("moved")
def test_processors_that_are_not_there_are_named_with_their_variable(capsys: pytest.CaptureFixture[str]) -> None:
    """A service that shall run where the machine has nothing says so, and which processors there are."""

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, _on: On) -> None:
        await signal_soon()

    assert start(build, processors=frozenset({4_000}))[0] == CANNOT_START
    here = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
    told = capsys.readouterr().err
    assert f"KINDLINE_PRESENCE_PROCESSORS names no processor that is here: give some of {here}" in told


def test_a_start_that_hangs_can_still_be_ended() -> None:
    """Ctrl-C works while a service still waits for its broker."""

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, _on: On) -> None:
        await signal_soon()
        await asyncio.sleep(60.0)

    assert start(build) == (STOPPED, ["ledger closed"])


def test_a_port_that_is_taken_is_named_with_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    """When the admin port is in use the sentence names the address and the variable that moves it."""

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, _on: On) -> None:
        await signal_soon()

    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        code, _ = start(build, admin_port=port)
    told = capsys.readouterr().err
    assert code == CANNOT_START
    assert f"presence cannot listen on 127.0.0.1:{port}" in told
    assert "set KINDLINE_PRESENCE_ADMIN_PORT or stop the other process" in told


def test_a_grpc_port_that_is_taken_is_named_with_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    """When the gRPC port is in use the sentence names the address and the variable that moves it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        async def build(_settings: Settings, _clock: BusinessClock, _story: Story, on: On) -> None:
            variables = {"KINDLINE_PRESENCE_PORT": str(port), "KINDLINE_TOKEN_SECRET": SECRET.decode()}
            rpc = RpcSettings.read("presence", Environment(variables))
            await on.rpc(rpc, lambda _: None, (), BY_NAME)

        code, _ = start(build)
    assert code == CANNOT_START
    assert f"presence cannot listen on 127.0.0.1:{port}" in (told := capsys.readouterr().err)
    assert "set KINDLINE_PRESENCE_PORT" in told


def test_a_wrong_setting_ends_the_start_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped setting is told before anything starts, with exit code 2."""

    async def never(*_: object) -> Any:  # noqa: ANN401
        raise AssertionError("nothing may start")

    def read() -> Settings:
        return Settings(ProcessSettings.read("presence", Environment({"KINDLINE_KAFKA": "nowhere"})))

    assert run(read, never, never) == CANNOT_START
    assert capsys.readouterr().err.startswith("KINDLINE_KAFKA=nowhere")


def test_the_admin_pages_tell_life_readiness_and_numbers() -> None:
    """/live, /ready and /metrics answer on the admin port, and /ready names what is wrong."""
    seen: dict[str, tuple[int, str]] = {}
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    async def build(_settings: Settings, _clock: BusinessClock, _story: Story, on: On) -> None:
        troubles = ["the broker is away"]
        on.check("broker", lambda: troubles[0] if troubles else None)
        await on.health.poll()
        seen["bad"] = await asyncio.to_thread(page, port, "ready")
        troubles.clear()
        await on.health.poll()
        for name in ("ready", "live", "metrics", "nothing"):
            seen[name] = await asyncio.to_thread(page, port, name)
        await signal_soon()

    assert start(build, admin_port=port)[0] == STOPPED
    assert seen["bad"][0] == 503
    assert json.loads(seen["bad"][1])["troubles"] == {"broker": "the broker is away"}
    assert (seen["ready"][0], seen["live"][0], seen["nothing"][0]) == (200, 200, 404)
    assert "kindline_build_info{" in seen["metrics"][1]
    assert "kindline_event_loop_lag_seconds" in seen["metrics"][1]


def page(port: int, name: str) -> tuple[int, str]:
    """Fetch one admin page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=5.0) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_a_check_speaks_only_when_something_changes(caplog: pytest.LogCaptureFixture) -> None:
    """Trouble is logged when it begins, once a minute while it lasts, and when it is over."""

    class Hand:
        now = 0.0

        def wall(self) -> float:
            return self.now

        def monotonic(self) -> float:
            return self.now

    caplog.set_level(logging.INFO)
    clock, troubles = Hand(), ["no route to the broker"]
    health = Health(clock)
    health.check("broker", lambda: troubles[0] if troubles else None)
    for clock.now in (0.0, 1.0, 30.0, 61.0, 62.0):
        await health.poll()
    troubles.clear()
    clock.now = 90.0
    await health.poll()
    await health.poll()
    assert [record.getMessage() for record in caplog.records] == [
        "broker failed: no route to the broker",
        "broker is still failing after 61 s: no route to the broker",
        "broker is healthy again after 90 s",
    ]


async def test_grpc_health_says_what_ready_says() -> None:
    """A load balancer that asks grpc.health hears SERVING only while every check is well."""
    troubles = ["starting"]
    process = ProcessSettings(name="presence", drain_seconds=0.0)
    async with On(process) as on:
        on.check("room", lambda: troubles[0] if troubles else None)
        server = await on.rpc(RpcSettings(token_secret=SECRET), lambda _: None, (), BY_NAME)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)

            async def status() -> str:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5.0)
                return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

            await on.health.poll()
            heard = [await status()]
            troubles.clear()
            await on.health.poll()
            heard.append(await status())
            await on.drain()
            heard.append(await status())
    assert heard == ["NOT_SERVING", "SERVING", "NOT_SERVING"]
