"""The rows in which one shard's clocks survive: compact JSON lists, each with the version of its shape.

JSON rather than protobuf, because these rows are the room's own affair and never leave it: no message has to be kept
compatible for them, floats come back exactly, a row of 80 bytes costs about 3 microseconds, and a person can read it.
Ids of clocks are derived, so they are not kept. A row of another version raises, which stops the shard loudly; taking
the rows away (`kindline-sla-rows-changelog` and the data directory) rebuilds them from the log.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from kindline.language.content import Channel
from kindline.language.ids import clock_id
from kindline.language.sla import SlaClock, SlaTarget
from kindline.ledger.stream.fold_rows import UnknownRow, read_row, write_row
from kindline.sla.domain.clocks import Clocks, Step
from kindline.sla.domain.contacts import OpenContact, Running
from kindline.sla.domain.promises import PoolPromises, QueuePromise

VERSION = 1
POOL, CONTACT = b"p", b"c"


def load_clocks(rows: Mapping[bytes, bytes]) -> Clocks:
    """The clocks that these rows hold. Raises UnknownRow."""
    pools: dict[str, PoolPromises] = {}
    contacts: dict[str, OpenContact] = {}
    for key, value in rows.items():
        kind, name = key[:1], key[1:].decode()
        if kind == POOL:
            pools[name] = _pool(value)
        elif kind == CONTACT:
            contacts[name] = _contact(name, value)
        else:
            raise UnknownRow(f"a row of kind {kind!r}")
    return Clocks(pools, contacts)


def keep_changes(rows: MutableMapping[bytes, bytes], clocks: Clocks, step: Step) -> None:
    """Write what a step changed."""
    for name in step.pools:
        rows[POOL + name.encode()] = pool_row(clocks.pools[name])
    for name in step.contacts:
        key, contact = CONTACT + name.encode(), clocks.contacts.get(name)
        if contact is not None:
            rows[key] = contact_row(contact)
        elif key in rows:
            del rows[key]


def pool_row(promises: PoolPromises) -> bytes:
    """A pool's promises as a row."""
    return write_row(
        VERSION,
        [[queue, each.answer_within, each.first_reply_within, each.warn_before] for queue, each in promises.items()],
    )


def contact_row(contact: OpenContact) -> bytes:
    """An open interaction as a row."""
    clocks = [
        [int(each.clock.target), each.clock.queue, each.clock.started_at, each.clock.deadline, each.warn_at]
        for each in contact.clocks
    ]
    # Written only where it is true, so that rows of before call-backs are read as they are.
    called = [True] if contact.called else []
    return write_row(VERSION, [contact.pool, int(contact.channel), contact.begun, contact.closed, clocks, *called])


def _pool(value: bytes) -> PoolPromises:
    return {queue: QueuePromise(answer, reply, warn) for queue, answer, reply, warn in read_row(VERSION, value)}


def _contact(interaction_id: str, value: bytes) -> OpenContact:
    pool, channel, begun, closed, clocks, *called = read_row(VERSION, value)
    running = []
    for number, queue, started_at, deadline, warn_at in clocks:
        target = SlaTarget(number)
        clock = SlaClock(
            clock_id=clock_id(interaction_id, target.name),
            pool=pool,
            interaction_id=interaction_id,
            queue=queue,
            target=target,
            started_at=started_at,
            deadline=deadline,
        )
        running.append(Running(clock, warn_at))
    return OpenContact(pool, Channel(channel), begun, closed, tuple(running), bool(called))
