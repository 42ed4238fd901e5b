"""What is shipped beside the code says what the code says: commands, ports, variables, images, numbers, alerts."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from prometheus_client import Counter, Gauge, Histogram
from ruamel.yaml import YAML

from kindline.__main__ import COMMANDS, SERVICES, CommandTable
from kindline.channels.adapters.metrics import Numbers as ChannelNumbers
from kindline.channels.adapters.settings import PORT as CHAT_PORT
from kindline.ledger.local import Layout
from kindline.ledger.local.properties import broker_properties
from kindline.presence.adapters.numbers import PresenceNumbers
from kindline.queues.adapters.metrics import Numbers as QueueNumbers
from kindline.routing.adapters.shard_numbers import ShardNumbers
from kindline.routing.adapters.work_numbers import RoutingNumbers
from kindline.runtime.clock import BusinessClock, SystemClock
from kindline.runtime.main import Pulse
from kindline.runtime.metrics import LATENCY_BUCKETS, PREFIX, Metrics
from kindline.runtime.on import On
from kindline.runtime.rpc import HouseRules
from kindline.runtime.settings import ADMIN_PORTS, RPC_PORTS, Environment, ProcessSettings
from kindline.sla.adapters.metrics import Numbers as SlaNumbers
from tests.architecture.source_tree import ROOT

COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
SCRAPE = YAML(typ="safe").load(ROOT / "deploy/prometheus/prometheus.yml")
ALERTS = [
    rule for group in YAML(typ="safe").load(ROOT / "deploy/prometheus/alerts.yml")["groups"] for rule in group["rules"]
]
SHIPPED = ("docker-compose.yml", "deploy/Dockerfile", "deploy/prometheus/prometheus.yml")
GIVEN_BY_SCRAPE = {"job", "instance", "service", "le"}


class Declared(Metrics):
    """Metrics that remember with which labels each name was declared."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.labels: dict[str, set[str]] = {}
        super().__init__()

    def counter(self, name: str, sentence: str, labels: Sequence[str] = ()) -> Counter:
        """Remember a counter."""
        self.labels[PREFIX + name] = set(labels)
        return super().counter(name, sentence, labels)

    def gauge(self, name: str, sentence: str, labels: Sequence[str] = ()) -> Gauge:
        """Remember a gauge."""
        self.labels[PREFIX + name] = set(labels)
        return super().gauge(name, sentence, labels)

    def histogram(
        self, name: str, sentence: str, labels: Sequence[str] = (), buckets: Sequence[float] = LATENCY_BUCKETS
    ) -> Histogram:
        """Remember what a distribution shows."""
        self.labels |= {f"{PREFIX}{name}_{part}": set(labels) for part in ("bucket", "sum", "count")}
        return super().histogram(name, sentence, labels, buckets)


class Asked(dict[str, str]):
    """An environment with a secret and nothing else, which remembers what it was asked for."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__(KINDLINE_TOKEN_SECRET="s" * 48)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict has it
        """Remember the name."""
        self.names.add(name)
        return super().get(name, default)


@pytest.fixture
async def declared() -> dict[str, set[str]]:
    """Every metric that any room or the runtime declares, with its labels; made by declaring them all."""
    labels: dict[str, set[str]] = {}
    for room in ADMIN_PORTS:
        metrics = Declared()
        on = On(ProcessSettings(name=room))
        on.metrics = metrics
        Pulse(on)
        HouseRules({}, metrics)
        match room:
            case "channels":
                ChannelNumbers(metrics)
            case "routing":
                RoutingNumbers(metrics, BusinessClock())
                ShardNumbers(metrics)
            case "presence":
                PresenceNumbers(metrics)
            case "queues":
                QueueNumbers(metrics, SystemClock())
            case "sla":
                SlaNumbers(metrics, SystemClock())
        labels |= {name: labels.get(name, set()) | found for name, found in metrics.labels.items()}
    return labels


def variables_that_are_read() -> set[str]:
    """Every KINDLINE_* variable that a service's settings or a command's options ask for."""
    asked = Asked()
    table = CommandTable("kindline")
    context = click.Context(table)
    for name, entry in COMMANDS.items():
        command = table.get_command(context, name)
        assert command is not None
        if name in SERVICES:
            room = __import__(entry.module, fromlist=["read_settings"])
            room.read_settings(Environment(asked))
        asked.names |= {str(found) for found in _environment_variables(command)}
    return asked.names


def _environment_variables(command: click.Command) -> Iterator[str]:
    yield from (str(option.envvar) for option in command.params if option.envvar)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            yield from _environment_variables(child)


def service(name: str) -> dict[str, Any]:
    """One service of the compose file, aliases resolved."""
    found: dict[str, Any] = COMPOSE["services"][name]
    return found


def test_every_room_is_a_service_of_the_compose_file() -> None:
    """The five rooms run under their own command, from one image whose tag is the project's version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {name: service(name)["command"] for name in SERVICES} == {name: [name] for name in SERVICES}
    assert {service(name)["image"] for name in (*SERVICES, "ready")} == {f"kindline:{version}"}


def test_a_port_is_published_on_loopback_and_is_the_default() -> None:
    """What is published is the chat page and the two gRPC edges, where settings.py has them, and Prometheus."""
    published = {name: found["ports"] for name, found in COMPOSE["services"].items() if "ports" in found}
    expected = {**RPC_PORTS, "channels": CHAT_PORT, "prometheus": 9090}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in expected.items()}


def test_every_variable_of_the_deployment_is_read_by_somebody() -> None:
    """A variable that no setting or option asks for is a mistake in its name."""
    used = {name for file in SHIPPED for name in re.findall(r"\bKINDLINE_[A-Z_]+", (ROOT / file).read_text("utf-8"))}
    assert used - variables_that_are_read() == set()
    assert "KINDLINE_KAFKA" in used


def test_every_image_is_pinned() -> None:
    """No image is whatever is newest today."""
    images = {found["image"] for found in COMPOSE["services"].values()} | set(
        re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    )
    assert [image for image in sorted(images) if not re.search(r":v?\d+\.\d+", image)] == []


def test_the_image_is_built_with_the_same_uv_as_here() -> None:
    """Dockerfile and Makefile name one version of uv, and what the build copies is there and not ignored."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"uv==([\d.]+)", DOCKERFILE) == re.findall(r"^UV_VERSION := ([\d.]+)", makefile, re.MULTILINE)
    copied = {name for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied == allowed
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_no_service_runs_as_root_or_writes_outside_its_volume() -> None:
    """Services have a read-only root; only queues and sla have a volume, at the place where they keep their rows."""
    [data] = re.findall(r"KINDLINE_DATA=(\S+)", DOCKERFILE)
    assert re.findall(r"^USER (\d+):\d+", DOCKERFILE, re.MULTILINE) == re.findall(r"--uid (\d+)", DOCKERFILE)
    assert all(service(name)["read_only"] and service(name)["cap_drop"] == ["ALL"] for name in SERVICES)
    volumes = {name: service(name)["volumes"] for name in SERVICES if "volumes" in service(name)}
    assert volumes == {"queues": [f"queues:{data}"], "sla": [f"sla:{data}"]}


def test_the_secret_is_asked_for_and_goes_to_those_who_need_it() -> None:
    """The token secret has no default, and reaches only rooms whose settings read it."""
    having = {
        name for name, found in COMPOSE["services"].items() if "KINDLINE_TOKEN_SECRET" in found.get("environment", {})
    }
    assert having == {"routing", "presence", "channels"}
    assert {service(name)["environment"]["KINDLINE_TOKEN_SECRET"][:26] for name in having} == {
        "${KINDLINE_TOKEN_SECRET:?a"
    }


def test_health_is_asked_where_it_is_told() -> None:
    """Each service's health check asks /ready on its own admin port, and Prometheus scrapes the same ports."""
    checked = {name: service(name)["healthcheck"]["test"][-1] for name in SERVICES}
    assert [name for name in SERVICES if f"http://127.0.0.1:{ADMIN_PORTS[name]}/ready" not in checked[name]] == []
    scraped = {
        entry["labels"]["service"]: entry["targets"]
        for job in SCRAPE["scrape_configs"]
        for entry in job["static_configs"]
    }
    assert scraped == {name: [f"{name}:{port}"] for name, port in ADMIN_PORTS.items()}


def test_kafka_in_containers_is_set_as_kafka_here() -> None:
    """Where compose and the local broker set the same thing, they agree; addresses and folders differ."""
    own = broker_properties(1, Layout("x", (9092,), (9093,)), Path("/data"))
    environment = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in service("kafka")["environment"].items()
        if name.startswith("KAFKA_")
    }
    places = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    shared = (environment.keys() & own.keys()) - places
    assert {name: environment[name] for name in shared} == {name: own[name] for name in shared}
    assert {"message.max.bytes", "auto.create.topics.enable", "group.min.session.timeout.ms"} <= shared


def test_every_alert_speaks_of_metrics_that_exist(declared: dict[str, set[str]]) -> None:
    """No expression names a metric that no room declares, or a label that none of its metrics has."""
    unknown = {rule["alert"]: sorted(metrics_of(rule["expr"]) - {*declared, "up"}) for rule in ALERTS}
    assert {name: found for name, found in unknown.items() if found} == {}
    strange = {
        rule["alert"]: sorted(
            labels_of(rule["expr"])
            - GIVEN_BY_SCRAPE.union(*(declared.get(metric, set()) for metric in metrics_of(rule["expr"])))
        )
        for rule in ALERTS
    }
    assert {name: found for name, found in strange.items() if found} == {}


def test_every_alert_tells_whoever_is_woken_what_to_do() -> None:
    """Each alert has a severity, a summary and a runbook sentence, and no two have one name."""
    silent = [
        rule["alert"]
        for rule in ALERTS
        if not rule["annotations"].get("summary", "").endswith(".")
        or not rule["annotations"].get("runbook", "").endswith(".")
        or rule["labels"]["severity"] not in {"page", "ticket"}
    ]
    assert silent == []
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    assert SCRAPE["rule_files"] == ["alerts.yml"]


def metrics_of(expression: str) -> set[str]:
    """The metrics that an expression names."""
    return set(re.findall(r"\b(kindline_[a-z_]+|up)\b", expression))


def labels_of(expression: str) -> set[str]:
    """The labels that an expression groups by or matches on."""
    grouped = {name.strip() for found in re.findall(r"by \(([^)]*)\)", expression) for name in found.split(",")}
    return grouped | set(re.findall(r"([a-z_]+)(?==~|!=|!~|=\")", expression))
