"""Puts the presence room together: one follower of the decisions, one log of agents' facts, one gRPC edge."""

from collections.abc import Iterable
from dataclasses import dataclass

from kindline.language.log import DecisionBatch
from kindline.language.refusals import BY_NAME
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger.attendance import Attendance, shard_count
from kindline.ledger.commands import AgentsLog, CommandDesk
from kindline.ledger.follow import Follower
from kindline.ledger.port import Ledger
from kindline.presence.adapters.edge import SERVICES, PresenceEdge
from kindline.presence.adapters.numbers import PresenceNumbers
from kindline.presence.adapters.sessions import Sessions
from kindline.presence.adapters.settings import PresenceSettings
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On

NEWS_WITHIN_SECONDS = 0.05
"""Half of what a person notices: presence wakes at most twenty times a second, and leaves the processor to offers."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The running room, as a test or an embedding process sees it."""

    port: int
    replica_id: str


@dataclass(frozen=True, slots=True)
class AgentsOfShard:
    """What presence keeps of one shard: its agents, and the answers to their commands."""

    shard: int
    attendance: Attendance
    desk: CommandDesk

    def restore(self, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """Begin from a snapshot, or from nothing."""
        kept = tuple(rows)
        self.attendance.restore(self.shard, manifest, kept)
        self.desk.restore(self.shard, kept)

    def apply(self, batch: DecisionBatch, offset: int) -> None:
        """Take in a batch that counts."""
        self.attendance.apply(self.shard, batch, offset)
        self.desk.apply(self.shard, batch)


read_settings = PresenceSettings.read


async def build(settings: PresenceSettings, clock: BusinessClock, ledger: Ledger, on: On) -> Presence:
    """Hang the room up on `on`; it serves from then on, and is ready once it has read the decisions."""
    shards = await shard_count(ledger)
    attendance = Attendance(shards)
    agents_log = AgentsLog(ledger, clock, f"presence/{settings.process.name}", shards)
    desk = CommandDesk(agents_log, attendance)
    follower = Follower(
        ledger, range(shards), lambda shard: AgentsOfShard(shard, attendance, desk), None, late=NEWS_WITHIN_SECONDS
    )
    attendance.followed_by(follower)
    numbers = PresenceNumbers(on.metrics)
    sessions = Sessions(attendance, desk, agents_log, on.system, numbers)
    edge = PresenceEdge(settings, attendance, desk, sessions, on.system, numbers)
    on.closer(agents_log.close)
    on.closer(sessions.close)
    on.check("decisions", attendance.trouble)
    on.task("follow", follower.run())
    on.task("alive", sessions.live(settings.alive_every))
    on.task("silence", attendance.watch_silence(edge.streams.silent))
    on.draining(edge.streams.drain)
    server = await on.rpc(settings.rpc, edge.add_to, SERVICES, BY_NAME)
    return Presence(server.port, sessions.replica_id)
