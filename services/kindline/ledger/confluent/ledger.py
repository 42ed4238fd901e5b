"""The whole ledger through librdkafka; whatever is in no hurry is kafka-python's."""

from __future__ import annotations

from collections.abc import Mapping

from kindline.ledger.confluent.reader import ConfluentReader
from kindline.ledger.confluent.writer import ConfluentWriter
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.port import Partition, Reader, Writer


class ConfluentLedger(KafkaLedger):
    """Fulfils port.Ledger. `bootstrap` is 'host:port', or several of them with commas between."""

    def _make_writer(self, *, late: float) -> Writer:
        return ConfluentWriter(self._bootstrap, self._client_name, late=late)

    def _make_reader(self, positions: Mapping[Partition, int], *, late: float) -> Reader:
        return ConfluentReader(self._bootstrap, self._client_name, positions, late=late)
