"""The desk where agents' commands are handed in: appended to kindline.agents, answered when the decision counts.

Promises the gRPC edges that a command survives the crash of everybody who touched it: an outcome that did not come in
time is said to be pending, never guessed, and the same command id asked again gets the same answer.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kindline.language.agents import AgentCommand, AgentEvent, AgentHappening, Command
from kindline.language.facts import CommandAnswered
from kindline.language.facts.agents import RefusalReason
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import AnswerRow, SnapshotRow
from kindline.ledger import topics
from kindline.ledger.attendance import Attendance, Behind
from kindline.ledger.codec import encode
from kindline.ledger.envelope import headers
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Ledger, LedgerUnavailable, Partition, Writer
from kindline.runtime.clock import BusinessClock
from kindline.runtime.identities import fresh_command_id, fresh_id
from kindline.runtime.refused import Refused

REMEMBERED_SECONDS = 900.0
REMEMBERED_ANSWERS = 50_000
LARGEST_INPUT = 256 * 1024
UUID_VERSION = 7
LATE_SECONDS = 0.005
"""What agents say in the same moment goes to the broker together: no hand notices, and offers come sooner."""

AnswerKey = tuple[str, str, str]
"""Pool, agent and command."""


class OutcomePending(Refused):
    """The deadline passed before a decision counted: the command may or may not be carried out yet."""

    def __init__(self, command_id: str) -> None:
        """Name the id to ask again with."""
        super().__init__("OUTCOME_PENDING", f"ask again with command_id {command_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command and who asks; an empty command_id gets a fresh one."""

    pool: str
    agent_id: str
    session_id: str
    command: Command
    command_id: str = ""


class AgentsLog:
    """Appends to kindline.agents, each pool on its shard."""

    def __init__(self, ledger: Ledger, clock: BusinessClock, source: str, shards: int) -> None:
        """`source` goes into ce_source, such as `presence/<replica>`."""
        self._ledger = ledger
        self._writer = ledger.writer(late=LATE_SECONDS)
        self._closing: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._source = source
        self._shards = shards

    async def append(self, shard: int, event: AgentEvent) -> Appended:
        """Append one event. Raises AppendUnknown, LedgerUnavailable, and Refused when it is too large."""
        value = encode(event)
        if len(value) > LARGEST_INPUT:
            raise Refused("CONTENT_TOO_LARGE", f"{len(value)} bytes, at most {LARGEST_INPUT} are taken")
        ce_headers = headers(
            kind=type(event.event).__name__,
            event_id=fresh_id(),
            source=self._source,
            happened_at=self._clock.now(),
            subject=event.pool,
        )
        key = event.pool.encode() or None
        writer = self._writer
        try:
            return await writer.append(Partition(topics.AGENTS, shard), key, value, ce_headers)
        except AppendRefused as error:
            raise Refused("CONTENT_TOO_LARGE", str(error)) from None
        except AppendUnknown:
            self._renew(writer)
            raise

    async def close(self) -> None:
        """Let go of the writer."""
        await self._writer.close()

    def _renew(self, stuck: Writer) -> None:
        """Go on with a new writer: what one could not get through stands in the way of all that it is given later."""
        if self._writer is stuck:
            self._writer = self._ledger.writer(late=LATE_SECONDS)
            closing = asyncio.create_task(stuck.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)


class CommandDesk:
    """Hands in commands and waits for their answers; fed with snapshots and counting batches."""

    def __init__(self, log: AgentsLog, attendance: Attendance) -> None:
        """`attendance` knows whether this edge is behind."""
        self._log = log
        self._attendance = attendance
        self._waiting: dict[AnswerKey, list[asyncio.Future[CommandAnswered]]] = defaultdict(list)
        self._answers: list[OrderedDict[AnswerKey, tuple[float, CommandAnswered]]] = [
            OrderedDict() for _ in range(attendance.shards)
        ]

    async def say(self, pool: str, agent_id: str, happening: AgentHappening) -> Appended:
        """Append what happened to an agent's session. Raises Behind when the ledger is out of reach."""
        event = AgentEvent(pool=pool, agent_id=agent_id, event=happening)
        try:
            return await self._log.append(self._attendance.shard(pool), event)
        except (LedgerUnavailable, AppendUnknown) as error:
            raise Behind("the ledger does not answer") from error

    async def ask(self, asked: Asked, limit: float) -> CommandAnswered:
        """Hand in a command and wait at most `limit` seconds until its answer counts.

        Raises Behind before anything is appended, OutcomePending after the limit, and Refused for an id that is no
        UUIDv7 or a command that is too large.
        """
        shard = self._attendance.shard(asked.pool)
        command_id = checked_command_id(asked.command_id)
        key = (asked.pool, asked.agent_id, command_id)
        if key in self._answers[shard]:
            return self._answers[shard][key][1]
        self._attendance.require_current(shard)
        command = AgentCommand(
            command_id=command_id,
            session_id=asked.session_id,
            because=self._attendance.position(shard),
            command=asked.command,
        )
        answer: asyncio.Future[CommandAnswered] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(answer)
        try:
            async with asyncio.timeout(limit):
                await self._append(shard, AgentEvent(pool=asked.pool, agent_id=asked.agent_id, event=command))
                return await answer
        except TimeoutError:
            raise OutcomePending(command_id) from None
        finally:
            self._forget(key, answer)

    async def _append(self, shard: int, event: AgentEvent) -> None:
        try:
            await self._log.append(shard, event)
        except LedgerUnavailable as error:
            raise Behind("the ledger does not answer") from error
        except AppendUnknown:
            # It may stand in the log: then its answer comes, else the deadline passes and says so.
            return

    def restore(self, shard: int, rows: Iterable[SnapshotRow]) -> None:
        """Learn the answers that a snapshot remembers."""
        self._answers[shard].clear()
        for row in rows:
            if isinstance(row, AnswerRow):
                self._learn(shard, row.answer, row.answered_at)

    def apply(self, shard: int, batch: DecisionBatch) -> None:
        """Learn the answers of a batch that counts, and wake who waits for them."""
        for fact in batch.facts:
            if isinstance(fact, CommandAnswered):
                self._learn(shard, fact, batch.decided_at)

    def _learn(self, shard: int, answer: CommandAnswered, at: float) -> None:
        key, answers = (answer.pool, answer.agent_id, answer.command_id), self._answers[shard]
        answers[key] = (at, answer)
        while len(answers) > REMEMBERED_ANSWERS or next(iter(answers.values()))[0] < at - REMEMBERED_SECONDS:
            answers.popitem(last=False)
        for waiting in self._waiting.get(key, ()):
            if not waiting.done():
                waiting.set_result(answer)

    def _forget(self, key: AnswerKey, answer: asyncio.Future[CommandAnswered]) -> None:
        self._waiting[key].remove(answer)
        if not self._waiting[key]:
            del self._waiting[key]


def checked_command_id(given: str) -> str:
    """The id as the ledger spells it; a fresh one for an empty one. Raises Refused when it is no UUIDv7."""
    if not given:
        return fresh_command_id()
    try:
        parsed = uuid.UUID(given)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != UUID_VERSION:
        raise Refused("INVALID_COMMAND", "command_id is no UUIDv7")
    return str(parsed)


def require_done(answer: CommandAnswered) -> None:
    """Raise Refused when the answer is a refusal."""
    if answer.refusal is not RefusalReason.UNSPECIFIED:
        raise Refused(answer.refusal.name, answer.detail)
