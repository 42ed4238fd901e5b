"""Faust, tamed: stream rooms whose state survives restarts without losing or doubling a record (DESIGN 5).

A room writes a `StreamRoom` with a pure fold, and runs it with `run_stream`.
"""

from kindline.ledger.stream.app import BuiltStream, build_app
from kindline.ledger.stream.running import TopicsNotReady, check_topics, run_stream
from kindline.ledger.stream.seam import (
    Judged,
    Output,
    PartitionFold,
    Standing,
    StreamGauges,
    StreamRoom,
    StreamSettings,
)

__all__ = [
    "BuiltStream",
    "Judged",
    "Output",
    "PartitionFold",
    "Standing",
    "StreamGauges",
    "StreamRoom",
    "StreamSettings",
    "TopicsNotReady",
    "build_app",
    "check_topics",
    "run_stream",
]
