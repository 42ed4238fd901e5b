"""Two pytest processes on one machine: `make test` runs two, so that one works while the other waits for a broker.

One begins with the pure rules, the other with the tests against a real broker, and whoever is done helps the other.
Promises every test the peace that it needs: beside a test on a real broker no other of that kind goes on, and beside
one that is marked `alone`, since it watches the clock, nothing at all. A test that fails is named at once. Whoever
runs pytest in one process meets nothing of this.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)  # The terminal has to be there.
def pytest_configure(config: pytest.Config) -> None:
    """Call out failures where the tests of several processes are reported."""
    if config.getoption("numprocesses", None):
        config.pluginmanager.register(Crier(config.pluginmanager.getplugin("terminalreporter")))


class Crier:
    """Names a test as soon as it fails: between the dots of two processes an F alone would not say whose it is."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        """Speak at this terminal."""
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say one line; the whole story stands at the end as always."""
        if report.failed:
            self._terminal.write(f"\nBROKEN {report.nodeid} ({report.when})\n", red=True)


@pytest.hookimpl(trylast=True)  # What is turned round here has been put in order by tests/conftest.py.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests on a broker in the middle: `--dist worksteal` gives each process one half to begin with.

    The short ones come last: what remains there may end in either process, and each has a broker of its own.
    """
    if _is_one_of_several(config):
        calm = [item for item in items if not _on_broker(item)]
        busy = sorted(filter(_on_broker, items), key=lambda item: item.nodeid.startswith("tests/contract/"))
        half = len(items) // 2
        items[:] = [*calm[:half], *busy, *calm[half:]]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Wait for the turn of this test before anything of it begins: no time limit of its own counts the wait."""
    if not _is_one_of_several(item.config):
        return (yield)
    alone = item.get_closest_marker("alone") is not None
    with turn(item.config.cache.mkdir("turns"), alone=alone, on_broker=_on_broker(item)):
        return (yield)


@contextmanager
def turn(shared: Path, *, alone: bool = False, on_broker: bool = False) -> Iterator[None]:
    """Hold the machine, with others or alone; whoever waits for it keeps the door, so that nobody slips in before."""
    with ExitStack() as held:
        broker, door, machine = (
            held.enter_context((shared / name).open("w")) for name in ("broker", "door", "machine")
        )
        if on_broker:
            fcntl.flock(broker, fcntl.LOCK_EX)
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


def _is_one_of_several(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _on_broker(item: pytest.Item) -> bool:
    return item.get_closest_marker("kafka") is not None
