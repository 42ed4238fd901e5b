"""Opens the ledger for a service or a command, and says in words what is wrong with it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import Mapping
from typing import Final

from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.kafka.client import AddressWrong, ClientIncomplete, check_client
from kindline.ledger.port import LedgerUnavailable
from kindline.ledger.topics import SOURCES
from kindline.runtime.main import CannotStart
from kindline.runtime.settings import Environment, SettingWrong

CLIENT_VARIABLE: Final = "KINDLINE_KAFKA_CLIENT"
"""Which library speaks to Kafka; all of them keep the same promises (tests/contract/ledger)."""
DEFAULT_CLIENT: Final = "confluent" if importlib.util.find_spec("confluent_kafka") else "kafka-python"
"""The quickest that is installed: the base package has kafka-python, the extra `services` brings confluent-kafka."""
CLIENTS: Final[Mapping[str, tuple[str, str]]] = {
    "aiokafka": ("kindline.ledger.aio", "AioLedger"),
    "confluent": ("kindline.ledger.confluent", "ConfluentLedger"),
    "kafka-python": ("kindline.ledger.kafka", "KafkaLedger"),
}
"""Each client's name, and the module and class of its ledger: only the one that is chosen is loaded."""

PATIENCE_SECONDS: Final = 15.0
"""How long a broker may take that starts at the same time as we do."""
PAUSE_SECONDS: Final = 0.5


async def open_ledger(bootstrap: str, client_name: str) -> KafkaLedger:
    """The ledger at 'host:port' (several with commas), whose topics are there and have equally many partitions.

    KINDLINE_KAFKA_CLIENT chooses the library. Raises CannotStart with what to do: there is no such library, the address
    is none, the broker is away for 15 s, a topic is missing, or their partitions differ.
    """
    ledger = _chosen(Environment())(bootstrap, client_name)
    try:
        _check(await _partition_counts(ledger, bootstrap))
    except BaseException:
        await ledger.close()
        raise
    return ledger


def _chosen(environment: Environment) -> type[KafkaLedger]:
    """The ledger that the environment asks for. Raises CannotStart."""
    try:
        name = environment.choice(CLIENT_VARIABLE, DEFAULT_CLIENT, tuple(CLIENTS))
    except SettingWrong as error:
        raise CannotStart(str(error)) from None
    module, ledger = CLIENTS[name]
    try:
        chosen: type[KafkaLedger] = getattr(importlib.import_module(module), ledger)
        check_client()
    except ClientIncomplete as error:
        raise CannotStart(str(error)) from error
    except ImportError as error:
        message = f"{CLIENT_VARIABLE}={name} needs the package {error.name}: pip install 'kindline[services]'"
        raise CannotStart(message) from error
    return chosen


async def _partition_counts(ledger: KafkaLedger, bootstrap: str) -> dict[str, int]:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return {topic.name: await ledger.partitions(topic.name) for topic in SOURCES}
        except AddressWrong as error:
            raise CannotStart(str(error)) from error
        except LookupError as error:
            raise CannotStart(f"Kafka at {bootstrap}: {error.args[0]}") from error
        except LedgerUnavailable as error:
            if asyncio.get_running_loop().time() > deadline:
                message = f"no Kafka at {bootstrap} ({error}): start it, or say where it is with KINDLINE_KAFKA"
                raise CannotStart(message) from error
            await asyncio.sleep(PAUSE_SECONDS)


def _check(counts: Mapping[str, int]) -> None:
    """Refuse topics whose shards are not the same. Raises CannotStart."""
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise CannotStart(f"topics differ in their number of partitions ({told}): `kindline topics` says more")
