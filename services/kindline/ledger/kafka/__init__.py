"""The ledger on Apache Kafka, through kafka-python: the only code of ours that speaks to a broker, save Faust's.

Promises what kindline.ledger.port promises. kafka-python blocks, so each reader and each membership has one thread of
its own which only polls; results reach the caller's loop by call_soon_threadsafe and in no other way, so that the loop
alone owns all state and there are no locks to deadlock on.
"""

from kindline.ledger.kafka.ledger import KafkaLedger

__all__ = ["KafkaLedger"]
