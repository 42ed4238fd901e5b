"""The contact centre in which a day is rehearsed: one of its own, as a guarded child, or one that runs already.

Promises that the rehearsal's clock stands before the day's begin when it starts, that a centre of its own ends with the
rehearsal, and that its ledger stays on disk to be looked at again.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import count
from pathlib import Path

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.rehearsal.domain.plan_document import plan_document
from kindline.runtime.children import Child, start_child
from kindline.runtime.clock import business_clock
from kindline.runtime.running import RunningCentre, find_running

READY_LIMIT_SECONDS = 300.0
"""A first start downloads Kafka."""
STOP_GRACE_SECONDS = 30.0
POLL_SECONDS = 0.1
FIRST_LEAD_SECONDS = 40.0
LONGEST_LEAD_SECONDS = 320.0
LINES_SHOWN = 15
AUDIT_LIMIT_SECONDS = 600.0

Say = Callable[[str], None]


class CentreMissing(Exception):
    """There is no contact centre for the rehearsal; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a rehearsal plays, its plan, and when it begins."""

    directory: Path
    """Of the running centre, or the one in which each centre of its own gets a directory."""
    name: str
    """Of the day, for those directories."""
    plan: Plan
    begins_at: Instant
    speed: float
    zone: tzinfo

    def clock_setting(self, lead_seconds: float) -> str:
        """Business time from so many system seconds before the begin."""
        moment = datetime.fromtimestamp(self.begins_at - lead_seconds * self.speed, self.zone)
        return f"{moment.isoformat(timespec='seconds')}@{self.speed:g}"


def fresh_directory(parent: Path, name: str) -> Path:
    """A new directory `name-1`, `name-2`, ... in the parent."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        directory = parent / f"{name}-{number}"
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        return directory
    raise AssertionError("numbers do not end")


@dataclass(frozen=True, slots=True)
class Theatre:
    """A centre that runs, and the directory in which it keeps its ledger."""

    running: RunningCentre
    directory: Path


@contextmanager
def own_centre(stage: Stage, say: Say) -> Iterator[Theatre]:
    """Run a centre for this stage while the context lasts. Raises CentreMissing; call it from the main thread."""
    lead = FIRST_LEAD_SECONDS
    while True:
        # A ledger of its own for each try: a clock that is set back would find the decisions of its own future.
        directory = fresh_directory(stage.directory, stage.name)
        child = _start(stage, directory, lead)
        try:
            running = _wait(child, directory)
            if business_clock(running.clock).now() < stage.begins_at:
                yield Theatre(running, directory)
                return
        finally:
            child.stop(STOP_GRACE_SECONDS)
        lead *= 2
        if lead > LONGEST_LEAD_SECONDS:
            raise CentreMissing(f"the centre was not ready {lead / 2:g} s before the day's begin; try a lower --speed")
        say(f"The centre was ready only after the day had begun; starting another {lead:g} s before it")


def _start(stage: Stage, directory: Path, lead: float) -> Child:
    plan_file = _plan_file(stage, directory)
    choices = ("--directory", str(directory), "--plan", str(plan_file), "--clock", stage.clock_setting(lead))
    command = (sys.executable, "-m", "kindline", "up", "--free-ports", "--routers", "1", *choices)
    # The centre is the rehearsal's own: neither a Kafka nor a clock of the terminal's may slip in.
    nothing = {"KINDLINE_KAFKA": "", "KINDLINE_CLOCK": ""}
    return start_child("kindline up", command, environment=nothing, output=directory / "centre.log")


def _wait(child: Child, directory: Path) -> RunningCentre:
    deadline = time.monotonic() + READY_LIMIT_SECONDS
    while (running := find_running(directory)) is None:
        if not child.alive:
            raise CentreMissing(f"the centre ended with exit code {child.exit_code()}:\n{_tail(directory)}")
        if time.monotonic() > deadline:
            raise CentreMissing(f"the centre is not ready after {READY_LIMIT_SECONDS:g} s:\n{_tail(directory)}")
        time.sleep(POLL_SECONDS)
    return running


def _tail(directory: Path) -> str:
    lines = (directory / "centre.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LINES_SHOWN:])


def _plan_file(stage: Stage, directory: Path) -> Path:
    file = directory / "bank-plan.json"
    file.write_text(json.dumps(plan_document([stage.plan]), indent=1) + "\n", encoding="utf-8")
    return file


def running_centre(stage: Stage) -> Theatre:
    """The centre that runs in the stage's directory, given the stage's plan. Raises CentreMissing."""
    running = find_running(stage.directory)
    if running is None:
        wanted = f"kindline up --directory {stage.directory} --clock {stage.clock_setting(FIRST_LEAD_SECONDS)}"
        raise CentreMissing(f"no centre runs in {stage.directory}; start one with `{wanted}`, or leave out --attach")
    clock = business_clock(running.clock)
    if abs(clock.factor - stage.speed) > 1e-9 * stage.speed:
        raise CentreMissing(f"the centre's clock runs {clock.factor:g} times as fast as the wall, not {stage.speed:g}")
    if clock.now() >= stage.begins_at:
        now = datetime.fromtimestamp(clock.now(), stage.zone)
        raise CentreMissing(f"the centre's clock shows {now:%Y-%m-%d %H:%M:%S} already; begin later with --from")
    plan_file = _plan_file(stage, stage.directory)
    command = (sys.executable, "-m", "kindline", "plan", "apply", str(plan_file), "--kafka", running.kafka)
    child = start_child("kindline plan apply", command, output=stage.directory / "bank-plan.log")
    if child.wait(READY_LIMIT_SECONDS) != 0:
        raise CentreMissing(f"the plan could not be applied; see {stage.directory / 'bank-plan.log'}")
    return Theatre(running, stage.directory)


def audit(theatre: Theatre) -> tuple[int, dict[str, object]]:
    """Let `kindline audit` read the whole ledger; its exit code, and its report when it wrote one."""
    report = theatre.directory / "audit.json"
    report.unlink(missing_ok=True)
    kafka = theatre.running.kafka
    command = (sys.executable, "-m", "kindline", "audit", "--kafka", kafka, "--settled", "--json", str(report))
    child = start_child("kindline audit", command, output=theatre.directory / "audit.log")
    code = child.wait(AUDIT_LIMIT_SECONDS)
    found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return code, found
