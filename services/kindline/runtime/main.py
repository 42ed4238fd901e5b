"""How a service runs as a process: one statement in the command table, one way to start, report and stop.

Promises people exit code 0 after SIGTERM or Ctrl-C, 1 when something failed while it ran, 2 when it could not start as
it was asked to, each of the last two with one plain sentence; and promises rooms that SIGTERM first makes the process
NOT_SERVING, then announces the end on every stream, then closes everything in reverse order.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from kindline.runtime.admin import AdminPages, AdminServer
from kindline.runtime.clock import BusinessClock
from kindline.runtime.collecting import settle
from kindline.runtime.health import Health
from kindline.runtime.logs import start_logs
from kindline.runtime.on import On
from kindline.runtime.processors import NoSuchProcessors, keep_to
from kindline.runtime.rpc import CannotListen
from kindline.runtime.settings import ProcessSettings, SettingWrong

log = logging.getLogger(__name__)

STOPPED, FAILED, CANNOT_START = 0, 1, 2
LAG_SECONDS = 0.25


class RoomSettings(Protocol):
    """Settings of any room: its own, and those that every process has."""

    @property
    def process(self) -> ProcessSettings:
        """What every process has."""


class Closeable(Protocol):
    """A ledger, as far as the runtime knows one."""

    async def close(self) -> None:
        """Close everything it gave out."""


S = TypeVar("S", bound=RoomSettings)
L = TypeVar("L", bound=Closeable)
Build = Callable[[S, BusinessClock, L, On], Awaitable[object]]
"""A room's `build(settings, clock, ledger, on)` in its service.py: hangs everything up on `on` and returns.

The room runs from then on. It raises CannotStart with a plain sentence when it cannot run like this.
"""


class CannotStart(Exception):
    """The service cannot run as it was asked to; the message says why and what to do."""


def run(read_settings: Callable[[], S], open_ledger: Callable[[str, str], Awaitable[L]], build: Build[S, L]) -> int:
    """Run one service until it is told to stop; gives the exit code.

    `open_ledger` takes the Kafka addresses and a client name, and may raise CannotStart.
    """
    try:
        settings = read_settings()
    except SettingWrong as error:
        print(error, file=sys.stderr)  # noqa: T201 - logs have not started: their own settings may be the wrong ones.
        return CANNOT_START
    start_logs(settings.process.name, form=settings.process.log_format, level=settings.process.log_level)
    try:
        if settings.process.processors:
            keep_to(settings.process.processors, settings.process.processors_variable)
        return asyncio.run(_run(settings, open_ledger, build))
    except (CannotStart, CannotListen, NoSuchProcessors) as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence is for a person; a traceback would hide it.
        return CANNOT_START
    except Exception:
        log.exception("%s ended because something failed", settings.process.name)
        return FAILED


async def _run(settings: S, open_ledger: Callable[[str, str], Awaitable[L]], build: Build[S, L]) -> int:
    process = settings.process
    stopping = _stop_on_signals()
    async with On(process) as on:
        start_admin(process, on)
        starting = asyncio.create_task(_start(settings, open_ledger, build, on))
        if await _until_stopped(stopping, on, starting):
            await _until_stopped(stopping, on)
        log.info("%s stops", process.name)
        await on.drain()
    log.info("%s has stopped", process.name)
    return STOPPED


async def _start(settings: S, open_ledger: Callable[[str, str], Awaitable[L]], build: Build[S, L], on: On) -> None:
    process = settings.process
    ledger = await open_ledger(process.kafka, process.client_name)
    on.closer(ledger.close)
    await build(settings, process.clock, ledger, on)
    # Only now are all checks named: a process that polled earlier would be ready while it cannot do its work.
    on.task("health", on.health.run())
    settle()
    log.info("%s has started", process.name)


def start_admin(process: ProcessSettings, on: On) -> AdminServer:
    """Open the admin port and watch the event loop. Raises CannotListen."""
    pulse = Pulse(on)
    on.task("pulse", pulse.run())
    pages = AdminPages(pulse.silent_seconds, _troubles(on.health), on.metrics.page)
    try:
        server = AdminServer.listen(process.admin_host, process.admin_port, pages)
    except OSError as error:
        raise CannotListen(
            f"{process.name} cannot listen on {process.admin_host}:{process.admin_port} for its admin pages: "
            f"{(error.strerror or str(error)).lower()}; set {process.admin_variable} or stop the other process"
        ) from None
    on.closer(lambda: asyncio.to_thread(server.close))
    log.info("admin pages on http://%s:%d/ready", process.admin_host, server.port)
    return server


class Pulse:
    """Measures how late the event loop is, and remembers when it last moved."""

    def __init__(self, on: On) -> None:
        """Declare the number."""
        self._system = on.system
        self._moved_at = self._system.monotonic()
        self._lag = on.metrics.gauge(
            "event_loop_lag_seconds", "How late the event loop woke up from its last quarter-second sleep."
        )

    def silent_seconds(self) -> float:
        """Seconds since the loop last moved."""
        return max(0.0, self._system.monotonic() - self._moved_at)

    async def run(self) -> None:
        """Measure for ever."""
        while True:
            before = self._system.monotonic()
            await asyncio.sleep(LAG_SECONDS)
            self._moved_at = self._system.monotonic()
            self._lag.set(max(0.0, self._moved_at - before - LAG_SECONDS))


def _stop_on_signals() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; a second one ends the process at once, as it would any other."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return stopping


async def _until_stopped(stopping: asyncio.Event, on: On, starting: "asyncio.Task[None] | None" = None) -> bool:
    """Wait for the signal; True when the start was over before it came. Raises what the start or a task raised."""
    waiting: list[asyncio.Task[object]] = [asyncio.create_task(stopping.wait()), asyncio.create_task(on.failed())]
    if starting:
        waiting.append(starting)
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return starting in done and not stopping.is_set()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


def _troubles(health: Health) -> Callable[[], dict[str, str]]:
    # The admin thread copies what the loop owns; a copy of so small a dictionary holds the interpreter lock throughout.
    return lambda: dict(health.troubles())
