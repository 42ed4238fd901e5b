"""Compares the floor that is displayed with the one that the decisions imply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kindline.audit.contacts import Contact
from kindline.audit.findings import Findings, Invariant
from kindline.language.floor import QueueState
from kindline.language.snapshot import InteractionState as S

SHOWN_AS = {
    S.SCHEDULED: "scheduled",
    S.QUEUED: "waiting",
    S.OFFERED: "offered",
    S.CONNECTING: "active",
    S.ACTIVE: "active",
    S.HELD: "active",
    S.DORMANT: "active",
}


def compare_floor(rows: Mapping[str, QueueState], contacts: Iterable[Contact], findings: Findings) -> None:
    """Check the last row of each queue; call it only when the floor has come to rest."""
    counts = Counter((contact.pool, contact.queue, SHOWN_AS.get(contact.state, "")) for contact in contacts)
    for key, row in rows.items():
        for column in ("waiting", "offered", "active", "scheduled"):
            shown, true = getattr(row, column), counts[row.pool, row.queue, column]
            if shown != true:
                findings.find(Invariant.FLOOR, key, f"{column} is shown as {shown}, the decisions say {true}")
    shown_queues = {(row.pool, row.queue) for row in rows.values()}
    for pool, queue in sorted({(pool, queue) for pool, queue, column in counts if queue and column}):
        if (pool, queue) not in shown_queues:
            findings.find(Invariant.FLOOR, f"{pool}/{queue}", "is not shown at all")
