"""Sends signed web hooks about decisions to the systems that own an entry point.

Promises at least once, in order for each address, under an id that is the same on every try and after every restart; an
address that does not answer holds up nobody but itself: once it was given up on, what its line of MOST_WAITING does not
hold is given up, too; no redirect is followed. A message that was delivered or given up is reported to the ledger with
the decision that made us send it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.reporting import Report, Reporter
from kindline.channels.domain.identities import HOOK_SOURCE
from kindline.channels.domain.notices import Notice
from kindline.channels.domain.pacing import BackOff, wait_before
from kindline.channels.domain.signing import signature
from kindline.language.events import DeliveryState
from kindline.runtime.clock import System

CHANNEL = "web_hook"
TRIES = BackOff(first=1.0, longest=60.0, tries=8)
AFTER_FAILURE = BackOff(first=1.0, longest=5.0, tries=2)
"""For an address that has just been given up on: its line must move on, so that it is full of news when it is back."""
MOST_WAITING = 1_000
SECONDS = httpx.Timeout(15.0, connect=5.0)
GONE = 410

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try; `after` is the wait that the receiver asked for."""

    delivered: bool
    final: bool = False
    cause: str = ""
    after: float | None = None


class Address:
    """One address: a bounded line of notices, sent one after the other."""

    def __init__(
        self,
        url: str,
        key: bytes,
        *,
        client: httpx.AsyncClient,
        system: System,
        numbers: Numbers,
        tries: BackOff = TRIES,
    ) -> None:
        """Sign with this key; the address itself is never logged."""
        self._url = url
        self._key = key
        self._client = client
        self._system = system
        self._numbers = numbers
        self._tries = tries
        self._line: asyncio.Queue[tuple[Notice, Callable[[Outcome], None]]] = asyncio.Queue(MOST_WAITING)
        self._failing = False
        self._moved = asyncio.Event()

    async def put(self, notice: Notice, settled: Callable[[Outcome], None]) -> None:
        """Line up a notice; waits while the line is full and moves. `settled` hears once what became of it."""
        while self._line.full() and not self._failing:
            self._moved.clear()
            await self._moved.wait()
        if self._line.full():
            # Whoever waited here would keep the other addresses of the shard waiting for as long as this one is away.
            self._settle(Outcome(delivered=False, cause="too many wait"), settled)
        else:
            self._line.put_nowait((notice, settled))

    async def run(self) -> None:
        """Send for ever."""
        while True:
            notice, settled = await self._line.get()
            self._moved.set()
            outcome = await self._deliver(notice)
            self._failing = not outcome.delivered
            self._moved.set()
            self._settle(outcome, settled)

    def _settle(self, outcome: Outcome, settled: Callable[[Outcome], None]) -> None:
        self._numbers.notices.labels(CHANNEL, "delivered" if outcome.delivered else "failed").inc()
        settled(outcome)

    async def _deliver(self, notice: Notice) -> Outcome:
        tries, failures = AFTER_FAILURE if self._failing else self._tries, 0
        while True:
            outcome = await self._try(notice)
            if outcome.delivered or outcome.final:
                return outcome
            failures += 1
            wait = wait_before(tries, failures, outcome.after)
            if wait is None:
                log.warning("a web hook for %s was given up: %s", notice.endpoint, outcome.cause)
                return outcome
            self._numbers.notices.labels(CHANNEL, "retried").inc()
            await asyncio.sleep(wait)

    async def _try(self, notice: Notice) -> Outcome:
        timestamp = int(self._system.wall())
        headers = {
            "content-type": "application/json",
            "user-agent": "Kindline",
            "webhook-id": notice.webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._key, notice.webhook_id, timestamp, notice.body),
        }
        try:
            # Only the status matters: the body is never read, so that it cannot be too large.
            async with self._client.stream("POST", self._url, content=notice.body, headers=headers) as response:
                return _outcome(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Outcome(delivered=False, cause=type(error).__name__)


def _outcome(response: httpx.Response) -> Outcome:
    if response.is_success:
        return Outcome(delivered=True)
    after = response.headers.get("retry-after", "")
    return Outcome(
        delivered=False,
        final=response.status_code == GONE,
        cause=f"HTTP {response.status_code}",
        # What a receiver sends is hostile: "\u00b2" is a digit for isdigit, and no number.
        after=float(after) if after.isdecimal() and len(after) < 9 else None,  # noqa: PLR2004 - longer is no wait
    )


def report_of(notice: Notice, outcome: Outcome) -> Report:
    """What to tell the ledger about an agent's message."""
    return Report(
        received=notice.received,
        message_id=notice.message_id,
        state=DeliveryState.DELIVERED if outcome.delivered else DeliveryState.FAILED,
        because=notice.because,
        source=HOOK_SOURCE,
        channel=CHANNEL,
        cause=outcome.cause,
    )


class Addresses:
    """Every address, by endpoint."""

    def __init__(self, by_endpoint: dict[str, Address], reporter: Reporter) -> None:
        """Report through this reporter."""
        self._by_endpoint = by_endpoint
        self._reporter = reporter

    async def put(self, notice: Notice, settled: Callable[[], None]) -> None:
        """Line up a notice; waits while its address's line is full."""

        def hear(outcome: Outcome) -> None:
            if notice.message_id:
                self._reporter.report(report_of(notice, outcome))
            settled()

        await self._by_endpoint[notice.endpoint].put(notice, hear)

    async def run(self) -> None:
        """Send for ever."""
        async with asyncio.TaskGroup() as group:
            for address in self._by_endpoint.values():
                group.create_task(address.run())
