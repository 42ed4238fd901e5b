"""A whole contact centre as child processes of this one: Kafka, topics, plan, five services.

Promises `kindline up` and every rehearsal: what `start` has started answers /ready; a child that ends is named and
started again aloud, at most five times in a minute; when this process ends, by Ctrl-C or by kill -9, no child lives on.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from kindline.commands.centre_parts import RESTARTS, Part, Ports, is_ready, secret_file_of, tail_of
from kindline.commands.ledger_setup import await_plans, prepare_ledger
from kindline.ledger.local import LocalKafka
from kindline.runtime.children import stop_children
from kindline.runtime.clock import SystemClock, with_origin
from kindline.runtime.running import RunningCentre, forget_running
from kindline.runtime.settings import ADMIN_PORTS, LOOPBACK, RPC_PORTS

SERVICES = ("routing", "presence", "channels", "queues", "sla")
CHAT_PORT = 8080
EDGES = {**RPC_PORTS, "channels": CHAT_PORT}
KAFKA_PORT = 9092
READY_LIMIT_SECONDS = 90.0
READY_WAIT_SECONDS = 0.1
STOP_GRACE_SECONDS = 8.0


class CentreError(Exception):
    """The centre cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreOptions:
    """What whoever starts a centre may choose."""

    directory: Path
    plan: Path
    partitions: int = 4
    clock: str = ""
    """KINDLINE_CLOCK, with or without its wall origin; empty: the wall."""
    kafka: str = ""
    """A Kafka that runs already; empty: one of our own."""
    free_ports: bool = False
    routers: int = 1
    demo: bool = False
    """Demo agents answer the chat page."""
    services: tuple[str, ...] = SERVICES
    """Fewer than all five, for a bench that measures some of them."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Settings for every service beyond those that the centre gives them; they may hold secrets."""


class Centre:
    """One contact centre; a context manager, entered from the main thread."""

    def __init__(self, options: CentreOptions, say: Callable[[str], None]) -> None:
        """`say` tells a person what happens, a line at a time."""
        self.options = options
        self.parts: list[Part] = []
        self._say = say
        self._stack = ExitStack()
        self._local: LocalKafka | None = None
        self.running: RunningCentre | None = None

    def __enter__(self) -> RunningCentre:
        """Start everything and wait until it is ready. Raises CentreError, LocalKafkaError or ChildError."""
        try:
            (self.options.directory / "logs").mkdir(parents=True, exist_ok=True)
            kafka = self.options.kafka or self._start_kafka()
            self._say(f"Kafka is ready at {kafka}")
            prepared = prepare_ledger(kafka, partitions=self.options.partitions, plan=self.options.plan)
            for line in prepared.said:
                self._say(line)
            self._describe(kafka)
            self._stack.callback(self._stop_parts)
            for part in self.parts:
                part.start()
            self.wait_ready()
            await_plans(kafka, prepared)
            self._write()
        except BaseException:
            self._stack.close()
            raise
        assert self.running is not None  # noqa: S101 - _describe has set it; said for the type checker.
        return self.running

    def __exit__(self, *_: object) -> None:
        """Stop everything, services first."""
        self._stack.close()
        forget_running(self.options.directory)

    @property
    def local_kafka(self) -> LocalKafka | None:
        """The Kafka that the centre runs; None while it runs none of its own."""
        return self._local

    def _start_kafka(self) -> str:
        ports = None if self.options.free_ports else (KAFKA_PORT,)
        self._local = self._stack.enter_context(LocalKafka(self.options.directory / "kafka", 1, ports))
        return self._local.bootstrap

    def _describe(self, kafka: str) -> None:
        ports = Ports(free=self.options.free_ports)
        names = [*self.options.services, *(f"routing-{number}" for number in range(2, self.options.routers + 1))]
        admin = {name: f"{LOOPBACK}:{ports.pick(ADMIN_PORTS.get(name, 0))}" for name in names}
        edges = {name: ports.pick(port) for name, port in EDGES.items()}
        clock = with_origin(self.options.clock, SystemClock().wall())
        secret_file = secret_file_of(self.options.directory)
        common = {
            "KINDLINE_KAFKA": kafka,
            "KINDLINE_CLOCK": clock,
            "KINDLINE_TOKEN_SECRET": secret_file.read_text(encoding="utf-8"),
            "KINDLINE_LOG_FORMAT": "plain",
            "KINDLINE_DATA": str((self.options.directory / "data").absolute()),
            **self.options.environment,
        }
        for name in names:
            room = name.partition("-")[0]
            own = {
                f"KINDLINE_{room.upper()}_PORT": str(edges.setdefault(name, ports.pick(0))),
                f"KINDLINE_{room.upper()}_ADMIN_PORT": admin[name].rpartition(":")[2],
                "KINDLINE_CLIENT_NAME": f"kindline-{name}",
            }
            self.parts.append(self._part(name, (room,), {**common, **own}, admin[name]))
        if self.options.demo:
            arguments = ("rehearse", "demo", "--customers", "0", "--directory", str(self.options.directory))
            self.parts.append(self._part("demo", arguments, common, ""))
        self.running = RunningCentre(
            process=os.getpid(),
            kafka=kafka,
            presence=f"{LOOPBACK}:{edges['presence']}",
            routing=f"{LOOPBACK}:{edges['routing']}",
            chat=f"http://{LOOPBACK}:{edges['channels']}",
            admin=admin,
            edges={name: f"{LOOPBACK}:{edges[name]}" for name in names if name.partition("-")[0] in EDGES},
            clock=clock,
            secret_file=str(secret_file.absolute()),
        )

    def _part(self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str], admin: str) -> Part:
        command = (sys.executable, "-m", "kindline", *arguments)
        return Part(name, command, environment, self.options.directory / "logs" / f"{name}.log", admin)

    def wait_ready(self) -> None:
        """Wait until every service answers /ready. Raises CentreError."""
        deadline = time.monotonic() + READY_LIMIT_SECONDS
        waiting = [part for part in self.parts if part.admin]
        while waiting:
            for part in waiting:
                if part.child is not None and not part.child.alive:
                    raise CentreError(
                        f"{part.name} ended with exit code {part.child.exit_code()}:\n{tail_of(part.log)}"
                    )
            waiting = [part for part in waiting if not is_ready(part.admin)]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(part.name for part in waiting)
                raise CentreError(f"not ready after {READY_LIMIT_SECONDS:g} s: {names}\n{tail_of(waiting[0].log)}")
            time.sleep(READY_WAIT_SECONDS)

    def _write(self) -> None:
        if self.running is None:
            return
        processes = {part.name: part.child.pid for part in self.parts if part.child is not None}
        if self._local is not None:
            processes["kafka"] = self._local.nodes[0].pid or 0
        self.running = replace(self.running, processes=processes)
        self.running.write(self.options.directory)

    def mend(self) -> None:
        """Start again, aloud, whatever has ended. Raises CentreError for what ends again and again."""
        if self._local is not None and not self._local.nodes[0].alive:
            self._say("Kafka has ended; starting it again on its data")
            self._local.nodes[0].start()
            self._local.wait_ready(READY_LIMIT_SECONDS)
            self._write()
        for part in self.parts:
            if part.child is None or part.child.alive:
                continue
            code = part.child.exit_code()
            if part.tired:
                raise CentreError(f"{part.name} ended {RESTARTS} times within a minute:\n{tail_of(part.log)}")
            self._say(f"{part.name} has ended with exit code {code}; starting it again (its log: {part.log})")
            part.start()
            self._write()

    def _stop_parts(self) -> None:
        self._say("Stopping")
        children = [part.child for part in self.parts if part.child is not None]
        for killed in stop_children(children, grace=STOP_GRACE_SECONDS):
            self._say(f"{killed.name} did not stop within {STOP_GRACE_SECONDS:g} s and was killed")


def end_on_polite_requests() -> None:
    """Let SIGTERM and a closed terminal mean what Ctrl-C means, and Ctrl-C itself too, which a shell may have muted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
