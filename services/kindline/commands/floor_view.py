"""How the floor is drawn in a terminal: queues with what waits, agents by what they do.

Promises supervisors a wall board and nothing more: agents stand in the order of their names, and no column compares
them. Colours and symbols come with words, so that nothing is told by colour alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kindline.language.facts.agents import RoutingState
from kindline.language.floor import AgentState, FloorRow, QueueState

WIDE = 120
"""Characters from which on every column has room; with fewer the board shows what a supervisor acts on."""
LONG_WAIT_SECONDS = 60.0
LOW_SERVICE_LEVEL = 0.8

FIGURES = (
    *("waiting", "oldest", "offered", "active", "later"),
    *("in 5 min", "answered", "left", "service level", "expect"),
)
NARROW = frozenset({"waiting", "oldest", "active", "service level", "expect"})

STYLES = {
    RoutingState.IDLE: "green",
    RoutingState.RESERVED: "yellow",
    RoutingState.INTERACTING: "cyan",
    RoutingState.WRAP_UP: "blue",
    RoutingState.NOT_RESPONDING: "bold red",
    RoutingState.DRAINING: "magenta",
}


def floor_view(rows: Mapping[str, FloorRow], *, now: float, pool: str = "", width: int = WIDE) -> Group:
    """The whole floor, or one pool's, as it stands; `now` is business time, `width` what there is room for."""
    shown = [row for row in rows.values() if not pool or row.pool == pool]
    queues = sorted((row for row in shown if isinstance(row, QueueState)), key=lambda row: (row.pool, row.queue))
    agents = sorted((row for row in shown if isinstance(row, AgentState)), key=lambda row: (row.pool, row.agent_id))
    if not shown:
        return Group(Text("Nothing on the floor yet: no plan is in force, or queues has not published."))
    return Group(_queues(queues, now, wide=width >= WIDE), Text(), _agents(agents, now))


def _queues(queues: list[QueueState], now: float, *, wide: bool) -> Table:
    table = Table(title="Queues", title_justify="left", expand=True)
    table.add_column("queue", overflow="fold")
    names = [name for name in FIGURES if wide or name in NARROW]
    for name in names:
        table.add_column(name, justify="right", overflow="fold", min_width=len(max(name.split(), key=len)))
    for row in queues:
        oldest = None if row.oldest_waiting_since is None else max(0.0, now - row.oldest_waiting_since)
        found: dict[str, str | Text] = {
            "waiting": str(row.waiting),
            "oldest": _duration(oldest, LONG_WAIT_SECONDS),
            "offered": str(row.offered),
            "active": str(row.active),
            "later": str(row.scheduled),
            "in 5 min": str(row.arrivals),
            "answered": str(row.answers),
            "left": str(row.abandons),
            "service level": _level(row),
            "expect": _expectation(row),
        }
        table.add_row(f"{row.pool}/{row.queue}", *(found[name] for name in names))
    return table


def _level(row: QueueState) -> Text:
    value = row.service_level.value
    if value is None:
        return Text("-")
    words = f"{value:.0%} in {row.service_level.target_seconds:g} s"
    return Text(words, style="" if value >= LOW_SERVICE_LEVEL else "bold yellow")


def _expectation(row: QueueState) -> str:
    if row.expected_wait is None:
        return "unknown"
    return f"{_clock(row.expected_wait.low_seconds)}-{_clock(row.expected_wait.high_seconds)}"


def _agents(agents: list[AgentState], now: float) -> Table:
    counts = Counter(row.routing_state for row in agents)
    words = ", ".join(f"{count} {_words(state)}" for state, count in sorted(counts.items())) or "nobody yet"
    table = Table(title=f"Agents: {words}", title_justify="left", expand=True)
    for name in ("agent", "declared", "state", "for", "work"):
        table.add_column(name, overflow="fold")
    for row in agents:
        declared = row.status.name.lower() + (f" ({row.reason_code})" if row.reason_code else "")
        work = [(row.offers, "offered"), (row.active, "active"), (row.wrapping_up, "wrapping up")]
        table.add_row(
            f"{row.display_name or row.agent_id} ({row.pool})",
            declared,
            Text(_words(row.routing_state), style=STYLES.get(row.routing_state, "")),
            _duration(max(0.0, now - row.since), None),
            ", ".join(f"{count} {word}" for count, word in work if count) or "-",
        )
    return table


def _words(state: RoutingState) -> str:
    return state.name.lower().replace("_", " ")


def _duration(seconds: float | None, long: float | None) -> Text:
    if seconds is None:
        return Text("-")
    return Text(_clock(seconds), style="bold red" if long is not None and seconds > long else "")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
