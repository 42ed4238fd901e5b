"""A processor for the router alone, as whoever expects a surge would give it one; everything else shares the others.

Where broker, customers, desks and router share all of them, the loop of the router is interrupted by every thread that
its own records wake: at 200 a second its p99 was two to ten times as late, in rounds interleaved with these.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.bench.figures import say


@contextmanager
def apart() -> Iterator[Mapping[str, str]]:
    """Keep this process, and whatever it starts meanwhile, off one processor; gives the setting that takes it."""
    before = os.sched_getaffinity(0)
    routers, *others = sorted(before)
    if not others:
        say("one processor only: the router shares it")
        yield {}
        return
    os.sched_setaffinity(0, others)
    say(f"processor {routers} is the router's, {len(others)} for all the rest")
    try:
        yield {"KINDLINE_ROUTING_PROCESSORS": str(routers)}
    finally:
        os.sched_setaffinity(0, before)
