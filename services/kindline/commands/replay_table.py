"""The side-by-side table of a replay: the log, then each plan, figure by figure; and the same for programs.

Agents appear as a spread only, never by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from kindline.commands.replaying.outcome import Outcome
from kindline.rehearsal.report import LEVELS

LEAST_WORDS = 24
"""What a figure is called is broken into lines of this length at the shortest."""
LONGEST_NAME = 12
"""A longer name of a plan is broken into lines, unless a figure of its column is longer still."""
FRAME = 3
"""What a table's column takes beside its words."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one plan came to, or the log."""

    name: str
    outcome: Outcome
    plan_version: int | None = None
    """None for the log."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every column."""

    name: str
    words: str
    unit: str
    value: Callable[[Outcome], float | None]


def _level(name: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: getattr(outcome.figures.levels, name)


def _occupancy(name: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: getattr(outcome.figures.occupancy, name)


def _otherwise(outcome: Outcome) -> float:
    found = outcome.figures
    return found.arrivals - found.served - found.abandoned - outcome.undecided


ROWS = (
    Row("calls", "calls that asked for an agent", "calls", lambda o: o.figures.arrivals),
    Row("served", "served", "calls", lambda o: o.figures.served),
    Row("abandoned", "abandoned", "calls", lambda o: o.figures.abandoned),
    Row("ended_otherwise", "ended otherwise", "calls", _otherwise),
    Row("undecided", "not served yet when the log ends", "calls", lambda o: o.undecided),
    Row("mean_wait", "mean wait", "seconds", lambda o: o.mean_wait),
    Row("median_wait", "  median wait, p50", "seconds", lambda o: o.median_wait),
    Row("long_wait", "  long wait, p90", "seconds", lambda o: o.long_wait),
    Row("queued", "found no agent free", "calls", lambda o: o.figures.queued),
    Row("mean_wait_of_queued", "  mean wait of these", "seconds", lambda o: o.figures.mean_wait_of_queued),
    Row("median_wait_of_queued", "  median wait of these", "seconds", lambda o: o.figures.median_wait_of_queued),
    *(Row(f"service_level_{name}", words, "ratio", _level(name)) for name, words in LEVELS.items()),
    Row("promises_kept", "promises of an answer kept", "calls", lambda o: o.promises_kept),
    Row("promises_broken", "promises of an answer broken", "calls", lambda o: o.promises_broken),
    Row("promises_kept_share", "  kept / (kept + broken)", "ratio", lambda o: o.kept_share),
    Row("replies_kept", "promises of a first reply kept", "calls", lambda o: o.replies_kept),
    Row("replies_broken", "promises of a first reply broken", "calls", lambda o: o.replies_broken),
    Row("waits_kept", "told waits that held", "calls", lambda o: o.tally.waits_kept),
    Row("waits_broken", "told waits that did not", "calls", lambda o: o.tally.waits_broken),
    Row("meant_for", "meant to meet an agent again", "calls", lambda o: o.tally.meant_for),
    Row("met", "  met that agent", "calls", lambda o: o.tally.met),
    Row("transfers", "transfers", "calls", lambda o: o.tally.transfers),
    Row("overflowed", "overflowed to another queue", "calls", lambda o: o.tally.overflowed),
    Row("deflected", "sent elsewhere", "calls", lambda o: o.tally.deflected),
    Row("relaxed", "steps of a ladder taken", "calls", lambda o: o.tally.relaxed),
    *(
        Row(f"occupancy_{name}", f"occupancy of agents, {name}", "ratio", _occupancy(name))
        for name in ("lowest", "median", "highest")
    ),
    Row("mean_service", "mean service", "seconds", lambda o: o.figures.mean_service),
)

WHERE_ANY = {
    "ended_otherwise",
    "undecided",
    "replies_kept",
    "replies_broken",
    "waits_kept",
    "waits_broken",
    "meant_for",
    "met",
    "transfers",
    "overflowed",
    "deflected",
    "relaxed",
}
"""Rows that are shown only where a column has any of it."""


def show(columns: Sequence[Column], console: Console, *, title: str) -> None:
    """Print the table; it is rather wider than the terminal, or the pipe, than that a figure is cut."""
    table = Table("", *(column.name for column in columns), title=title, title_justify="left")
    rows = list(_told(columns))
    for row in rows:
        table.add_row(*row)
    table.columns[0].min_width = LEAST_WORDS
    for number, column in enumerate(table.columns[1:], start=1):
        column.justify, column.overflow = "right", "fold"
        name = columns[number - 1].name
        column.width = max(min(len(name), LONGEST_NAME), *(len(row[number]) for row in rows))
    least = sum((column.width or LEAST_WORDS) + FRAME for column in table.columns) + 1
    console.width = max(console.width, least)
    console.print(table)


def as_markdown(columns: Sequence[Column]) -> str:
    """The table for a page."""
    lines = [("", *(column.name for column in columns)), ("---", *("---:" for _ in columns))]
    lines += [(words.strip(), *values) for words, *values in _told(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _told(columns: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    """Each row as words, those left out that say nothing."""
    for row in ROWS:
        values = [row.value(column.outcome) for column in columns]
        if row.name not in WHERE_ANY or any(values):
            yield (row.words, *(_words(value, row.unit) for value in values))


def as_data(columns: Iterable[Column]) -> list[dict[str, object]]:
    """Every column as plain data: {name, plan_version, figures: {name: {value, unit}}}."""
    return [
        {
            "name": column.name,
            "plan_version": column.plan_version,
            "figures": {row.name: {"value": row.value(column.outcome), "unit": row.unit} for row in ROWS},
        }
        for column in columns
    ]


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
