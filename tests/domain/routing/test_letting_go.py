"""A state that nobody needs any more leaves memory wholly, and a little at a time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kindline.routing.domain.interactions import Interaction
from tests.given import Centre, plan

POOL = "acme/left"
MANY = 4_000
FEW = 1_000
"""So many that no table of the state is empty still."""


@contextmanager
def without_collection() -> Iterator[None]:
    """As in a service, which looks for no garbage among what has lived for a while."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def interactions() -> int:
    """How many there are in this process, of nobody else's."""
    return sum(type(thing) is Interaction and thing.pool == POOL for thing in gc.get_objects())


def crowded(count: int = MANY) -> Centre:
    """Very many have come; some are served, some have gone."""
    centre = Centre(plan(pool=POOL))
    centre.at_work("amy", "bob")
    for number in range(count):
        centre.arrives(f"visitor-{number}")
    for agent in ("amy", "bob"):
        centre.accepts(agent)
    for number in range(count // 10):
        centre.leaves(f"visitor-{count - 1 - number}")
    centre.log.clear()
    centre.inputs.clear()
    return centre


def test_nobody_who_waits_stays_in_memory_when_the_state_that_they_waited_in_is_let_go() -> None:
    """Those in line know their lane, which knows them; nobody looks for such rings among what has lived for a while."""
    with without_collection():
        centre = crowded()
        assert interactions() >= MANY
        for _ in centre.engine.letting_go():
            pass
        del centre
        assert not interactions()


def dropped(count: int) -> tuple[int, int]:
    """Blocks of memory that become free when a state goes of so many: by the largest step, and by the end."""
    centre, most = crowded(count), 0
    blocks = begun = sys.getallocatedblocks()
    for _ in centre.engine.letting_go():
        now = sys.getallocatedblocks()
        blocks, most = now, max(most, blocks - now)
    assert begun - blocks > 10 * count
    del centre
    return most, blocks - sys.getallocatedblocks()


def test_a_state_is_let_go_a_little_at_a_time() -> None:
    """No step drops more than a few things, and nor does the end, however many waited."""
    with without_collection():
        _, of_few = dropped(FEW)
        most, of_many = dropped(MANY)
        assert most < 300
        assert of_many < of_few + FEW
