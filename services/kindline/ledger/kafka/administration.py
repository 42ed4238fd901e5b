"""Creates the ledger's topics and verifies them: what is missing is made, what differs is told and never mended.

Synchronous, for commands; every request has a limit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from kindline.ledger.kafka.client import check_client, common_settings
from kindline.ledger.port import LedgerUnavailable
from kindline.ledger.topics import ALL, DEFAULT_PARTITIONS, Topic

REQUEST_SECONDS: Final = 15.0
MOST_REPLICAS: Final = 3
NAMED: Final = 3
"""How many topics an error names before it only counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReport:
    """A topic as it stands on the broker; `differences` names each setting that is not what the table says."""

    topic: Topic
    created: bool
    partitions: int
    replicas: int
    differences: tuple[str, ...] = ()


class PartitionsDiffer(ValueError):
    """A topic has another number of partitions than it should: its shards would not be those of the others."""


def ensure_topics(bootstrap: str, *, partitions: int | None = None, topics: Collection[Topic] = ALL) -> list[Topic]:
    """Create the topics that are missing and give them, empty when all were there.

    Raises PartitionsDiffer, and LedgerUnavailable when the broker is away. Settings that differ are left alone; see
    verify_topics.
    """
    return [report.topic for report in verify_topics(bootstrap, partitions=partitions, topics=topics) if report.created]


def verify_topics(
    bootstrap: str, *, partitions: int | None = None, topics: Collection[Topic] = ALL
) -> Sequence[TopicReport]:
    """Create what is missing and report on each topic, in the table's order.

    `partitions` is the number that every topic shall have; without it that of the topics that are there, else 16.
    Raises PartitionsDiffer before anything is created, and LedgerUnavailable.
    """
    with _administration(bootstrap) as admin:
        found = _found(admin, topics)
        wanted = partitions or min((len(each["partitions"]) for each in found.values()), default=DEFAULT_PARTITIONS)
        _check_partitions(found, wanted)
        missing = [topic for topic in topics if topic.name not in found]
        if missing:
            _create(admin, missing, wanted)
            found = _found(admin, topics)
            _check_partitions(found, wanted)  # Somebody else may have created them meanwhile.
        settings = _settings(admin, topics)
        return [_report(topic, found[topic.name], topic in missing, settings[topic.name]) for topic in topics]


def settings_for(topic: Topic, replicas: int) -> dict[str, str]:
    """A topic's settings on a cluster that keeps so many copies: with three, two must have a record."""
    return {**topic.settings, "min.insync.replicas": "2" if replicas >= MOST_REPLICAS else "1"}


@contextlib.contextmanager
def _administration(bootstrap: str) -> Iterator[Any]:
    check_client()
    settings = common_settings(bootstrap, "kindline-topics")
    milliseconds = int(REQUEST_SECONDS * 1000)
    settings |= {"request_timeout_ms": milliseconds, "bootstrap_timeout_ms": milliseconds}
    try:
        admin = KafkaAdminClient(**settings)
        try:
            yield admin
        finally:
            admin.close()
    except kafka_errors.KafkaError as error:
        message = f"Kafka at {bootstrap} cannot be reached or refuses: {type(error).__name__}; is it running?"
        raise LedgerUnavailable(message) from error


def _found(admin: Any, topics: Collection[Topic]) -> dict[str, Any]:
    described = admin.describe_topics([topic.name for topic in topics])
    return {each["name"]: each for each in described if not each["error_code"]}


def _check_partitions(found: Mapping[str, Any], wanted: int) -> None:
    differing = {name: len(each["partitions"]) for name, each in found.items() if len(each["partitions"]) != wanted}
    if differing:
        told = ", ".join(f"{name} has {count}" for name, count in sorted(differing.items())[:NAMED])
        more = f" and {len(differing) - NAMED} more differ" if len(differing) > NAMED else ""
        raise PartitionsDiffer(
            f"every topic must have {wanted} partitions, but {told}{more}. Kafka cannot take partitions away, and a"
            " pool's shard depends on their number: ask for the number that is there, or use an empty cluster"
        )


def _create(admin: Any, missing: Sequence[Topic], partitions: int) -> None:
    replicas = min(MOST_REPLICAS, len(admin.describe_cluster()["brokers"]))
    wanted = [
        NewTopic(topic.name, partitions, replicas, topic_configs=settings_for(topic, replicas)) for topic in missing
    ]
    with contextlib.suppress(kafka_errors.TopicAlreadyExistsError):  # Another `kindline topics` was quicker.
        admin.create_topics(wanted, timeout_ms=int(REQUEST_SECONDS * 1000))
    admin.wait_for_topics([topic.name for topic in missing], timeout_ms=int(REQUEST_SECONDS * 1000))


def _settings(admin: Any, topics: Collection[Topic]) -> dict[str, dict[str, str]]:
    """Every setting of each topic, defaults included."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    answer = admin.describe_configs(asked, config_filter="all")
    [by_topic] = answer.values()
    return {name: {key: str(entry["value"]) for key, entry in entries.items()} for name, entries in by_topic.items()}


def _report(topic: Topic, found: Any, created: bool, settings: Mapping[str, str]) -> TopicReport:  # noqa: FBT001
    replicas = min(len(each["replica_nodes"]) for each in found["partitions"])
    wanted = settings_for(topic, replicas)
    differences = tuple(
        f"{name} is {settings.get(name)}, should be {value}"
        for name, value in wanted.items()
        if settings.get(name) != value
    )
    return TopicReport(
        topic=topic, created=created, partitions=len(found["partitions"]), replicas=replicas, differences=differences
    )
