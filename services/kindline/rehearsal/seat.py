"""A practice agent's seat: keeps one agent at a desk, through the real gRPC client, whatever happens around it.

Promises a rehearsal that the agent comes back after every outage in the status they were last told, takes each offer,
and works on each contact in one task at a time; and a person that a seat which they take over is left to them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from kindline.client import (
    AgentState,
    AgentStatus,
    Desk,
    DeskEvent,
    DeskRefused,
    DeskUnreachable,
    MessageArrived,
    OfferReceived,
    Reconnecting,
    Refreshed,
    SessionOver,
    StateChanged,
    Work,
    WorkChanged,
    WorkEnded,
    WorkState,
)
from kindline.client import Message as Said
from kindline.language.facts.agents import RoutingState

Say = Callable[[str], None]
PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where desks stand."""

    pool: str
    presence: str
    routing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What an agent does with their work; each is a coroutine that may be ended at any await."""

    talk: Callable[[Desk, Work], Awaitable[None]]
    """From the moment in which agent and customer are together; ends by completing, or when the work ends."""
    wrap_up: Callable[[Desk, Work], Awaitable[None]]
    """After the contact; ends by finishing the wrap-up."""
    hear: Callable[[Said], None] | None = None
    """A word of the conversation, the agent's own included."""


class Seat:
    """One agent's seat."""

    def __init__(self, place: Place, agent_id: str, trade: Trade, say: Say) -> None:
        """`say` tells a person what happens to this seat."""
        self.agent_id = agent_id
        self._place = place
        self._trade = trade
        self._say = say
        self._desk: Desk | None = None
        self._wanted = (AgentStatus.OFFLINE, "", False)
        self._state = AgentState()
        self._tasks: dict[str, tuple[WorkState, asyncio.Task[None]]] = {}
        self._small_tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._taken_over = False
        self._away: set[str] = set()

    async def declare(self, status: AgentStatus, reason_code: str = "", *, when_work_ends: bool = False) -> None:
        """Go into a status now, and again after each time that the desk had to be opened anew."""
        self._wanted = (status, reason_code, when_work_ends)
        if self._desk is not None:
            await _insist(partial(self._redeclare, self._desk))

    @property
    def at_rest(self) -> bool:
        """Whether there is nothing in hand, and the status is the last one declared."""
        return not self._tasks and self._state.status is self._wanted[0]

    async def rest(self) -> None:
        """Wait until at rest, or until somebody else has this seat."""
        while not (self.at_rest or self._taken_over):
            self._changed.clear()
            await self._changed.wait()

    async def sit(self) -> None:
        """Keep the agent at a desk until cancelled, or until a person takes the seat over."""
        words = ""
        while not self._taken_over:
            try:
                async with Desk.connect(
                    pool=self._place.pool,
                    agent_id=self.agent_id,
                    presence=self._place.presence,
                    routing=self._place.routing,
                ) as desk:
                    words = ""
                    await self._attend(desk)
            except (DeskRefused, DeskUnreachable) as error:
                # The same trouble is told once, however long it lasts; the seconds in its words are no news.
                if (trouble := re.sub(r"\d+", "", str(error))) != words:
                    words = trouble
                    self._say(f"{self.agent_id} cannot sit down: {error}; trying again until it works")
            if not self._taken_over:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _attend(self, desk: Desk) -> None:
        try:
            async for event in desk.events():
                self._hear(desk, event)
                self._changed.set()
        finally:
            self._desk = None
            await self._drop_all()

    def _hear(self, desk: Desk, event: DeskEvent) -> None:
        match event:
            case Refreshed():
                self._refresh(desk, event)
            case OfferReceived(offer):
                self._soon(partial(desk.accept, offer))
            case WorkChanged(work):
                self._take_up(desk, work)
            case WorkEnded(interaction_id):
                self._drop(interaction_id)
            case MessageArrived(message):
                self._listen(message)
            case StateChanged(state):
                self._see(desk, state)
            case Reconnecting(service, reason):
                self._interrupted(service, reason)
            case SessionOver(superseded):
                self._taken_over = superseded
                if superseded:
                    self._say(f"{self.agent_id}: somebody else has signed in here; the seat is theirs")

    def _interrupted(self, service: str, reason: str) -> None:
        """Tell an interruption once, until something has been heard again."""
        if service not in self._away:
            self._away.add(service)
            self._say(f"{self.agent_id}: {service} is out of reach ({reason[:60]}); coming back by itself")

    def _refresh(self, desk: Desk, all_there_is: Refreshed) -> None:
        self._desk = desk
        self._away.clear()
        for interaction_id in self._tasks.keys() - {work.interaction_id for work in all_there_is.work}:
            self._drop(interaction_id)
        for message in all_there_is.messages:
            self._listen(message)
        for work in all_there_is.work:
            self._take_up(desk, work)
        for offer in all_there_is.offers:
            self._soon(partial(desk.accept, offer))
        self._see(desk, all_there_is.state)
        if all_there_is.state.status is not self._wanted[0]:
            self._soon(partial(self._redeclare, desk))

    def _see(self, desk: Desk, state: AgentState) -> None:
        self._away.clear()
        before, self._state = self._state, state
        if state.routing_state is RoutingState.NOT_RESPONDING is not before.routing_state:
            self._soon(desk.clear_not_responding)

    async def _redeclare(self, desk: Desk) -> None:
        status, reason_code, when_work_ends = self._wanted
        await desk.set_status(status, reason_code, when_work_ends=when_work_ends)

    def _listen(self, message: Said) -> None:
        if self._trade.hear is not None:
            self._trade.hear(message)

    def _take_up(self, desk: Desk, work: Work) -> None:
        before = self._tasks.get(work.interaction_id)
        if before is not None and before[0] is work.state:
            return
        if before is not None:
            before[1].cancel()
        match work.state:
            case WorkState.ACTIVE:
                do = partial(self._trade.talk, desk, work)
            case WorkState.WRAP_UP:
                do = partial(self._trade.wrap_up, desk, work)
            case _:
                do = partial(asyncio.sleep, 0)
        self._tasks[work.interaction_id] = (work.state, asyncio.create_task(_insist(do)))

    def _drop(self, interaction_id: str) -> None:
        found = self._tasks.pop(interaction_id, None)
        if found is not None:
            found[1].cancel()

    async def _drop_all(self) -> None:
        tasks = [*self._small_tasks, *(task for _, task in self._tasks.values())]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _soon(self, do: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(_insist(do))
        self._small_tasks.add(task)
        task.add_done_callback(self._small_tasks.discard)


async def _insist(do: Callable[[], Awaitable[None]]) -> None:
    """Do it, again after each outage; a refusal ends it, for then the desk's next events say what is the case."""
    while True:
        try:
            return await do()
        except DeskRefused:
            return None
        except DeskUnreachable:
            await asyncio.sleep(PAUSE_SECONDS)
