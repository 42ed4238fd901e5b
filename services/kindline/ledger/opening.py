"""Opens the ledger for a service or a command, and says in words what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.port import LedgerUnavailable
from kindline.ledger.topics import SOURCES
from kindline.runtime.main import CannotStart

PATIENCE_SECONDS: Final = 15.0
"""How long a broker may take that starts at the same time as we do."""
PAUSE_SECONDS: Final = 0.5


async def open_ledger(bootstrap: str, client_name: str) -> KafkaLedger:
    """The ledger at 'host:port' (several with commas), whose topics are there and have equally many partitions.

    Raises CannotStart with what to do: the broker is away for 15 s, a topic is missing, or their partitions differ.
    """
    ledger = KafkaLedger(bootstrap, client_name)
    try:
        _check(await _partition_counts(ledger, bootstrap))
    except BaseException:
        await ledger.close()
        raise
    return ledger


async def _partition_counts(ledger: KafkaLedger, bootstrap: str) -> dict[str, int]:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return {topic.name: await ledger.partitions(topic.name) for topic in SOURCES}
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
