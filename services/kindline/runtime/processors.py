"""Keeping a process to some of the machine's processors, so that its neighbours do not interrupt it.

Promises whoever runs a router that it may have a processor of its own: one that shares it waits behind every neighbour
who is woken by the very record that it has just written, and finds its caches full of theirs.
"""

import os
from collections.abc import Set as AbstractSet


class NoSuchProcessors(Exception):
    """The process cannot be kept to these; the message says why and what to do."""


def keep_to(processors: AbstractSet[int], variable: str) -> None:
    """Let this process, and all of its threads that start from now on, run there only.

    Raises NoSuchProcessors, which names the `variable` that asked for it.
    """
    if not hasattr(os, "sched_setaffinity"):
        raise NoSuchProcessors(f"{variable} is set, but this system keeps no process to some processors: unset it")
    try:
        os.sched_setaffinity(0, processors)
    except OSError:
        here = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
        raise NoSuchProcessors(f"{variable} names no processor that is here: give some of {here}") from None
