"""A made-up call log in a bank's own form, for machines on which the real one is not there: seeded, the same each time.

Calls come at random, are served by one crew first come first served, and some callers hang up: as many as there would
be, since the log is simulated with a queue.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

from kindline.rehearsal.domain.rows import COLUMNS

KINDS = ("PS", "NW", "IN", "NE")
SEED = 1
MENU_SECONDS = 6
MEAN_PATIENCE_SECONDS = 240.0
MEAN_SERVICE_SECONDS = 120.0


def write_made_up_log(file: Path, *, day: date, begin: float, until: float, gap_seconds: float, servers: int) -> Path:
    """Write calls that come every `gap_seconds` on average between two times of a day, in seconds since midnight."""
    chance = random.Random(SEED)
    free_at = dict.fromkeys((f"AG{number:02d}" for number in range(1, servers + 1)), 0.0)
    lines, at, number = ["\t".join(COLUMNS)], begin, 0
    while (at := at + chance.expovariate(1.0 / gap_seconds)) < until:
        number += 1
        queued_at = int(at) + MENU_SECONDS
        server = min(free_at, key=lambda name: free_at[name])
        served_at = int(max(queued_at, free_at[server]))
        gives_up_at = queued_at + 1 + int(chance.expovariate(1.0 / MEAN_PATIENCE_SECONDS))
        ends_at = served_at + 10 + int(chance.expovariate(1.0 / MEAN_SERVICE_SECONDS))
        served = served_at < gives_up_at
        if served:
            free_at[server] = ends_at + 10.0
        left_at = served_at if served else gives_up_at
        outcome = [*_service(served_at, ends_at), server] if served else ["0:00:00", "0:00:00", "0", "NO_SERVER"]
        who = [f"AA{number % 10:02d}01", str(40_000 + number), f"C{number:06d}", str(chance.choice((0, 1, 2)))]
        what = [chance.choice(KINDS), f"{day:%y%m%d}", _time(int(at)), _time(queued_at), str(MENU_SECONDS)]
        wait = [_time(queued_at), _time(left_at), str(left_at - queued_at), "AGENT" if served else "HANG"]
        lines.append("\t".join([*who, *what, *wait, *outcome]))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _service(begin: int, end: int) -> list[str]:
    return [_time(begin), _time(end), str(end - begin)]


def _time(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
