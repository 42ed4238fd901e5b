"""The ledger in one process: the same promises as Kafka's, for tests and for a simulation in virtual time.

Several MemoryLedgers, one per process in a simulation, share one MemoryLog. All waits go through the event loop's
clock, and nothing here depends on chance or on the order of a set: the same loop and the same faults give the same run.
"""

from kindline.ledger.memory.faults import ACKNOWLEDGED, AppendFault, Outcome
from kindline.ledger.memory.group import MemoryMembership
from kindline.ledger.memory.ledger import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.memory.reader import MemoryReader
from kindline.ledger.memory.writer import MemoryWriter

__all__ = [
    "ACKNOWLEDGED",
    "AppendFault",
    "MemoryLedger",
    "MemoryLog",
    "MemoryMembership",
    "MemoryReader",
    "MemoryWriter",
    "Outcome",
]
