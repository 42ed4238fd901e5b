"""An event loop whose time passes only while everybody waits, and processes on it that can be paused and killed.

The same seed gives the same run: there are no threads, no sockets and no wall clock, and waiting costs nothing.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any


class Crashed(BaseException):
    """What a killed process's coroutines see, instead of what they waited for."""


class Program:
    """One process: its coroutines stand still while it is paused and end where they are when it is killed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.paused = False
        self.tasks: dict[asyncio.Task[Any], None] = {}  # In the order of their beginning, which a set would not keep.
        self._resumed: asyncio.Future[None] | None = None

    def pause(self) -> None:
        """Stand still, as under SIGSTOP: what was sent is on its way, what arrives is seen later."""
        self.paused = True

    def resume(self) -> None:
        """Go on as if nothing had been."""
        self.paused = False
        self._wake()

    def kill(self) -> None:
        """End at once, as under SIGKILL."""
        self.dead = True
        self._wake()
        for task in list(self.tasks):
            task.cancel()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine, and all that it starts, as part of this process."""
        token = PROGRAM.set(self)
        try:
            return asyncio.get_running_loop().create_task(work)
        finally:
            PROGRAM.reset(token)

    def resumed(self) -> asyncio.Future[None]:
        """Done when the process goes on or is killed."""
        if self._resumed is None:
            self._resumed = asyncio.get_running_loop().create_future()
        return self._resumed

    def _wake(self) -> None:
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)
        self._resumed = None


PROGRAM: ContextVar[Program | None] = ContextVar("program", default=None)


class Gate(Awaitable[Any]):
    """Steps a coroutine only while its process runs."""

    def __init__(self, work: Coroutine[Any, Any, Any], program: Program) -> None:
        self._work, self._program = work, program

    def __await__(self) -> Generator[Any, Any, Any]:
        error: BaseException | None = None
        while True:
            while self._program.paused and not self._program.dead:
                try:
                    yield from asyncio.shield(self._program.resumed()).__await__()
                except BaseException as problem:  # noqa: BLE001  # it is handed on to the coroutine when it goes on
                    error = problem
            if self._program.dead:
                error = Crashed()
            try:
                waits_for = self._work.send(None) if error is None else self._work.throw(error)
            except StopIteration as stop:
                return stop.value
            error = None
            try:
                yield waits_for
            except BaseException as problem:  # noqa: BLE001  # as above
                error = problem


async def _gated(work: Coroutine[Any, Any, Any], program: Program) -> object:
    return await Gate(work, program)


def _new_task(loop: asyncio.AbstractEventLoop, work: Any) -> asyncio.Task[Any]:  # noqa: ANN401  # asyncio's own word
    program = PROGRAM.get()
    if program is None:
        return asyncio.Task(work, loop=loop)
    task = asyncio.Task(_gated(work, program), loop=loop)
    program.tasks[task] = None
    task.add_done_callback(program.tasks.pop)
    task.add_done_callback(lambda _: work.close())  # It may have been killed before its first step.
    return task


class _Instant(selectors.SelectSelector):
    """Nothing ever comes from outside, so waiting is only a step in time."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits and nobody will ever wake them"
        self._passes(max(0.0, timeout))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio in virtual time, which begins at 0."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Instant(self._pass))
        self.set_task_factory(_new_task)
        self.set_exception_handler(lambda _loop, _context: None)

    def work(self, seconds: float) -> None:
        """The processor is busy for so long, and everybody waits for it."""
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self._passed += seconds

    def time(self) -> float:
        """Seconds since the run began."""
        return self._passed


def in_virtual_time(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end on a loop of its own."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work())
    finally:
        while rest := asyncio.all_tasks(loop):
            for task in rest:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        loop.close()
