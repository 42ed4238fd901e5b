"""Puts the routing room together: the shards with their engines, the relay, and the gRPC edge that shows it all."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from kindline.language.refusals import BY_NAME
from kindline.ledger.attendance import Attendance, shard_count
from kindline.ledger.commands import AgentsLog, CommandDesk
from kindline.ledger.port import Ledger, LedgerUnavailable
from kindline.routing.adapters.grpc_edge import SERVICES, RoutingEdge
from kindline.routing.adapters.grpc_settings import RoutingSettings
from kindline.routing.adapters.relay import Relay
from kindline.routing.adapters.shard_numbers import ShardNumbers
from kindline.routing.adapters.shards import Shards, ShardSettings
from kindline.routing.adapters.work_edge import WorkEdge
from kindline.routing.adapters.work_explain import Stories
from kindline.routing.adapters.work_numbers import RoutingNumbers
from kindline.routing.domain.engine import Engine
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On

MIRROR_SECONDS = 1.0
LAG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Routing:
    """The running room, as a test or an embedding process sees it."""

    port: int
    shards: Shards


read_settings = RoutingSettings.read


async def build(settings: RoutingSettings, clock: BusinessClock, ledger: Ledger, on: On) -> Routing:
    """Hang the room up on `on`; it serves from then on, and is ready once it has read the decisions."""
    attendance = Attendance(await shard_count(ledger))
    agents_log = AgentsLog(ledger, clock, f"routing/{settings.member}", attendance.shards)
    desk = CommandDesk(agents_log, attendance)
    stories, numbers = Stories(ledger), RoutingNumbers(on.metrics, clock)
    work = WorkEdge(attendance, desk, stories, numbers, settings.rpc.token_secret, clock)
    loop_numbers = ShardNumbers(on.metrics)
    shard_settings = ShardSettings(member=settings.member)

    def engine_for(shard: int, shards: int) -> Engine:
        return Engine(shard, shards, clock.factor)

    shards = Shards(ledger, clock, engine_for, work.on_counted, shard_settings, gauges=loop_numbers)
    work.shows(shards)
    attendance.followed_by(work)
    edge = RoutingEdge(settings, attendance, desk, work, stories, on.system)
    on.closer(agents_log.close)
    on.check("decisions", attendance.trouble)
    on.check("shards", lambda: "; ".join(shards.troubles().values()) or None)
    owning = on.task("shards", shards.run())
    on.closer(lambda: _stopped(shards, owning))
    await shards.ready.wait()
    on.task("silence", attendance.watch_silence(work.silent))
    relay = Relay(ledger)
    on.task("relay", relay.run())
    on.task("numbers", _mirror(shards, relay, numbers, work))
    on.task("lag", _measure(ledger, shards, loop_numbers, attendance.shards))
    on.draining(work.drain)
    server = await on.rpc(settings.rpc, edge.add_to, SERVICES, BY_NAME)
    return Routing(server.port, shards)


async def _stopped(shards: Shards, owning: "asyncio.Task[object]") -> None:
    """Release every owned shard, so that the next owner need not wait for silence."""
    shards.stop()
    await asyncio.wait([owning])


async def _measure(ledger: Ledger, shards: Shards, numbers: ShardNumbers, count: int) -> None:
    while True:
        decided = {its: offset for shard in shards.owned() for its, offset in shards.decided_up_to(shard).items()}
        with suppress(LedgerUnavailable):
            bounds = await ledger.bounds(decided) if decided else {}
            for shard in range(count):
                numbers.broken(shard, shards.engine(shard).violations)
            numbers.behind(sum(max(0, found.end - decided[its]) for its, found in bounds.items()))
        await asyncio.sleep(LAG_SECONDS)


async def _mirror(shards: Shards, relay: Relay, numbers: RoutingNumbers, work: WorkEdge) -> None:
    while True:
        numbers.relayed(relay.copied)
        numbers.mirror(shards.counts, shards.owned(), work.agents())
        await asyncio.sleep(MIRROR_SECONDS)
