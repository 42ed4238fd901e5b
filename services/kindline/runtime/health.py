"""Health: named checks, polled, and logged only when they change.

Promises SREs three kinds of line, each with the check's own sentence: 'failed', 'still failing' (once a minute) and
'healthy again'; and promises /ready and grpc.health the same answer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from kindline.runtime.clock import System, SystemClock

Probe = Callable[[], str | Awaitable[str | None] | None]
"""Says None when all is well, else one sentence on what is wrong and what to do."""

POLL_SECONDS = 1.0
PROBE_LIMIT_SECONDS = 5.0
REPEAT_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a check found, since when, and when that was last told."""

    sentence: str
    since: float
    told_at: float


class Health:
    """All checks of one process; ready when none of them is in trouble and the process is not draining."""

    def __init__(self, system: System | None = None) -> None:
        """Nothing is ready before the first round of checks."""
        self._system = system or SystemClock()
        self._probes: dict[str, Probe] = {}
        self._troubles: dict[str, Trouble] = {}
        self._polled = False
        self._draining = False
        self._listeners: list[Callable[[bool], Awaitable[None]]] = []
        self._told: bool | None = None

    def check(self, name: str, probe: Probe) -> None:
        """Add a check. Raises ValueError if the name is taken."""
        if name in self._probes:
            raise ValueError(f"there is a check named {name} already")
        self._probes[name] = probe

    def on_change(self, listener: Callable[[bool], Awaitable[None]]) -> None:
        """Call the listener whenever readiness changes."""
        self._listeners.append(listener)

    @property
    def ready(self) -> bool:
        """Whether the process should be given work."""
        return self._polled and not self._draining and not self._troubles

    def troubles(self) -> Mapping[str, str]:
        """What is wrong now: check to sentence."""
        waiting = {} if self._polled else {"start": "starting"}
        draining = {"draining": "shutting down"} if self._draining else {}
        return {**waiting, **draining, **{name: trouble.sentence for name, trouble in self._troubles.items()}}

    async def drain(self) -> None:
        """From now on the process is not ready any more."""
        self._draining = True
        await self._tell()

    async def poll(self) -> None:
        """Run every check once."""
        for name, probe in tuple(self._probes.items()):
            self._note(name, await _answer(probe))
        self._polled = True
        await self._tell()

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_SECONDS)

    def _note(self, name: str, sentence: str | None) -> None:
        now, before = self._system.monotonic(), self._troubles.get(name)
        if sentence is None:
            if before:
                del self._troubles[name]
                log.info("%s is healthy again after %.0f s", name, now - before.since)
        elif before is None:
            self._troubles[name] = Trouble(sentence, now, now)
            log.warning("%s failed: %s", name, sentence)
        elif now - before.told_at >= REPEAT_SECONDS:
            self._troubles[name] = Trouble(sentence, before.since, now)
            log.warning("%s is still failing after %.0f s: %s", name, now - before.since, sentence)
        else:
            self._troubles[name] = Trouble(sentence, before.since, before.told_at)

    async def _tell(self) -> None:
        if self._told != self.ready:
            self._told = self.ready
            for listener in self._listeners:
                await listener(self.ready)


async def _answer(probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(PROBE_LIMIT_SECONDS):
            answer = probe()
            return answer if answer is None or isinstance(answer, str) else await answer
    except TimeoutError:
        return f"no answer within {PROBE_LIMIT_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - a check that raises is a check that failed.
        return f"{type(error).__name__}: {error}"
