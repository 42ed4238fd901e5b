"""The engine as a call centre of 100 agents whose callers and services have a memory, against published tables.

By default a few cases, briefly; KINDLINE_THEORY=all plays every case, KINDLINE_THEORY_CUSTOMERS long.
"""

from __future__ import annotations

import os

import pytest

from kindline.language.ids import Instant
from kindline.routing.domain import matching
from kindline.routing.domain.order import age_key
from tests.domain.theory.queueing_system import BEGIN, Run, run
from tests.domain.theory.whitt import Case, cases, measured, system

EVERYTHING = os.environ.get("KINDLINE_THEORY", "") == "all"
CUSTOMERS = int(os.environ.get("KINDLINE_THEORY_CUSTOMERS", "100000" if EVERYTHING else "12000"))
SEED = 1
MEMORYLESS = Case("M", "M", 1.0, 102.0, 100)
PATIENT = Case("M", "LN(4,0.25)", 4.0, 102.0, 100)
BRIEFLY = {str(case) for case in (MEMORYLESS, Case("E2", "E2", 1.0, 102.0, 100))}
NAMES = sorted(
    f"M/{service}/100+{patience}"
    for service, patience in (
        *((service, "E2(1)") for service in ("D", "E2", "LN(1,1)", "M")),
        *((service, "LN(1,1)(1)") for service in ("E2", "LN(1,1)", "LN(1,4)", "M")),
        ("E2", "E2(4)"),
        *(("M", patience) for patience in ("LN(4,0.25)(4)", "LN(4,4)(4)", "M(1)", "M(4)")),
    )
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]


def disagreements(case: Case, found: Run) -> dict[str, str]:
    """The figures in which a run and the tables differ by more than both their uncertainties."""
    pairs = [(figure, measured(found, figure.measure)) for figure in cases()[case]]
    return {
        figure.measure: f"{interval}, published {figure.value:g} +- {figure.half_width:g}"
        for figure, interval in pairs
        if not interval.holds(figure.value, give=figure.half_width)
    }


def test_every_published_case_is_played() -> None:
    """No case of the tables is left out of the list below."""
    assert sorted(map(str, cases())) == NAMES


@pytest.mark.parametrize("name", NAMES if EVERYTHING else [name for name in NAMES if name in BRIEFLY])
def test_the_engine_is_the_call_centre_of_the_tables(name: str) -> None:
    """Who waits, who leaves, how many and how long: each within the published half-width and the run's own."""
    by_name = {str(case): case for case in cases()}
    found = run(system(by_name[name], customers=CUSTOMERS, seed=SEED))
    assert disagreements(by_name[name], found) == {}
    assert found.in_line.area == pytest.approx(sum(one.waited for one in found.customers), rel=1e-5)
    assert found.engine_agrees


def test_last_come_first_served_is_not_the_call_centre_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that serves the newest first keeps those who are served from waiting, and the tables notice."""

    def newest_first(since: Instant, sequence: int) -> int:
        return age_key(2 * BEGIN - since, sequence)

    monkeypatch.setattr(matching, "age_key", newest_first)
    found = run(system(PATIENT, customers=2_000, seed=SEED))
    assert "E[W|S]" in disagreements(PATIENT, found)
