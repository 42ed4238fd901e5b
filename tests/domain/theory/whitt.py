"""The published figures of M/GI/100/r+GI: W. Whitt, "Engineering Solution of a Basic Call-Center Model", tables 1-7.

One line of the file is one figure of one case: an arrival rate of 102 for each mean service time, 100 servers, services
and patience by a named distribution. `LN(m, c)` is lognormal with mean m and squared coefficient of variation c.
"""

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass
from math import exp, log, sqrt
from pathlib import Path

import pytest

from tests.domain.theory.confidence import Interval, level_of, mean_of, share_of
from tests.domain.theory.queueing_system import Customer, Lot, Run, System, exponential

FILE = Path(__file__).parents[4] / "shared/data/whitt_mgisr_gi_tables.csv"
SERVICE_SECONDS = 1.0
"""The unit of the tables' times."""

Line = dict[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One system of the tables; some stand in more than one."""

    service: str
    patience: str
    patience_mean: float
    arrival_rate: float
    servers: int

    def __str__(self) -> str:
        """As theory writes it, patience after the plus."""
        return f"M/{self.service}/{self.servers}+{self.patience}({self.patience_mean:g})"


@dataclass(frozen=True, slots=True)
class Published:
    """A figure as published, with what is not known of it."""

    measure: str
    value: float
    half_width: float


def cases() -> dict[Case, list[Published]]:
    """Every case with its figures: exact ones where there are, else those simulated; skips where the file is not."""
    if not FILE.exists():
        pytest.skip(f"the published tables are not here: {FILE}")
    found: dict[Case, list[Published]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            figures = found.setdefault(_case(line), [])
            figure = _published(line)
            if figure.measure not in {other.measure for other in figures}:
                figures.append(figure)
    return found


def _case(line: Line) -> Case:
    return Case(
        line["service_dist_mean1"],
        line["patience_dist"],
        float(line["patience_mean"]),
        float(line["arrival_rate"]),
        int(line["servers"]),
    )


def _published(line: Line) -> Published:
    """The exact figure, known to half of its last digit, or the simulated one with its published half-width."""
    exact, simulated = line["published_exact"], line["simulated"]
    if exact:
        return Published(line["measure"], float(exact), _half_digit(exact))
    return Published(line["measure"], float(simulated), float(line["ci95_half_width"]))


def _half_digit(figure: str) -> float:
    return 0.5 * 10.0 ** -len(figure.partition(".")[2])


def distribution(dice: random.Random, name: str, mean: float) -> Lot:
    """Lots of this mean: D, M, E2, or LN(mean, squared coefficient of variation)."""
    lognormal = re.fullmatch(r"LN\((.+),(.+)\)", name)
    if lognormal:
        spread = log(1 + float(lognormal[2]))
        middle = log(mean) - spread / 2
        return lambda: exp(dice.gauss(middle, sqrt(spread)))
    match name:
        case "D":
            return lambda: mean
        case "M":
            return exponential(dice, mean)
        case "E2":
            return lambda: dice.gammavariate(2, mean / 2)
    raise ValueError(name)


def system(case: Case, *, customers: int, seed: int) -> System:
    """A case as a system to be measured; the room for those who wait is endless, which theirs as good as was."""
    dice = random.Random(f"{seed} {case}")
    return System(
        agents=case.servers,
        between=exponential(dice, SERVICE_SECONDS / case.arrival_rate),
        service=distribution(dice, case.service, SERVICE_SECONDS),
        patience=distribution(dice, case.patience, case.patience_mean * SERVICE_SECONDS),
        customers=customers,
        # From an empty room the longest of these lines takes sixty services to build up.
        warm_up=customers // 8,
    )


def measured(run: Run, measure: str) -> Interval:
    """One of the tables' measures, as a run shows it."""
    levels = {"E[Q]": (run.in_line, 0), "Var(Q)": (run.in_line, 1), "E[N]": (run.present, 0)}
    if measure in levels:
        level, which = levels[measure]
        return level_of(run, level)[which]
    if measure in {"P(W=0)", "P(A)"}:
        return mean_of(run, _at_once if measure == "P(W=0)" else _left)
    among = _served if measure.endswith(("|S)", "|S]")) else _left
    within = re.fullmatch(r"P\(W<=(.+)\|[SA]\)", measure)
    if within:
        limit = float(within[1]) * SERVICE_SECONDS
        return share_of(run, lambda one: one.waited <= limit, among)
    mean = share_of(run, lambda one: one.waited, among)
    if measure.startswith("E[W|"):
        return mean
    if measure.startswith("Var(W|"):
        return share_of(run, lambda one: (one.waited - mean.middle) ** 2, among)
    raise ValueError(measure)


def _served(one: Customer) -> bool:
    return one.served


def _left(one: Customer) -> bool:
    return not one.served


def _at_once(one: Customer) -> bool:
    return one.waited == 0
