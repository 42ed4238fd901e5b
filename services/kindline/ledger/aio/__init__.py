"""The ledger on Apache Kafka through aiokafka: the same promises without threads, on the caller's own loop.

Promises what kindline.ledger.port promises. Reading and appending are aiokafka's; the questions to the broker
(partitions, bounds, trim), the groups and the creation of topics are those of kindline.ledger.kafka, as none of them is
in a hurry. aiokafka asks a broker that creates topics by itself to do so; ours do not.
"""

from kindline.ledger.aio.ledger import AioLedger

__all__ = ["AioLedger"]
