"""What people say, as the inputs a shard would read: each with its place in a topic, an identity and its time.

Promises the same call the same interaction id under every plan, so that two replays can be compared call by call.
"""

from __future__ import annotations

from kindline.language import agents as a
from kindline.language.events import InteractionEvent, InteractionHappening
from kindline.language.facts.inputs import InputReference
from kindline.language.ids import Instant, event_identity, tenant_of
from kindline.language.plan import Plan
from kindline.routing.domain.inputs import AgentSpoke, EventArrived, PlanArrived

SOURCE = "kindline/replay"
SHARD = 0
"""A replay has one pool, and so one shard."""
REPLICA = "replay"


class Voices:
    """Everybody who can be heard in one pool."""

    __slots__ = ("_numbers", "_pool", "_tenant")

    def __init__(self, pool: str) -> None:
        """Begin with nothing said."""
        self._pool = pool
        self._tenant = tenant_of(pool)
        self._numbers = 0

    def publishes(self, plan: Plan) -> PlanArrived:
        """A supervisor publishes a plan."""
        return PlanArrived(reference=self._next("kindline.plan"), plan=plan)

    def calls(self, entry_point: str, thread: str, happening: InteractionHappening, at: Instant) -> EventArrived:
        """A customer comes; the identity, and with it the interaction's id, is the thread's."""
        identity = event_identity(tenant=self._tenant, source=SOURCE, event_id=thread)
        return self._event(entry_point, thread, happening, at, identity)

    def comes_again(
        self, entry_point: str, thread: str, happening: InteractionHappening, at: Instant, identity: bytes
    ) -> EventArrived:
        """A customer of a ledger comes as they came there, under their own identity: the interaction has its old id."""
        return self._event(entry_point, thread, happening, at, identity)

    def tells(self, entry_point: str, thread: str, happening: InteractionHappening, at: Instant) -> EventArrived:
        """Something more happens on a thread."""
        # No other event of this replay has the number, so nothing needs to be hashed.
        return self._event(entry_point, thread, happening, at, (self._numbers + 1).to_bytes(16))

    def sits_down(self, agent_id: str, at: Instant) -> AgentSpoke:
        """An agent's front end is attached."""
        return self._agent(agent_id, a.SessionOpened(session_id=agent_id, replica_id=REPLICA), at)

    def gets_up(self, agent_id: str, reason: a.SessionCloseReason, at: Instant) -> AgentSpoke:
        """An agent's front end is gone, or its line is broken."""
        return self._agent(agent_id, a.SessionClosed(session_id=agent_id, reason=reason), at)

    def commands(self, agent_id: str, command: a.Command, at: Instant) -> AgentSpoke:
        """An agent asks for something, under a UUIDv7 in which a number stands for chance."""
        milliseconds = int(at * 1_000)
        clock = f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}"
        command_id = f"{clock}-7000-8000-{self._numbers + 1:012x}"
        return self._agent(agent_id, a.AgentCommand(command_id=command_id, session_id=agent_id, command=command), at)

    def _event(
        self, entry_point: str, thread: str, happening: InteractionHappening, at: Instant, identity: bytes
    ) -> EventArrived:
        return EventArrived(
            reference=self._next("kindline.interactions"),
            identity=identity,
            event=InteractionEvent(pool=self._pool, entry_point=entry_point, thread=thread, event=happening),
            happened_at=at,
            appended_at=at,
            pool=self._pool,
        )

    def _agent(self, agent_id: str, happening: a.AgentHappening, at: Instant) -> AgentSpoke:
        reference = self._next("kindline.agents")
        return AgentSpoke(
            reference=reference,
            identity=reference.offset.to_bytes(16),
            event=a.AgentEvent(pool=self._pool, agent_id=agent_id, event=happening),
            appended_at=at,
        )

    def _next(self, topic: str) -> InputReference:
        self._numbers += 1
        return InputReference(topic=topic, partition=SHARD, offset=self._numbers)
