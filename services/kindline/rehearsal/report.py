"""What a rehearsed day showed, beside the log's own figures: a table for people, JSON for machines, a verdict.

In the JSON `min` and `max` are the limits that a value must keep, null where it has none; a check's limits are 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kindline.rehearsal.domain.figures import TARGET_SECONDS, Figures

_LEVEL = f"service level {TARGET_SECONDS:g} s: "
LEVELS = {
    "answered_of_answered": f"{_LEVEL}answered in time / answered",
    "answered_of_offered": f"{_LEVEL}answered in time / offered",
    "answered_of_offered_less_short": f"{_LEVEL}answered in time / (offered - abandons under 5 s)",
    "answered_or_abandoned_of_offered": f"{_LEVEL}(answered + abandoned in time) / offered",
}
SPREAD = {name: f"occupancy of agents, {name}" for name in ("lowest", "median", "highest")}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    name: str
    words: str
    rehearsed: float | None
    logged: float | None
    unit: str
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A promise of the rehearsal: the value counts what broke it."""

    name: str
    words: str
    broken: float


def rows(rehearsed: Figures, logged: Figures, *, machine_delay: float | None = None) -> tuple[Row, ...]:
    """Every figure of both sides, in the order in which people read them.

    `machine_delay` is how many business seconds the machine added to a conversation: the faster the clock, the more.
    """

    def both(name: str, words: str, unit: str, highest: float | None = None) -> Row:
        return Row(name, words, getattr(rehearsed, name), getattr(logged, name), unit, highest)

    return (
        both("arrivals", "calls", "calls"),
        both("served", "served", "calls", rehearsed.arrivals),
        both("abandoned", "abandoned", "calls", rehearsed.arrivals),
        both("abandoned_in_ivr", "  of these before the queue", "calls", rehearsed.arrivals),
        both("abandoned_in_queue", "  of these in the queue", "calls", rehearsed.arrivals),
        both("queued", "found no agent free", "calls", rehearsed.arrivals),
        both("mean_wait_of_queued", "mean wait of these", "seconds"),
        both("median_wait_of_queued", "median wait of these", "seconds"),
        *(
            _pair(f"service_level_{name}", words, rehearsed.levels, logged.levels, name)
            for name, words in LEVELS.items()
        ),
        both("mean_service", "mean service", "seconds"),
        Row("machine_delay", "  of this the machine's own, median", machine_delay, None, "seconds"),
        *(
            _pair(f"occupancy_{name}", words, rehearsed.occupancy, logged.occupancy, name)
            for name, words in SPREAD.items()
        ),
    )


def _pair(row: str, words: str, rehearsed: object, logged: object, name: str) -> Row:
    """A share from 0 to 1 of both sides."""
    return Row(row, words, getattr(rehearsed, name), getattr(logged, name), "ratio", 1.0)


def show(compared: Iterable[Row], checks: Iterable[Check], console: Console, *, title: str) -> None:
    """Print both tables."""
    table = Table("", "rehearsed", "the log", title=title, title_justify="left")
    for row in compared:
        table.add_row(row.words, _words(row.rehearsed, row.unit), _words(row.logged, row.unit))
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    for check in checks:
        kept = check.broken == 0
        console.print(
            f"{'kept' if kept else f'BROKEN ({check.broken:g})'}: {check.words}",
            style="green" if kept else "bold red",
            markup=False,
            highlight=False,
        )


def _words(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    match unit:
        case "calls":
            return f"{value:,.0f}"
        case "ratio":
            return f"{value:.4f}"
        case _:
            return f"{value:.2f} s"


def write(compared: Iterable[Row], checks: Iterable[Check], file: Path) -> None:
    """Write every figure of both sides and every check as {name: {value, min, max, unit}}."""
    found: dict[str, Mapping[str, object]] = {}
    for row in compared:
        limits = {"min": 0, "max": row.highest, "unit": row.unit}
        found[row.name] = {"value": row.rehearsed, **limits}
        found[f"log_{row.name}"] = {"value": row.logged, **limits, "max": None}
    for check in checks:
        found[check.name] = {"value": check.broken, "min": 0, "max": 0, "unit": "violations"}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
