"""Publish-to-offer by load: how late offers come at each rate up to and through a surge, and what one costs the engine.

One shard, 200 agents with a stream each. Saturation is how fast offers come when interactions are sent as fast as the
broker takes them. The steady load is an eighth of that; half of saturation is four times as much, and that is what the
surge sends for a minute: twice of what a process can do would only measure how long the surge lasts. Raw round trips of
a bare client go on beside each phase in a process of their own, since a ratio is fair only to what stood beside it.
"""

from __future__ import annotations

import math
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from kindline.commands.centre import Centre
from kindline.runtime.running import RunningCentre
from tests.bench.figures import Figures, percentile, say
from tests.bench.load_hands import Hand, desks, publish, raw_trips
from tests.bench.publish_to_offer import options_in

AGENTS = 200
BURST = 6_000
COMPLETE = 3_000
PHASE_SECONDS = 15.0
SURGE_SECONDS = 60.0
LEAVE_RATE = 1_500.0
RAW_CLIENT = "kafka-python"
RATES = (50.0, 200.0)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Floor:
    """The hands of one bench."""

    running: RunningCentre
    publisher: Hand
    desks: Hand
    raw: Hand


def measure() -> Figures:
    """Start Kafka, presence and one routing process, measure, stop them."""
    with tempfile.TemporaryDirectory() as folder, Centre(options_in(Path(folder), AGENTS), say) as running:
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


def _phases(floor: Floor) -> Figures:
    _phase(floor, "warm", 50.0, 5.0)
    saturation = _saturation(floor)
    figures = {"saturation": _one(saturation, "offers/s")} | _complete(floor)
    phases = [(f"at_{rate:.0f}", rate, PHASE_SECONDS) for rate in RATES]
    phases += [("at_an_eighth", saturation / 8, PHASE_SECONDS), ("at_half", saturation / 2, PHASE_SECONDS)]
    phases += [("in_surge", saturation / 2, SURGE_SECONDS)]
    lost = 0
    for name, rate, seconds in phases:
        figures[f"rate_{name}"] = _one(rate, "interactions/s")
        found, gone = _phase(floor, name, rate, seconds)
        figures |= found
        lost += gone
    return figures | {"offers_lost_under_load": _one(lost, "offers")}


def _saturation(floor: Floor) -> float:
    """Offers per second of a burst, without its beginning and its end."""
    _, seen = _sent_and_seen(floor, "burst", BURST, 0.0)
    times = sorted(seen.values())
    begin, end = int(0.1 * len(times)), int(0.9 * len(times))
    return (end - begin) / (times[end] - times[begin])


def _phase(floor: Floor, name: str, rate: float, seconds: float) -> tuple[Figures, int]:
    floor.raw.ask("trip", seconds)
    sent, seen = _sent_and_seen(floor, name, int(rate * seconds), rate)
    raw = floor.raw.answer()
    late = [1000 * (seen[n] - at) for n, at in sent.items() if n in seen]
    say(f"{name}: {rate:,.0f}/s, p99 {percentile(late, 0.99):.1f} ms, raw {percentile(raw, 0.99):.1f} ms")
    figures = {}
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        figures[f"{word}_{name}"] = _one(percentile(late, share), "ms")
        figures[f"raw_{word}_{name}"] = _one(percentile(raw, share), "ms")
        figures[f"{word}_ratio_{name}"] = _one(percentile(late, share) / percentile(raw, share), "x")
    return figures, len(sent) - len(late)


def _sent_and_seen(floor: Floor, name: str, count: int, rate: float) -> tuple[dict[str, float], dict[str, float]]:
    """Send, wait for the offers, and let the customers go again."""
    floor.desks.ask("start", count)
    floor.desks.answer()
    floor.publisher.ask("start", name, count, rate)
    sent = floor.publisher.answer()
    seen, _, _ = floor.desks.answer()
    floor.desks.ask("leave", count)
    floor.desks.answer()
    floor.publisher.ask("leave", name, count, LEAVE_RATE)
    floor.publisher.answer()
    floor.desks.answer()
    return sent, seen


def _complete(floor: Floor) -> Figures:
    """What whole interactions cost the engine's process: offered, accepted, answered, completed and closed."""
    before, decided = _seconds(floor), _decision_seconds(floor)
    floor.desks.ask("complete", COMPLETE)
    floor.desks.answer()
    floor.publisher.ask("start", "whole", COMPLETE, 0.0)
    floor.publisher.answer()
    _, _, ended = floor.desks.answer()
    spent = {part: after - before.get(part, 0.0) for part, after in _seconds(floor).items()}
    whole = sum(spent.values())
    figures = {
        "complete_interactions": _one(ended, "interactions"),
        "complete_per_engine_cpu_second": _one(ended / whole, "interactions/s"),
        "complete_cpu_deciding": _one(1e6 * (_decision_seconds(floor) - decided) / ended, "us"),
    }
    return figures | {f"complete_cpu_{part}": _one(1e6 * cpu / ended, "us") for part, cpu in spent.items()}


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
