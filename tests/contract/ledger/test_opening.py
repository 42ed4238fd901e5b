"""The setting KINDLINE_KAFKA_CLIENT chooses the library that speaks to Kafka, and a wrong value is told at once."""

import sys

import pytest
from click.testing import CliRunner

from kindline.commands.topics import topics
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.opening import CLIENT_VARIABLE, CLIENTS, open_ledger
from kindline.ledger.topics import SOURCES
from kindline.runtime.main import CannotStart
from tests.contract.ledger import conftest

NOWHERE = "127.0.0.1:1"


def test_each_client_that_can_be_chosen_is_held_to_the_contract() -> None:
    """Every name that the setting takes stands for a ledger that all contract tests run on."""
    assert set(CLIENTS) == set(conftest.CLIENTS)


@pytest.mark.kafka
@pytest.mark.parametrize("name", CLIENTS)
async def test_the_setting_chooses_the_client(monkeypatch: pytest.MonkeyPatch, kafka_address: str, name: str) -> None:
    """A process opens the ledger through the library that the setting names."""
    ensure_topics(kafka_address, topics=SOURCES)
    monkeypatch.setenv(CLIENT_VARIABLE, name)
    ledger = await open_ledger(kafka_address, "test")
    assert type(ledger) is conftest.CLIENTS[name]
    await ledger.close()


async def test_an_unknown_client_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is none of ours is answered with those that are."""
    monkeypatch.setenv(CLIENT_VARIABLE, "pigeon")
    with pytest.raises(CannotStart, match=r"KINDLINE_KAFKA_CLIENT=pigeon .* give one of .*confluent.*kafka-python"):
        await open_ledger(NOWHERE, "test")


async def test_a_client_that_is_not_installed_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing, the message says which one and how to get it."""
    monkeypatch.setenv(CLIENT_VARIABLE, "confluent")
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    for module in [name for name in sys.modules if name.startswith("kindline.ledger.confluent")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(CannotStart, match=r"needs the package confluent_kafka: pip install 'kindline\[services\]'"):
        await open_ledger(NOWHERE, "test")


@pytest.mark.parametrize("address", [":::", "127.0.0.1:", "127.0.0.1:90x2", "", "127.0.0.1:9092,"])
@pytest.mark.parametrize("name", CLIENTS)
async def test_an_address_that_is_none_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    """A slip in the address ends in one line that shows what an address looks like, whatever the client."""
    monkeypatch.setenv(CLIENT_VARIABLE, name)
    with pytest.raises(CannotStart, match=r"is no host:port, such as 127\.0\.0\.1:9092"):
        await open_ledger(address, "test")


def test_kindline_topics_tells_it_as_well() -> None:
    """The command that makes the topics says the same, and ends with 1."""
    result = CliRunner().invoke(topics, ["--kafka", ":::"])
    assert result.exit_code == 1
    assert "is no host:port" in result.output
