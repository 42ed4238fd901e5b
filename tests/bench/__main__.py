"""`make bench`: the figures of the README, measured on this machine now, and kept in `.kindline/bench.json`.

Each figure is {name: {value, min, max, unit}}. The machine may be shared, so ratios measured in one run count, and
absolute figures are printed beside them only to be looked at. Exit code 1 when a figure misses its bound; a goal that
is not reached yet is told and fails nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import (
    clients,
    engine,
    load,
    matcher,
    memory,
    peers,
    publish_to_offer,
    replay_rate,
    restart,
    scaling,
)
from tests.bench.bounds import BOUNDS, GOALS

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
    "publish to offer by load": load,
    "clients behind the port": clients,
}
BY_NAME = {part.__name__.rpartition(".")[2]: title for title, part in PARTS.items()}
USUAL = ("engine", "restart", "publish_to_offer")
"""What is measured when nothing is named: ten minutes; `all` takes forty."""
USAGE = f"""\
usage: python -m tests.bench [all | PART...]

parts: {", ".join(BY_NAME)}; without any: {", ".join(USUAL)}"""


def main() -> int:
    """Measure all parts, or those named on the command line; show, keep and judge what was found."""
    console = Console(stderr=True)
    wanted = sys.argv[1:] or list(USUAL)
    unknown = [name for name in wanted if name not in BY_NAME and name != "all"]
    if unknown:
        console.print(USAGE, markup=False, highlight=False)
        return 0 if unknown in (["-h"], ["--help"]) else 2
    figures: dict[str, dict[str, Any]] = {}
    for name, title in BY_NAME.items():
        if name in wanted or "all" in wanted:
            console.print(f"Measuring {title}")
            figures |= PARTS[title].measure()
    _keep(figures)
    Console().print(_table(figures))
    missed = [name for name in figures if name in BOUNDS and not BOUNDS[name].holds(figures[name]["value"])]
    away = [name for name in figures if name in GOALS and not GOALS[name].holds(figures[name]["value"])]
    if away:
        console.print(f"Goals not reached yet: {', '.join(away)}", style="yellow")
    if missed:
        console.print(f"Out of bounds: {', '.join(missed)}", style="bold red")
    return 1 if missed else 0


def _keep(figures: dict[str, dict[str, Any]]) -> None:
    """Put what was found beside what other parts have found before."""
    RESULT.parent.mkdir(exist_ok=True)
    before = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps({**before, **figures}, indent=1) + "\n", encoding="utf-8")


def _table(figures: dict[str, dict[str, Any]]) -> Table:
    table = Table("figure", "value", "min", "max", "unit", "bound", "goal")
    for name, figure in figures.items():
        numbers = [_number(figure[key]) for key in ("value", "min", "max")]
        limits = [str(limits.get(name, "")) for limits in (BOUNDS, GOALS)]
        table.add_row(name, *numbers, str(figure["unit"]), *limits)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
