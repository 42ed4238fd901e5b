"""What channels keeps of one shard: the plans in force, and the conversations of its own chat pages.

A fold of the shard's decisions (`ledger.follow.Fold`). Promises the chat edge that the same log gives the same lines
under the same numbers in every replica, and tells it which threads changed since it last asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from kindline.channels.domain.call_back import call_back_of
from kindline.channels.domain.conversation import Conversation, Line, evolve, line_of
from kindline.channels.domain.identities import is_page_thread
from kindline.channels.domain.standings import ended_by_of, standing_of
from kindline.language.content import Because, Channel
from kindline.language.facts import Fact, InteractionReceived, PlanAdopted
from kindline.language.log import DecisionBatch
from kindline.language.plan import EntryPointPlan, Plan
from kindline.language.snapshot import InteractionRow, SnapshotManifest, SnapshotRow

Thread = tuple[str, str]
"""A pool, and a thread in it."""

ENDED_KEPT = 5_000
"""Ended conversations that are remembered, so that a page that comes back late is told how it ended."""


class Conversations:
    """The conversations of one shard."""

    def __init__(self) -> None:
        """An empty log."""
        self._plans: dict[str, Plan] = {}
        self._by_id: dict[str, Conversation] = {}
        self._by_thread: dict[Thread, Conversation] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._changed: set[Thread] = set()
        self._position: Because | None = None

    @property
    def position(self) -> Because | None:
        """The last decision that counted here; None before the first."""
        return self._position

    def at(self, pool: str, thread: str) -> Conversation | None:
        """The newest conversation of a thread, open or ended."""
        return self._by_thread.get((pool, thread))

    def open(self) -> Iterator[Conversation]:
        """Every conversation that goes on."""
        return (conversation for conversation in self._by_id.values() if conversation.open)

    def plan(self, pool: str) -> Plan | None:
        """The plan in force."""
        return self._plans.get(pool)

    def entry_point(self, pool: str, name: str) -> EntryPointPlan | None:
        """An address of a pool."""
        plan = self._plans.get(pool)
        return next((entry for entry in plan.entry_points if entry.name == name), None) if plan else None

    def agent_name(self, pool: str, agent_id: str) -> str:
        """The name by which customers know an agent; '' when the plan gives none."""
        plan = self._plans.get(pool)
        return next((agent.display_name for agent in plan.agents if agent.agent_id == agent_id), "") if plan else ""

    def take_changed(self) -> set[Thread]:
        """The threads that changed since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def restore(self, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """Begin again from a snapshot, or from an empty log."""
        before = set(self._by_thread)
        self.__init__()  # type: ignore[misc] # Beginning again is what is meant, to the last field.
        for row in rows:
            if isinstance(row, PlanAdopted):
                self._plans[row.plan.pool] = row.plan
            elif isinstance(row, InteractionRow) and _is_ours(row.received):
                self._restore(row)
        self._changed = before | set(self._by_thread)

    def apply(self, batch: DecisionBatch, offset: int) -> None:
        """Fold one batch that counts."""
        self._position = Because(epoch=batch.epoch, seq=batch.seq, offset=offset)
        for fact in batch.facts:
            self._fold(fact, batch.decided_at)

    def _fold(self, fact: Fact, at: float) -> None:
        if isinstance(fact, PlanAdopted):
            self._plans[fact.plan.pool] = fact.plan
        elif isinstance(fact, InteractionReceived):
            if _is_ours(fact):
                self._begin(Conversation(fact))
        elif conversation := self._by_id.get(getattr(fact, "interaction_id", "")):
            line = line_of(fact, at, self._position)
            if line is not None:
                conversation.say(line)
            if evolve(conversation, fact) or line is not None:
                self._note(conversation)

    def _restore(self, row: InteractionRow) -> None:
        conversation = Conversation(row.received, standing_of(row.state), row.agent_id, ended_by_of(row.state))
        conversation.call_back = call_back_of(row)
        for message in row.messages:
            conversation.say(
                Line(
                    message_id=message.message_id,
                    author=message.author,
                    agent_id=message.agent_id,
                    content=message.content,
                    said_at=message.said_at,
                    because=None,
                )
            )
        self._begin(conversation)

    def _begin(self, conversation: Conversation) -> None:
        received = conversation.received
        self._by_id[received.interaction_id] = conversation
        thread = (received.pool, received.thread)
        standing = self._by_thread.get(thread)
        # A snapshot's rows come in no order: an open conversation hides an ended one, never the other way round.
        if conversation.open or standing is None or not standing.open:
            self._by_thread[thread] = conversation
        self._note(conversation)

    def _note(self, conversation: Conversation) -> None:
        received = conversation.received
        self._changed.add((received.pool, received.thread))
        if conversation.open:
            return
        self._ended[received.interaction_id] = None
        while len(self._ended) > ENDED_KEPT:
            self._forget(self._ended.popitem(last=False)[0])

    def _forget(self, interaction_id: str) -> None:
        conversation = self._by_id.pop(interaction_id)
        thread = (conversation.received.pool, conversation.received.thread)
        if self._by_thread.get(thread) is conversation:
            del self._by_thread[thread]


def _is_ours(received: InteractionReceived) -> bool:
    return received.channel is Channel.CHAT and is_page_thread(received.thread)
