"""The table of topics is complete, and each topic is kept as the design says."""

import pytest

from kindline.ledger import topics
from kindline.ledger.kafka.administration import settings_for

BY_NAME = {topic.name: topic for topic in topics.ALL}


def test_every_topic_is_named_once() -> None:
    """No topic is missing from the table, and none stands in it twice."""
    named = {topics.PLAN, topics.INTERACTIONS, topics.AGENTS, topics.DECISIONS, topics.SNAPSHOTS, topics.FLOOR}
    named |= {topics.SLA, topics.QUEUES_CHANGELOG, topics.SLA_CHANGELOG}
    named |= {topics.dead_letters(topic) for topic in topics.INPUTS}
    assert set(BY_NAME) == named
    assert len(topics.ALL) == len(named)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_topic_is_either_kept_for_ever_or_compacted(name: str) -> None:
    """Kafka deletes nothing by itself: the owner trims, or newer rows replace older ones."""
    settings = BY_NAME[name].settings
    assert settings.get("retention.ms") == "-1" or settings["cleanup.policy"] == "compact"


@pytest.mark.parametrize("name", [topics.DECISIONS, topics.PLAN, topics.SNAPSHOTS, topics.dead_letters(topics.PLAN)])
def test_large_records_have_room(name: str) -> None:
    """Decisions, plans and snapshots take records of 8 MiB, and a refused plan finds room among the dead letters."""
    assert int(BY_NAME[name].settings["max.message.bytes"]) >= 8 * topics.MEBIBYTE


@pytest.mark.parametrize("topic", topics.SOURCES, ids=lambda topic: topic.name)
def test_the_broker_says_when(topic: topics.Topic) -> None:
    """The time of a record is the broker's, never a producer's."""
    assert topic.settings["message.timestamp.type"] == "LogAppendTime"


def test_two_of_three_brokers_must_have_a_record() -> None:
    """With three copies a record counts when two have it; with one copy one is enough."""
    assert settings_for(BY_NAME[topics.DECISIONS], 3)["min.insync.replicas"] == "2"
    assert settings_for(BY_NAME[topics.DECISIONS], 1)["min.insync.replicas"] == "1"
