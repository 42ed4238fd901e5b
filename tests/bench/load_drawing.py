"""Publish-to-offer by load as a drawing of words: one line per load, for a terminal and for the README alike."""

from __future__ import annotations

import math

from tests.bench.figures import Figures

WIDTH = 40
LEAST_MILLISECONDS = 1.0
MOST_MILLISECONDS = 10_000.0


def drawn(figures: Figures, loads: list[str]) -> str:
    """A table with bars: p50 (#) and p99 (-) of offers, and p99 of the raw trip (|), on a logarithmic scale."""
    head = f"{'load':<14}{'per s':>7}{'p50 ms':>8}{'p99 ms':>8}{'raw p99':>9}{'times':>7}  1 ms"
    lines = [head + "10 s".rjust(WIDTH - 4)]
    for load in loads:
        rate, p50, p99, raw, times = (
            figures[f"{name}_{load}"]["value"] for name in ("rate", "p50", "p99", "raw_p99", "p99_ratio")
        )
        words = load.removeprefix("at_").removeprefix("in_").replace("_", " ")
        numbers = f"{words:<14}{rate:>7,.0f}{p50:>8.1f}{p99:>8.1f}{raw:>9.1f}{times:>7.1f}"
        lines.append(f"{numbers}  {_bar(p50, p99, raw)}")
    return "\n".join(lines)


def _bar(p50: float, p99: float, raw: float) -> str:
    bar = ["#"] * _place(p50) + ["-"] * (_place(p99) - _place(p50))
    bar += [" "] * (WIDTH - len(bar))
    bar[_place(raw) - 1] = "|"
    return "".join(bar).rstrip()


def _place(milliseconds: float) -> int:
    within = min(max(milliseconds, LEAST_MILLISECONDS), MOST_MILLISECONDS)
    share = math.log(within / LEAST_MILLISECONDS) / math.log(MOST_MILLISECONDS / LEAST_MILLISECONDS)
    return max(1, round(share * WIDTH))
