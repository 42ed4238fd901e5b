"""Decides who serves whom, one single-writer engine per shard, and gives agents their work."""
