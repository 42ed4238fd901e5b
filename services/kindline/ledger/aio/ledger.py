"""The whole ledger through aiokafka; whatever is in no hurry is kafka-python's."""

from __future__ import annotations

from collections.abc import Mapping

from kindline.ledger.aio.reader import AioReader
from kindline.ledger.aio.writer import AioWriter
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.port import Partition, Reader, Writer


class AioLedger(KafkaLedger):
    """Fulfils port.Ledger. `bootstrap` is 'host:port', or several of them with commas between."""

    def _make_writer(self, *, late: float) -> Writer:
        return AioWriter(self._bootstrap, self._client_name, late=late)

    def _make_reader(self, positions: Mapping[Partition, int], *, late: float) -> Reader:
        return AioReader(self._bootstrap, self._client_name, positions, late=late)
