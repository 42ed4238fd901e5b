"""The ledger on Apache Kafka through librdkafka (confluent-kafka): the same promises for a quarter of the processor.

Promises what kindline.ledger.port promises. Reading and appending, where the time goes, are librdkafka's; the questions
to the broker (partitions, bounds, trim), the groups and the creation of topics are those of kindline.ledger.kafka, as
none of them is in a hurry. librdkafka works in threads of its own; one thread of ours for each reader and each writer
only waits for it, and hands everything that came to the caller's loop in one call_soon_threadsafe.
"""

from kindline.ledger.confluent.ledger import ConfluentLedger

__all__ = ["ConfluentLedger"]
