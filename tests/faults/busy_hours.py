"""`make faults`: busy hours through the real edges while every service and the broker is killed in turn.

Callers of a bank's log and visitors of the chat pages come, desks serve them; routing's owner, presence, queues, sla,
channels and Kafka die by SIGKILL, spread over the time. Then the whole ledger is audited. Exit code 0: nothing was
lost or doubled, standbys took over in time, offers went on without read models. Figures: `.kindline/faults.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kindline.commands.centre import Centre, CentreOptions
from kindline.commands.plan_file import DEFAULT_PLAN, read_plans
from kindline.language.facts.offers import OfferIssued
from kindline.language.ids import shard_of
from kindline.language.plan import Plan
from kindline.rehearsal.centre import fresh_directory
from kindline.rehearsal.domain.bank_plan import POOL
from kindline.rehearsal.domain.plan_document import plan_document
from kindline.runtime.children import Child, start_child
from kindline.runtime.clock import business_clock
from kindline.runtime.running import RunningCentre
from tests.faults.made_up_calls import write_made_up_log
from tests.journey.ledger_view import Counted, ledger_of

Say = Callable[[str], None]

JANUARY = Path(__file__).parents[3] / "shared/data/anonymous_bank_1999-01.tsv.gz"
RESULT = Path(".kindline/faults.json")
DAY = date(1999, 1, 18)
ZONE = timezone(timedelta(hours=2))
BEGIN = 10 * 3600.0
CLOCK_LEAD_SECONDS = 20.0
"""System seconds that the centre has before ten o'clock; the rehearsal begins later if it takes longer."""
PLAYER_LEAD_SECONDS = 10.0
CUSTOMERS_A_MINUTE = "6"
DEMO_SHARE = 0.7
"""The chat's customers go home after this share of the time, so that the floor has come to rest at the end."""
DOWN_SECONDS = 8.0
ENDS_WITHIN_SECONDS = 600.0
SETTLE_SECONDS = 6.0
TAKEOVER_LIMIT_SECONDS = 4.0
BUSY_WITHIN_SECONDS = 1.0
OWNED = re.compile(r"shard (\d+): owned from epoch (\d+) on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How long, how fast, and on what."""

    hours: float = 2.0
    speed: float = 10.0
    log: Path | None = None
    parent: Path = Path(".kindline/faults")

    @property
    def system_seconds(self) -> float:
        """How long the arrivals take here."""
        return self.hours * 3600.0 / self.speed


@dataclass(frozen=True, slots=True)
class Kill:
    """A router that was killed: when by the wall, and which shard it owned since which epoch."""

    at: float
    owned: dict[int, int]


@dataclass(slots=True)
class Course:
    """What was done to the centre."""

    kills: list[Kill] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    without_read_models: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    course: Course
    played: int
    """Exit code of `kindline rehearse bank-log`."""
    audited: dict[str, Any]
    takeovers: list[float]
    offers_without_read_models: int
    said: str = ""

    def figures(self) -> dict[str, dict[str, Any]]:
        """Each as {value, min, max, unit}."""
        took = self.takeovers or [float("nan")]
        every = self.audited.get("all", {})
        promises = self.audited.get("promises", {})
        single = {
            "faults_violations": (self.audited.get("violations", -1), "violations"),
            "faults_rehearsal_exit_code": (self.played, "exit code"),
            "faults_offers_without_read_models": (self.offers_without_read_models, "offers"),
            "faults_kills": (len(self.course.killed), "kills"),
            "faults_interactions": (every.get("received", 0), "interactions"),
            "faults_sla_met": (promises.get("met", 0), "promises"),
            "faults_sla_breached": (promises.get("breached", 0), "promises"),
        }
        found = {
            name: {"value": value, "min": value, "max": value, "unit": unit} for name, (value, unit) in single.items()
        }
        middle = sorted(took)[len(took) // 2]
        return found | {"faults_takeover_seconds": {"value": middle, "min": min(took), "max": max(took), "unit": "s"}}

    def complaints(self) -> list[str]:
        """What is not as promised."""
        promises = {
            f"the audit found {self.audited.get('violations', 'nothing')}: {self.audited.get('found', '')}": (
                self.audited.get("violations") == 0
            ),
            f"the rehearsal ended with {self.played}:\n{self.said}": self.played == 0,
            f"takeovers took {self.takeovers}": bool(self.takeovers) and max(self.takeovers) <= TAKEOVER_LIMIT_SECONDS,
            "no offer was made while queues and sla were down": self.offers_without_read_models > 0,
            f"not everybody was killed: {self.course.killed}": set(self.course.killed)
            >= {"routing", "presence", "queues", "sla", "channels", "kafka"},
        }
        return [complaint for complaint, kept in promises.items() if not kept]


def run(choices: Choices, say: Say) -> Outcome:
    """Play it all; call it from the main thread."""
    directory = fresh_directory(choices.parent, "run").absolute()
    begins = datetime.combine(DAY, datetime.min.time(), ZONE) + timedelta(seconds=BEGIN)
    starts = begins - timedelta(seconds=CLOCK_LEAD_SECONDS * choices.speed)
    options = CentreOptions(
        directory=directory,
        plan=_stretched_plan(directory, choices.speed),
        clock=f"{starts.isoformat(timespec='seconds')}@{choices.speed:g}",
        free_ports=True,
        routers=2,
    )
    centre = Centre(options, say)
    with centre as running:
        course = Course()
        player, wait = _player(choices, directory, running)
        try:
            with _demo(directory) as demo:
                time.sleep(wait)
                say(f"The hours have begun; they take {choices.system_seconds:.0f} s")
                _break_things(centre, course, choices.system_seconds, say, demo)
            played = _wait(player, centre)
        finally:
            player.stop(5.0)
        say("Auditing what is left")
        time.sleep(SETTLE_SECONDS)
        audited = _audit(running, directory)
        counted = asyncio.run(_counted(running))
    return Outcome(
        course=course,
        played=played,
        audited=audited,
        takeovers=[gap for kill in course.kills for gap in takeovers(kill, counted)],
        offers_without_read_models=sum(_offers(counted, begin, end) for begin, end in course.without_read_models),
        said="\n".join((directory / "player.log").read_text(encoding="utf-8").splitlines()[-40:]),
    )


def _stretched_plan(directory: Path, speed: float) -> Path:
    """The default plan with the limits of machines stretched: a second here is `speed` seconds there."""

    def stretched(plan: Plan) -> Plan:
        limits = replace(
            plan.limits,
            connect_seconds=plan.limits.connect_seconds * speed,
            parking_seconds=plan.limits.parking_seconds * speed,
        )
        queues = tuple(
            replace(queue, offer_seconds=queue.offer_seconds * speed, wrap_up_seconds=queue.wrap_up_seconds * speed)
            for queue in plan.queues
        )
        return replace(plan, limits=limits, queues=queues)

    file = directory / "plan.json"
    file.write_text(json.dumps(plan_document(stretched(plan) for plan in read_plans(DEFAULT_PLAN))), encoding="utf-8")
    return file


def _player(choices: Choices, directory: Path, running: RunningCentre) -> tuple[Child, float]:
    """Begin the bank's calls, and say in how many seconds the first of them may come."""
    clock = business_clock(running.clock)
    midnight = datetime.combine(DAY, datetime.min.time(), ZONE).timestamp()
    ready = clock.now() - midnight + PLAYER_LEAD_SECONDS * choices.speed
    begin = max(BEGIN, (ready // 60 + 1) * 60)
    until = (begin + choices.hours * 3600.0) // 60 * 60
    log = choices.log or write_made_up_log(
        directory / "calls.tsv", day=DAY, begin=begin, until=until, gap_seconds=25.0, servers=8
    )
    arguments = ("rehearse", "bank-log", str(log), "--date", f"{DAY}", "--from", _time(begin), "--to", _time(until))
    more = ("--speed", f"{choices.speed:g}", "--directory", str(directory), "--attach")
    command = (sys.executable, "-m", "kindline", *arguments, *more)
    player = start_child("rehearse bank-log", command, output=directory / "player.log")
    return player, max(0.0, clock.system_seconds(midnight + begin - clock.now()))


def _time(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


@contextmanager
def _demo(directory: Path) -> Iterator[Child]:
    """Customers at the chat pages and agents who answer them."""
    choices = ("--customers", CUSTOMERS_A_MINUTE, "--directory", str(directory))
    command = (sys.executable, "-m", "kindline", "rehearse", "demo", *choices)
    child = start_child("rehearse demo", command, output=directory / "demo.log")
    try:
        yield child
    finally:
        child.stop(10.0)


def _break_things(centre: Centre, course: Course, seconds: float, say: Say, demo: Child) -> None:
    """Kill everybody in turn, evenly spread, again and again while there is time for it; then the chat goes home."""
    rounds = max(1, int(seconds // 240))
    turns = ["owner", "read models", "presence", "kafka", "channels", "owner"] * rounds
    began, step = time.monotonic(), seconds * 0.9 / len(turns)
    for number, turn in enumerate(turns):
        _sleep_until(began + step * (number + 0.5), centre)
        if demo.alive and number >= DEMO_SHARE * len(turns):
            demo.stop(10.0)
        say(f"{time.monotonic() - began:5.0f} s  {turn} is killed")
        down = min(DOWN_SECONDS, step * 0.6)
        if turn == "owner":
            _kill_owner(centre, course, say)
            time.sleep(down)  # Long enough for a standby: what is restarted meanwhile must not be who takes over.
        elif turn == "read models":
            begin = time.time()
            _kill(centre, course, "queues", "sla")
            time.sleep(down)
            course.without_read_models.append((begin, time.time()))
        elif turn == "kafka":
            kafka = centre.local_kafka
            assert kafka is not None, "the centre runs its own Kafka"
            kafka.nodes[0].kill()
            course.killed.append("kafka")
        else:
            _kill(centre, course, turn)
        centre.mend()
    _sleep_until(began + seconds, centre)


def _sleep_until(moment: float, centre: Centre) -> None:
    while (left := moment - time.monotonic()) > 0:
        time.sleep(min(0.25, left))
        centre.mend()


def _kill(centre: Centre, course: Course, *names: str) -> None:
    for part in centre.parts:
        if part.name in names and part.child is not None:
            part.child.kill()
            course.killed.append(part.name.partition("-")[0])


def _kill_owner(centre: Centre, course: Course, say: Say) -> None:
    """Kill the router that owns the bank's shard, and remember what else it owned."""
    owners = _owners(centre.options.directory / "logs")
    name = owners[shard_of(POOL, centre.options.partitions)][1]
    owned = {shard: epoch for shard, (epoch, owner) in owners.items() if owner == name}
    course.kills.append(Kill(time.time(), owned))
    _kill(centre, course, name)
    say(f"         it was {name}, owner of the shards {sorted(owned)}")


def _owners(logs: Path) -> dict[int, tuple[int, str]]:
    """Shard to its newest epoch and the router that owns it, as the routers themselves have said."""
    owners: dict[int, tuple[int, str]] = {}
    for file in sorted(logs.glob("routing*.log")):
        for shard, epoch in OWNED.findall(file.read_text(encoding="utf-8", errors="replace")):
            owners[int(shard)] = max(owners.get(int(shard), (0, "")), (int(epoch), file.stem))
    return owners


def _wait(player: Child, centre: Centre) -> int:
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    while player.alive and time.monotonic() < deadline:
        centre.mend()
        time.sleep(0.25)
    code = player.exit_code()
    return -1 if code is None else code


def _audit(running: RunningCentre, directory: Path) -> dict[str, Any]:
    """What `kindline audit --settled` finds in the whole ledger; empty when it could not read it."""
    report = directory / "last-audit.json"
    command = (sys.executable, "-m", "kindline", "audit", "--kafka", running.kafka, "--settled", "--json", str(report))
    start_child("kindline audit", command, output=directory / "last-audit.log").wait(ENDS_WITHIN_SECONDS)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return found


async def _counted(running: RunningCentre) -> list[Counted]:
    async with ledger_of(running) as ledger:
        await ledger.decided(120.0)
        return ledger.counted


def takeovers(kill: Kill, counted: list[Counted]) -> Iterator[float]:
    """Seconds of silence between the killed owner's last batch and the next owner's first, on shards that were busy."""
    for shard, epoch in kill.owned.items():
        before = [found for found in counted if found.shard == shard and found.batch.epoch == epoch]
        after = [found for found in counted if found.shard == shard and found.batch.epoch > epoch]
        if before and after and before[-1].batch.next_within <= BUSY_WITHIN_SECONDS and not before[-1].batch.released:
            yield after[0].appended_at - before[-1].appended_at


def _offers(counted: list[Counted], begin: float, end: float) -> int:
    within = [found.batch for found in counted if begin < found.appended_at < end]
    return sum(isinstance(fact, OfferIssued) for batch in within for fact in batch.facts)


def main() -> int:
    """Run as a command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.busy_hours", description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="business hours from ten o'clock (2)")
    parser.add_argument("--speed", type=float, default=10.0, help="times the wall (10)")
    parser.add_argument("--log", type=Path, help="a call log; the real one where it is there, else a made-up one")
    given = parser.parse_args()
    log = given.log or (JANUARY if JANUARY.exists() else None)

    def say(line: str) -> None:
        print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)

    outcome = run(Choices(hours=given.hours, speed=given.speed, log=log), say)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(outcome.figures(), indent=1) + "\n", encoding="utf-8")
    for name, row in outcome.figures().items():
        print(f"{name:40} {row['value']:>10} {row['unit']:14} ({row['min']} to {row['max']})")
    for complaint in outcome.complaints():
        print(f"BROKEN: {complaint}")
    return 1 if outcome.complaints() else 0


if __name__ == "__main__":
    sys.exit(main())
