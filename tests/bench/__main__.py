"""`make bench`: the figures of the README, measured on this machine now, and kept in `.kindline/bench.json`.

Each figure is {name: {value, min, max, unit}}. The machine may be shared, so ratios measured in one run count, and
absolute figures are printed beside them only to be looked at. Exit code 1 when a figure misses its bound.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import engine, matcher, memory, peers, publish_to_offer, replay_rate, restart, scaling

RESULT = Path(".kindline/bench.json")
PARTS = {
    "engine alone": engine,
    "matcher beside a naive scan": matcher,
    "growth with the floor": scaling,
    "memory and stalls": memory,
    "PostgreSQL and Redis": peers,
    "snapshot restart": restart,
    "replay from a broker": replay_rate,
    "publish to offer": publish_to_offer,
}

BOUNDS: dict[str, tuple[str, float]] = {
    "facts_per_second": (">=", 20_000),
    "decisions_per_second": (">=", 20_000),
    "frees_1k_ratio": (">=", 2_000),
    "frees_10k_ratio": (">=", 1_500),
    "frees_1k_p99_over_p50": ("<=", 2.0),
    "arrives_10k_ratio": (">=", 100),
    "frees_by_waiting_exponent": ("<=", 0.15),
    "frees_by_agents_exponent": ("<=", 0.10),
    "arrives_by_agents_exponent": ("<=", 0.40),
    "frees_by_queues_exponent": ("<=", 0.10),
    "memory_ratio": ("<=", 0.6),
    "stall_deciding": ("<=", 20.0),
    "stall_snapshot": ("<=", 20.0),
    "replay_ratio": (">=", 0.6),
    "restart_ratio": (">=", 20),
    "rounds_failed": ("<=", 0),
    "owner_p50_ratio": ("<=", 2.5),
    "owner_p99_ratio": ("<=", 3.5),
    "other_p50_ratio": ("<=", 3.0),
    "other_p99_ratio": ("<=", 4.0),
}
"""What each figure must at least, or at most, be."""


def main() -> int:
    """Measure all parts, or those named on the command line; show, keep and judge what was found."""
    console = Console(stderr=True)
    wanted = sys.argv[1:]
    figures: dict[str, dict[str, Any]] = {}
    for title, part in PARTS.items():
        if not wanted or part.__name__.rpartition(".")[2] in wanted:
            console.print(f"Measuring {title}")
            figures |= part.measure()
    RESULT.parent.mkdir(exist_ok=True)
    before = json.loads(RESULT.read_text(encoding="utf-8")) if wanted and RESULT.exists() else {}
    RESULT.write_text(json.dumps({**before, **figures}, indent=1) + "\n", encoding="utf-8")
    missed = [name for name in figures if not _holds(name, figures[name]["value"])]
    Console().print(_table(figures))
    if missed:
        console.print(f"Out of bounds: {', '.join(missed)}", style="bold red")
    return 1 if missed else 0


def _holds(name: str, value: float | None) -> bool:
    if name not in BOUNDS:
        return True
    sign, bound = BOUNDS[name]
    return value is not None and (value >= bound if sign == ">=" else value <= bound)


def _table(figures: dict[str, dict[str, Any]]) -> Table:
    table = Table("figure", "value", "min", "max", "unit", "bound")
    for name, figure in figures.items():
        sign, bound = BOUNDS.get(name, ("", ""))
        numbers = [_number(figure[key]) for key in ("value", "min", "max")]
        table.add_row(name, *numbers, str(figure["unit"]), f"{sign} {bound:,}" if sign else "")
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
