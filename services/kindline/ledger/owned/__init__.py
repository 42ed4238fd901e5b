"""The owned log: one writer per shard, proved by the log itself; claim, append, follow, hand over (DESIGN 4.2-4.4)."""
