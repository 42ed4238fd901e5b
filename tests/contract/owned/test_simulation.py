"""Owners, standbys and zombies in seeded storms: nothing is lost, doubled or shown too early, and no rule is spare."""

import logging
import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.contract.owned.mutants import MUTANTS
from tests.contract.owned.world import Variant, run_seed

PATHS = (
    "heartbeats before the first decision",
    "built anew with heartbeats",
    "ended between a failure and its refusal",
)
"""What storms must come by, often."""
SEEDS = range(int(os.environ.get("KINDLINE_STORMS", "40")))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A storm fills pages of log, and each line of it is expected."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_no_storm_loses_or_doubles_an_input_or_shows_what_does_not_count() -> None:
    """Whatever happens to routers and broker, each input has one effect and each state is what the log says."""
    runs = {seed: run_seed(seed, Variant()) for seed in SEEDS}
    assert {seed: run.bad for seed, run in runs.items() if run.bad} == {}
    reached = sum((run.reached for run in runs.values()), Counter[str]())
    assert min(reached[path] for path in PATHS) >= len(runs) / 4


def test_the_same_seed_gives_the_same_run() -> None:
    """A storm that once went wrong can be repeated exactly."""
    first, second = run_seed(7, Variant()), run_seed(7, Variant())
    assert [(acted.program, acted.batch) for acted in first.acted] == [
        (acted.program, acted.batch) for acted in second.acted
    ]


@pytest.mark.parametrize("name", MUTANTS)
def test_leaving_out_a_rule_is_found_by_some_storm(name: str) -> None:
    """Each rule of the owned log is needed: without it, one of the same storms goes wrong."""
    assert any(run_seed(seed, MUTANTS[name]).bad for seed in SEEDS)
