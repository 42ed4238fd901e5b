"""An edge that missed a batch: its streams begin again from what counts, instead of showing half of it."""

from dataclasses import dataclass, field

from kindline.language import agents as a
from kindline.language.log import DecisionBatch
from kindline.ledger.attendance import Attendance
from kindline.ledger.commands import AgentsLog, CommandDesk
from kindline.ledger.memory import MemoryLedger
from kindline.routing.adapters.work_edge import WorkEdge
from kindline.routing.adapters.work_explain import Stories
from kindline.routing.adapters.work_numbers import RoutingNumbers
from kindline.routing.adapters.work_streams import Frame, WorkStream
from kindline.routing.domain.engine import Engine
from kindline.runtime.clock import BusinessClock, SystemClock
from kindline.runtime.metrics import Metrics
from tests.given import POOL, SHARDS, Centre, plan
from tests.service.routing.house import SECRET

AMY = (POOL, "amy")


@dataclass
class Following:
    """A follower of one shard whose state has everything, whatever the edge was told."""

    centre: Centre
    told: int = 0
    frames: list[Frame] = field(default_factory=list)

    def engine(self, _shard: int) -> Engine:
        """The counted state."""
        return self.centre.engine

    def owned(self) -> frozenset[int]:
        """It owns nothing."""
        return frozenset()

    def silent_seconds(self, _shard: int) -> float:
        """It has just heard something."""
        return 0.0

    def tell(self, edge: WorkEdge, *, skip: int = 0) -> None:
        """Tell the edge what was decided since the last time, without the first `skip` batches of it."""
        for seq, (at, facts) in list(enumerate(self.centre.log, 1))[self.told + skip :]:
            batch = DecisionBatch(
                epoch=1, owner="o", seq=seq, level=1, decided_at=at, facts=facts, next_within=1, released=False
            )
            edge.on_counted(self.centre.shard, batch, seq)
        self.told = len(self.centre.log)

    async def send(self, frame: Frame) -> None:
        """Keep what the stream writes."""
        self.frames.append(frame)


async def test_a_missed_batch_ends_in_a_snapshot_with_the_offer_that_was_in_it() -> None:
    """When an edge did not hear of a batch, its streams get a fresh snapshot that holds what was missed."""
    centre = Centre(plan())
    following, edge = Following(centre), new_edge()
    edge.shows(following)
    centre.tell("amy", a.SessionOpened(session_id="s", replica_id="r"))
    following.tell(edge)
    stream = await opened(edge)
    centre.says("amy", a.SetStatus(status=a.AgentStatus.AVAILABLE))
    centre.arrives("visitor")
    centre.arrives("another visitor")
    following.tell(edge, skip=2)
    await written(stream, edge, following)
    snapshots = [item.snapshot for frame in following.frames for item in frame.items if item.HasField("snapshot")]
    assert [len(snapshot.offers) for snapshot in snapshots] == [0, 1]


async def test_without_a_gap_there_is_one_snapshot_and_then_the_news() -> None:
    """An edge that heard everything sends the offer as news, once."""
    centre = Centre(plan())
    following, edge = Following(centre), new_edge()
    edge.shows(following)
    centre.tell("amy", a.SessionOpened(session_id="s", replica_id="r"))
    following.tell(edge)
    stream = await opened(edge)
    centre.says("amy", a.SetStatus(status=a.AgentStatus.AVAILABLE))
    centre.arrives("visitor")
    following.tell(edge)
    await written(stream, edge, following)
    kinds = [item.WhichOneof("item") for frame in following.frames for item in frame.items]
    assert (kinds.count("snapshot"), kinds.count("offer")) == (1, 1)


def new_edge() -> WorkEdge:
    """An edge that has heard nothing."""
    ledger, clock, attendance = MemoryLedger(SHARDS), BusinessClock(), Attendance(SHARDS)
    desk = CommandDesk(AgentsLog(ledger, clock, "test", SHARDS), attendance)
    numbers = RoutingNumbers(Metrics(), clock)
    return WorkEdge(attendance, desk, Stories(ledger), numbers, SECRET, clock)


async def opened(edge: WorkEdge) -> WorkStream:
    """Amy's stream."""
    stream = edge.stream(AMY, "s")
    await edge.open(stream, b"")
    return stream


async def written(stream: WorkStream, edge: WorkEdge, following: Following) -> None:
    """Let the stream write all that waits, and end."""
    stream.end()
    await stream.write(
        following.send, afresh=lambda: edge.afresh(stream), sent=edge.sent, heartbeat_every=1.0, system=SystemClock()
    )
