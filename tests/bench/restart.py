"""How much faster a shard starts from its snapshot than from its whole log: 200,000 interactions, all of them served.

The log is real: the engine decided it, the codec wrote it. Both ways read bytes and end in the same state; time is the
processor's. Reading from Kafka is left out on both sides, which favours the replay: it reads a hundred times as much.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from kindline.language.log import DecisionBatch
from kindline.language.snapshot import SnapshotPart, SnapshotRow
from kindline.ledger import codec
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, plan, queue

INTERACTIONS = 200_000
OPEN_AT_THE_END = 500
ROUNDS = 3
ROWS_PER_PART = 500
PER_HOUR = 3_600


class WrittenLog:
    """A shard's decisions as the bytes that Kafka would hold."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.facts = 0
        self.engine = Engine(0, SHARDS)

    def write(self, count: int) -> None:
        """Let so many customers come and be served, one an instant."""
        centre = Centre(
            plan(queues=(queue(wrap_up_seconds=0.0), queue("billing")), agents=(agent("amy"), agent("bob")))
        )
        centre.at_work("amy")
        for number in range(count):
            centre.now += 3_600 / PER_HOUR
            thread = f"thread-{number}"
            centre.arrives(thread)
            centre.accepts("amy")
            centre.completes("amy", thread)
            centre.inputs.clear()
            self._keep(centre)
        for number in range(OPEN_AT_THE_END):
            centre.arrives(f"waiting-{number}")
        self._keep(centre)
        self.engine = centre.engine

    def _keep(self, centre: Centre) -> None:
        for decided_at, facts in centre.log:
            self.facts += len(facts)
            batch = DecisionBatch(
                epoch=1,
                owner="bench",
                seq=len(self.records) + 1,
                level=1,
                decided_at=decided_at,
                facts=facts,
                next_within=0.5,
                released=False,
            )
            self.records.append(codec.encode(batch))
        centre.log.clear()


def replayed(records: list[bytes], shard: int) -> Engine:
    """The state from the whole log."""
    engine = Engine(shard, SHARDS)
    for record in records:
        batch = codec.decode_decision(record)
        assert isinstance(batch, DecisionBatch)
        engine.apply(batch.facts, batch.decided_at)
    engine.next_due()  # What only counted is made ready to decide when it is first asked.
    return engine


def restored(parts: list[bytes], shard: int, decided_at: float) -> Engine:
    """The state from a snapshot."""
    engine = Engine(shard, SHARDS)
    rows: list[SnapshotRow] = []
    for part in parts:
        value = codec.decode_snapshot(part)
        assert isinstance(value, SnapshotPart)
        rows.extend(value.rows)
    engine.restore(rows, decided_at)
    engine.next_due()
    return engine


def snapshot(engine: Engine) -> list[bytes]:
    """A snapshot's parts."""
    rows = list(engine.rows())
    return [
        codec.encode(SnapshotPart(part=number, rows=tuple(rows[first : first + ROWS_PER_PART])))
        for number, first in enumerate(range(0, len(rows), ROWS_PER_PART))
    ]


def timed(start: Any, *given: Any) -> tuple[float, str]:  # noqa: ANN401 - any way to start
    """Seconds of processor until the state is there, and its fingerprint."""
    gc.collect()
    began = time.process_time()
    engine = start(*given)
    return time.process_time() - began, engine.fingerprint()


def measure() -> dict[str, dict[str, Any]]:
    """Both ways in turn, on one log."""
    log = WrittenLog()
    sys.stderr.write(f"  writing the log of {INTERACTIONS:,} interactions\n")
    log.write(INTERACTIONS)
    parts = snapshot(log.engine)
    ratios, replays, restores = [], [], []
    for number in range(ROUNDS):
        replay, first = timed(replayed, log.records, log.engine.shard)
        restore, second = timed(restored, parts, log.engine.shard, log.engine.decided_at)
        if not first == second == log.engine.fingerprint():
            raise RuntimeError("the states differ: nothing was measured")
        ratios.append(replay / restore)
        replays.append(replay)
        restores.append(restore)
        sys.stderr.write(f"  round {number + 1} of {ROUNDS}: {ratios[-1]:.0f} times\n")
    return {
        "restart_ratio": _spread(ratios, "x"),
        "replay_seconds": _spread(replays, "s"),
        "restart_seconds": _spread(restores, "s"),
        "replayed_facts_per_second": _spread([log.facts / seconds for seconds in replays], "facts/s"),
    }


def _spread(values: list[float], unit: str) -> dict[str, Any]:
    return {"value": sorted(values)[len(values) // 2], "min": min(values), "max": max(values), "unit": unit}
