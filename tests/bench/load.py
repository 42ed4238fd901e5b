"""Publish-to-offer by load: how late offers come at each rate up to and through a surge, and what one costs the engine.

One shard, 200 agents with a stream each, who accept and complete at once whatever they are offered, so that each
interaction goes through all of its life, on a machine that also carries the broker, the customers and the desks.
Saturation is the highest of rising rates that is still carried: nearly as many are over each second as were sent. What
is done of many that are sent at once is more, since thirty offers in one agent's hands share a frame that one offer
needs as well; it says what an interaction costs the engine's processor. The steady load is an eighth of saturation;
half of saturation is four times as much, and that is what the surge sends for a minute: twice of what a machine can do
would only measure how long the surge lasts. Raw round trips of a bare client go on beside each phase in a process of
their own, since a ratio is fair only to what stood beside it; loads take turns, and a figure is the median of its
rounds. Whoever sends, answers and measures goes before the servers where the system allows it: desks that wait for a
processor were most of what a busy floor seemed to be late.
"""

from __future__ import annotations

import math
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kindline.commands.centre import Centre
from kindline.ledger.local import LocalKafka
from kindline.runtime.running import RunningCentre
from tests.bench.apart import apart
from tests.bench.figures import Figures, percentile, say, spread
from tests.bench.load_drawing import drawn
from tests.bench.load_hands import Hand, Heard, desks, publish, raw_trips
from tests.bench.publish_to_offer import options_in

AGENTS = 200
BURST = 6_000
FIRST_RATE, STEP, RAMP_SECONDS, CARRIED = 200.0, 1.15, 10.0, 0.95
PHASE_SECONDS = 15.0
SURGE_SECONDS = 60.0
WARM_SECONDS = 60.0
"""Until then the broker's compilers take half of the processor that it shares with desks and customers."""
RAW_CLIENT = "kafka-python"
RATES = (50.0, 200.0)
ROUNDS, WHOLE_ROUNDS = 5, 3
"""How often half of saturation has its turn, and how often all loads have theirs."""
TICKS = os.sysconf("SC_CLK_TCK")


class Load(NamedTuple):
    """So many interactions a second for so many seconds."""

    name: str
    rate: float
    seconds: float = PHASE_SECONDS


@dataclass
class Floor:
    """The hands of one bench."""

    running: RunningCentre
    publisher: Hand
    desks: Hand
    raw: Hand


def measure() -> Figures:
    """Start Kafka, presence and one routing process, measure, stop them."""
    with (
        apart() as environment,
        tempfile.TemporaryDirectory(dir=_in_memory()) as folder,
        LocalKafka(Path(folder) / "kafka", lasting=True) as kafka,
        Centre(options_in(Path(folder), AGENTS, kafka=kafka.bootstrap, environment=environment), say) as running,
    ):
        hands = [
            Hand(publish, running.kafka),
            Hand(desks, running, running.edges["routing"], AGENTS),
            Hand(raw_trips, running.kafka, RAW_CLIENT),
        ]
        floor = Floor(running, *hands)
        try:
            floor.desks.answer()
            return _phases(floor)
        finally:
            for hand in hands:
                hand.close()


def _in_memory() -> str | None:
    """Where files are kept in memory, if anywhere, for the broker.

    On a disk that others use, too, about once a minute no record was taken for a third of a second. A broker that does
    as it is set up waits for no disk before it acknowledges, here or there.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it.
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


def _phases(floor: Floor) -> Figures:
    _phase(floor, Load("warm", 200.0, WARM_SECONDS))
    figures = _at_once(floor)
    saturation = _saturation(floor)
    figures |= {"saturation": _one(saturation, "interactions/s")}
    half = Load("at_half", saturation / 2)
    loads = [Load(f"at_{rate:.0f}", rate) for rate in RATES]
    loads += [Load("at_an_eighth", saturation / 8), half, Load("in_surge", saturation / 2, SURGE_SECONDS)]
    turns = loads * WHOLE_ROUNDS + [half] * (ROUNDS - WHOLE_ROUNDS)
    found = [_phase(floor, load, number) for number, load in enumerate(turns)]
    figures |= _medians(found)
    say(drawn(figures, [load.name for load in loads]))
    return figures | {"offers_lost_under_load": _one(sum(lost for _, lost in found), "offers")}


def _medians(found: list[tuple[Figures, int]]) -> Figures:
    """Each figure over the rounds that found it."""
    values: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for figures, _ in found:
        for name, figure in figures.items():
            values.setdefault(name, []).append(figure["value"])
            units[name] = figure["unit"]
    return {name: spread(each, units[name]) for name, each in values.items()}


def _saturation(floor: Floor) -> float:
    """The highest rate at which at least CARRIED of what is sent in a second is over in that second."""
    rate, carried = FIRST_RATE, FIRST_RATE
    while True:
        sent, heard = _through(floor, f"ramp-{rate:.0f}", int(rate * RAMP_SECONDS), rate)
        over = heard.ended / (heard.ended_at - min(sent.values()))
        say(f"{rate:,.0f}/s: {over:,.0f}/s are over")
        if over < CARRIED * rate:
            return carried
        rate, carried = STEP * rate, rate


def _at_once(floor: Floor) -> Figures:
    """Whole interactions per second when all are there at once, and what each costs the engine's process."""
    before, decided = _seconds(floor), _decision_seconds(floor)
    sent, heard = _through(floor, "burst", BURST, 0.0)
    spent = {part: after - before.get(part, 0.0) for part, after in _seconds(floor).items()}
    figures = {
        "complete_at_once": _one(heard.ended / (heard.ended_at - min(sent.values())), "interactions/s"),
        "complete_interactions": _one(heard.ended, "interactions"),
        "complete_per_engine_cpu_second": _one(heard.ended / sum(spent.values()), "interactions/s"),
        "complete_cpu_deciding": _one(1e6 * (_decision_seconds(floor) - decided) / heard.ended, "us"),
    }
    parts = {f"complete_cpu_{part}": _one(1e6 * cpu / heard.ended, "us") for part, cpu in spent.items()}
    return figures | parts


def _phase(floor: Floor, load: Load, number: int = 0) -> tuple[Figures, int]:
    """What one round of a load found, and how many of its offers never came."""
    floor.raw.ask("trip", load.seconds)
    sent, heard = _through(floor, f"{load.name}-{number}", int(load.rate * load.seconds), load.rate)
    raw = floor.raw.answer()
    late = [1000 * (heard.offered[n] - at) for n, at in sent.items() if n in heard.offered]
    say(f"{load.name}: {load.rate:,.0f}/s, p99 {percentile(late, 0.99):.1f} ms, raw {percentile(raw, 0.99):.1f} ms")
    figures = {f"rate_{load.name}": _one(load.rate, "interactions/s")}
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        figures[f"{word}_{load.name}"] = _one(percentile(late, share), "ms")
        figures[f"raw_{word}_{load.name}"] = _one(percentile(raw, share), "ms")
        figures[f"{word}_ratio_{load.name}"] = _one(percentile(late, share) / percentile(raw, share), "x")
    return figures, len(sent) - len(late)


def _through(floor: Floor, name: str, count: int, rate: float) -> tuple[dict[str, float], Heard]:
    """Send interactions, have them answered and completed, and wait until all are over."""
    floor.desks.ask("complete", count)
    floor.desks.answer()
    floor.publisher.ask(name, count, rate)
    return floor.publisher.answer(), floor.desks.answer()


def _seconds(floor: Floor) -> dict[str, float]:
    """Seconds of processor that the routing process has used, by what its threads are for."""
    process = floor.running.processes["routing"]
    used: dict[str, float] = {"loop": 0.0, "librdkafka": 0.0, "other_threads": 0.0}
    for thread in Path(f"/proc/{process}/task").iterdir():
        name, _, rest = (thread / "stat").read_text(encoding="utf-8").rpartition(")")
        ticks = sum(int(field) for field in rest.split()[11:13])
        part = "loop" if thread.name == str(process) else "librdkafka" if "(rdk:" in name else "other_threads"
        used[part] += ticks / TICKS
    return used


def _decision_seconds(floor: Floor) -> float:
    with urllib.request.urlopen(f"http://{floor.running.admin['routing']}/metrics", timeout=5.0) as page:
        lines = page.read().decode().splitlines()
    return math.fsum(float(line.split()[-1]) for line in lines if line.startswith("kindline_decision_seconds_sum"))


def _one(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "min": value, "max": value, "unit": unit}
