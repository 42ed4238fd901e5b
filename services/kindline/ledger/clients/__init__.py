"""What the clients of a broker have in common, whichever library speaks to it: order, bounds and hand-over.

Promises the ledgers on Kafka that their readers and writers keep the port's words in one and the same way.
"""
