"""Reads Kafka through kafka-python, in a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping

from kindline.ledger.clients.reader import PolledReader
from kindline.ledger.kafka.polling import KafkaPollThread
from kindline.ledger.port import Partition


class KafkaReader(PolledReader):
    """Fulfils port.Reader."""

    def __init__(
        self, bootstrap: str, client_name: str, positions: Mapping[Partition, int], *, late: float = 0.0
    ) -> None:
        """Begin to read at these positions; needs a running loop."""
        super().__init__(
            lambda loop, arrive: KafkaPollThread(bootstrap, client_name, loop, arrive, late=late), positions
        )
