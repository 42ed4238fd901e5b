"""What a room is given while it is built: places to hang its checks, its tasks, its closers and its gRPC edge.

Promises rooms that what they hang up here is taken down in reverse order, whatever goes wrong, and that a background
task which fails ends the process loudly instead of leaving half a service behind.
"""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Self

import grpc.aio

from kindline.runtime.clock import System, SystemClock
from kindline.runtime.health import Health, Probe
from kindline.runtime.metrics import Metrics
from kindline.runtime.rpc import RefusalText, RpcServer
from kindline.runtime.settings import ProcessSettings, RpcSettings

log = logging.getLogger(__name__)

CLOSE_LIMIT_SECONDS = 15.0


class On:
    """One process as the room that is built in it sees it; use it as an async context manager."""

    def __init__(self, process: ProcessSettings, system: System | None = None) -> None:
        """Nothing runs before the context is entered."""
        self.process = process
        self.system = system or SystemClock()
        self.metrics = Metrics()
        self.health = Health(self.system)
        self._stack = contextlib.AsyncExitStack()
        self._closing = False
        self._announcements: list[Callable[[], object]] = []
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> None:
        """Take everything down, last hung up first."""
        self._closing = True
        await self._stack.aclose()
        if self._failure.done() and not self._failure.cancelled():
            self._failure.exception()  # It was told by failed(), or by the log; asyncio need not tell it again.

    def check(self, name: str, probe: Probe) -> None:
        """Ask this before saying ready; the probe gives None or one sentence on what is wrong."""
        self.health.check(name, probe)

    def closer(self, close: Callable[[], Awaitable[object] | None]) -> None:
        """Call this at the end; it has 15 s, and its failure stops no other closer."""
        self._stack.push_async_callback(_close, close)

    def task(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Run this beside everything else; cancelled at the end. If it fails, the process ends with its sentence."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._task_done)

        async def cancel() -> None:
            task.cancel()
            await asyncio.wait([task])

        self.closer(cancel)
        return task

    def draining(self, announce: Callable[[], object]) -> None:
        """Call this when the process is asked to end, before anything closes."""
        self._announcements.append(announce)

    async def rpc(
        self,
        settings: RpcSettings,
        add: Callable[[grpc.aio.Server], object],
        services: Sequence[str],
        refusals: Mapping[str, RefusalText],
    ) -> RpcServer:
        """Serve gRPC from now on; `add` adds the servicers. Raises CannotListen."""
        server = RpcServer(self.process.name, settings, refusals, self.metrics)
        add(server.server)
        await server.start(services)
        self.health.on_change(server.tell_health)
        self.closer(lambda: server.stop(self.process.grace_seconds))
        return server

    async def failed(self) -> None:
        """Wait until a background task fails, then raise what it raised."""
        await asyncio.shield(self._failure)

    @property
    def failure(self) -> BaseException | None:
        """What a background task raised, if one did."""
        return self._failure.exception() if self._failure.done() else None

    async def drain(self) -> None:
        """Say NOT_SERVING, announce the end, and leave front ends a moment to hear it."""
        await self.health.drain()
        for announce in self._announcements:
            announce()
        await asyncio.sleep(self.process.drain_seconds)

    def _task_done(self, task: asyncio.Task[object]) -> None:
        if task.cancelled() or self._failure.done():
            return
        error = task.exception()
        if error is None and not self._closing:
            error = RuntimeError(f"{task.get_name()} ended by itself")
        if error is not None:
            self._failure.set_exception(error)


async def _close(close: Callable[[], Awaitable[object] | None]) -> None:
    try:
        async with asyncio.timeout(CLOSE_LIMIT_SECONDS):
            closing = close()
            if inspect.isawaitable(closing):
                await closing
    except TimeoutError:
        log.warning("a part did not close within %g s and was left behind", CLOSE_LIMIT_SECONDS)
    except Exception:
        log.exception("a part failed while it was closed")
