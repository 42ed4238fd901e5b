"""The rows in which one shard's floor survives: compact JSON lists, each with the version of its shape.

JSON rather than protobuf, because these rows are the room's own affair and never leave it: no message has to be kept
compatible for them, floats come back exactly, a contact's row of 120 bytes costs about 3 microseconds, and a person can
read it. A queue's windows are one row, at most some 900 bytes, written once per commit however many batches changed it.
A row of another version raises, which stops the shard loudly; taking the rows away (`kindline-queues-rows-changelog`
and the data directory) rebuilds them from the log.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.snapshot import InteractionState
from kindline.ledger.stream.fold_rows import UnknownRow, read_row, write_row
from kindline.queues.domain.agents import Agent
from kindline.queues.domain.contacts import Contact
from kindline.queues.domain.kept import Kept, Step
from kindline.queues.domain.plans import PoolPlan
from kindline.queues.domain.tallies import Key
from kindline.queues.domain.windows import Windows

VERSION = 1
TIME, POOL, QUEUE, AGENT, CONTACT = b"t", b"p", b"q", b"a", b"c"


def load_kept(rows: Mapping[bytes, bytes]) -> Kept:
    """The floor that these rows hold. Raises UnknownRow."""
    kept = Kept()
    for key, value in rows.items():
        kind, name, fields = key[:1], key[1:].decode(), read_row(VERSION, value)
        if kind == CONTACT:
            kept.contacts[name] = _contact(name, fields)
        elif kind == QUEUE:
            kept.queues[_split(name)] = Windows(*({int(at): counts for at, counts in table} for table in fields))
        elif kind == AGENT:
            kept.agents[_split(name)] = _agent(fields)
        elif kind == POOL:
            kept.pools[name] = PoolPlan(dict(fields[0]), dict(fields[1]))
        elif kind == TIME:
            kept.now = fields[0]
        else:
            raise UnknownRow(f"a row of kind {kind!r}")
    return kept


def keep_changes(rows: MutableMapping[bytes, bytes], kept: Kept, step: Step) -> None:
    """Write what a step changed."""
    if step.time:
        rows[TIME] = write_row(VERSION, [kept.now])
    for name in step.pools:
        plan = kept.pools[name]
        rows[POOL + name.encode()] = write_row(VERSION, [list(plan.queues.items()), list(plan.agents.items())])
    for queue in step.queues:
        windows = kept.queues.get(queue)
        _put(rows, QUEUE + _joined(queue), None if windows is None else _windows_row(windows))
    for agent in step.agents:
        found = kept.agents.get(agent)
        _put(rows, AGENT + _joined(agent), None if found is None else _agent_row(found))
    for name in step.contacts:
        contact = kept.contacts.get(name)
        _put(rows, CONTACT + name.encode(), None if contact is None else _contact_row(contact))


def _put(rows: MutableMapping[bytes, bytes], key: bytes, row: bytes | None) -> None:
    if row is not None:
        rows[key] = row
    elif key in rows:
        del rows[key]


def _windows_row(windows: Windows) -> bytes:
    return write_row(VERSION, [sorted(windows.rates.items()), sorted(windows.levels.items())])


def _agent_row(agent: Agent) -> bytes:
    return write_row(
        VERSION,
        [
            int(agent.status),
            agent.reason_code,
            int(agent.routing_state),
            int(agent.reason),
            agent.since,
            int(agent.lease),
            agent.signed_in,
        ],
    )


def _agent(fields: list[Any]) -> Agent:
    status, reason_code, routing_state, reason, since, lease, signed_in = fields
    return Agent(
        status=AgentStatus(status),
        reason_code=reason_code,
        routing_state=RoutingState(routing_state),
        reason=RoutingStateReason(reason),
        since=since,
        lease=Lease(lease),
        signed_in=signed_in,
    )


def _contact_row(contact: Contact) -> bytes:
    return write_row(
        VERSION,
        [
            contact.pool,
            int(contact.state),
            contact.queue,
            contact.waiting_since,
            contact.agent_id,
            contact.offers,
            contact.first_queue,
            contact.arrived,
        ],
    )


def _contact(interaction_id: str, fields: list[Any]) -> Contact:
    pool, state, queue, waiting_since, agent_id, offers, first_queue, arrived = fields
    return Contact(
        interaction_id=interaction_id,
        pool=pool,
        state=InteractionState(state),
        queue=queue,
        waiting_since=waiting_since,
        agent_id=agent_id,
        offers=tuple((offer_id, agent) for offer_id, agent in offers),
        first_queue=first_queue,
        arrived=arrived,
    )


def _joined(key: Key) -> bytes:
    return f"{key[0]}\0{key[1]}".encode()


def _split(name: str) -> Key:
    pool, _, rest = name.partition("\0")
    return pool, rest
