"""What every test may count on: quick proofs run first, and chance that failed once can be repeated."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.kafka", "tests.turns"]

ORDER = ("domain", "architecture", "contract", "service", "faults", "journey")
TESTS = Path(__file__).parent

# The machine is shared, so no single example has a deadline: the test as a whole has one (pytest-timeout).
settings.register_profile(
    "kindline", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("kindline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run pure rules before whole days, so that a mistake shows in seconds; the order within a folder stays.

    Whatever needs a broker comes after everything that needs none: a Kafka client draws lots in threads, and disturbs
    the chance that Hypothesis wants to repeat.
    """
    items.sort(key=lambda item: (item.get_closest_marker("kafka") is not None, _rank(item.path)))


def _rank(path: Path) -> int:
    """Give the place of a test's folder in ORDER; folders not named there come last."""
    folder = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    return ORDER.index(folder) if folder in ORDER else len(ORDER)
