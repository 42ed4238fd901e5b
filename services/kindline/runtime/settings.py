"""Settings: KINDLINE_* variables of the environment, read once into frozen dataclasses.

Promises whoever starts a process that every default is usable on one machine, and that a wrong value is refused before
anything starts, with the variable's name and what to write instead.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindline.runtime.clock import BusinessClock, ClockUnreadable, business_clock

LOOPBACK = "127.0.0.1"
LOOPBACKS = frozenset({LOOPBACK, "::1", "localhost"})
HIGHEST_PORT = 65_535
HIGHEST_PROCESSOR = 4_095
SHORTEST_SECRET = 32
KAFKA = f"{LOOPBACK}:9092"
DRAIN_SECONDS = 0.5
GRACE_SECONDS = 5.0
ADMIN_PORTS = {"channels": 9101, "routing": 9102, "presence": 9103, "queues": 9104, "sla": 9105}
RPC_PORTS = {"presence": 7001, "routing": 7002}


class SettingWrong(ValueError):
    """A variable has a value that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Reads one variable after the other; `variables` is the process's own environment unless a test gives another."""

    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def text(self, name: str, default: str) -> str:
        """A text as it stands; an empty one counts as not set."""
        return self.variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false. Raises SettingWrong."""
        value = self.text(name, "true" if default else "false").lower()
        if value not in {"true", "false", "1", "0", "yes", "no"}:
            raise SettingWrong(f"{name}={value} is neither true nor false")
        return value in {"true", "1", "yes"}

    def port(self, name: str, default: int) -> int:
        """A TCP port; 0 takes a free one. Raises SettingWrong."""
        value = self.text(name, str(default))
        if not value.isdigit() or int(value) > HIGHEST_PORT:
            raise SettingWrong(f"{name}={value} is no port: give a number from 0 to {HIGHEST_PORT}, 0 for a free one")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        """A duration in seconds, not below 0. Raises SettingWrong."""
        value = self.text(name, str(default))
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            raise SettingWrong(f"{name}={value} is no duration: give seconds, such as 2.5")
        return seconds

    def processors(self, name: str) -> frozenset[int]:
        """Numbers of processors, such as 0 or 0,2-3; none when it is not set. Raises SettingWrong."""
        numbers: set[int] = set()
        value = self.text(name, "")
        for part in filter(None, value.split(",")):
            first, _, last = part.partition("-")
            ends = (first.strip(), last.strip() or first.strip())
            known = all(end.isdigit() and int(end) <= HIGHEST_PROCESSOR for end in ends)
            if not known or int(ends[0]) > int(ends[1]):
                raise SettingWrong(
                    f"{name}={value}: {part.strip()!r} is no processor: give numbers, such as 0 or 0,2-3"
                )
            numbers.update(range(int(ends[0]), int(ends[1]) + 1))
        return frozenset(numbers)

    def choice(self, name: str, default: str, among: tuple[str, ...]) -> str:
        """One of a few words. Raises SettingWrong."""
        value = self.text(name, default)
        if value not in among:
            raise SettingWrong(f"{name}={value} is not known: give one of {', '.join(among)}")
        return value

    def addresses(self, name: str, default: str) -> str:
        """One or more `host:port`, by comma. Raises SettingWrong."""
        value = self.text(name, default)
        for address in value.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit() or int(port) > HIGHEST_PORT:
                raise SettingWrong(f"{name}={value}: {address.strip()!r} is no host:port, such as 127.0.0.1:9092")
        return ",".join(address.strip() for address in value.split(","))

    def secret(self, name: str) -> bytes:
        """A secret of 32 bytes at least, never shown. Raises SettingWrong."""
        value = self.text(name, "").encode()
        if len(value) < SHORTEST_SECRET:
            found = f"has only {len(value)} bytes" if value else "is not set"
            raise SettingWrong(
                f"{name} {found}: give at least {SHORTEST_SECRET} random bytes, the same for presence and routing "
                "(`kindline up` makes one under .kindline/)"
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """What every process has: its name, where Kafka is, where it tells about itself, how it stops."""

    name: str
    kafka: str = KAFKA
    admin_host: str = LOOPBACK
    admin_port: int = 0
    log_format: str = "auto"
    log_level: str = "INFO"
    clock: BusinessClock = field(default_factory=BusinessClock)
    drain_seconds: float = DRAIN_SECONDS
    grace_seconds: float = GRACE_SECONDS
    client_name: str = ""
    processors: frozenset[int] = frozenset()
    """Where the process may run; empty: wherever the system puts it."""

    @classmethod
    def read(cls, name: str, environment: Environment | None = None) -> "ProcessSettings":
        """Read the settings of the service of this name. Raises SettingWrong."""
        given = environment or Environment()
        upper = name.upper()
        try:
            clock = business_clock(given.text("KINDLINE_CLOCK", ""))
        except ClockUnreadable as error:
            raise SettingWrong(str(error)) from None
        return cls(
            name=name,
            kafka=given.addresses("KINDLINE_KAFKA", KAFKA),
            admin_host=given.text("KINDLINE_ADMIN_HOST", LOOPBACK),
            admin_port=given.port(f"KINDLINE_{upper}_ADMIN_PORT", ADMIN_PORTS.get(name, 0)),
            log_format=given.choice("KINDLINE_LOG_FORMAT", "auto", ("auto", "json", "plain")),
            log_level=given.choice("KINDLINE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
            clock=clock,
            drain_seconds=given.seconds("KINDLINE_DRAIN_SECONDS", DRAIN_SECONDS),
            grace_seconds=given.seconds("KINDLINE_GRACE_SECONDS", GRACE_SECONDS),
            client_name=given.text("KINDLINE_CLIENT_NAME", f"kindline-{name}"),
            processors=given.processors(f"KINDLINE_{upper}_PROCESSORS"),
        )

    @property
    def admin_variable(self) -> str:
        """The variable that moves the admin port."""
        return f"KINDLINE_{self.name.upper()}_ADMIN_PORT"

    @property
    def processors_variable(self) -> str:
        """The variable that says where the process may run."""
        return f"KINDLINE_{self.name.upper()}_PROCESSORS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcSettings:
    """Where a gRPC edge listens and how it knows its callers."""

    host: str = LOOPBACK
    port: int = 0
    port_variable: str = "KINDLINE_RPC_PORT"
    token_secret: bytes = field(repr=False)

    @classmethod
    def read(cls, name: str, environment: Environment | None = None) -> "RpcSettings":
        """Read the settings of the edge of this name. Raises SettingWrong."""
        given = environment or Environment()
        variable = f"KINDLINE_{name.upper()}_PORT"
        return cls(
            host=given.text(f"KINDLINE_{name.upper()}_HOST", LOOPBACK),
            port=given.port(variable, RPC_PORTS.get(name, 0)),
            port_variable=variable,
            token_secret=given.secret("KINDLINE_TOKEN_SECRET"),
        )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the edge."""
        return self.host in LOOPBACKS
