"""The promises of a rehearsed day, each as a number of breaches: the rehearsal's own count beside the audit's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from kindline.rehearsal.bank_day import Played
from kindline.rehearsal.domain.figures import Figures
from kindline.rehearsal.report import Check

TOLERANCE = 1e-9


def checks_of(played: Played, found: Figures, audit_code: int, audited: Mapping[str, object]) -> tuple[Check, ...]:
    """Every check; `audited` is the audit's report, empty where it covers more than this day."""
    unserved = abs(found.arrivals - found.served - found.abandoned)
    checks = [
        Check("calls_not_ended_once", "every call ended exactly once", played.fates.ended_wrongly),
        Check("arrivals_neither_served_nor_abandoned", "served + abandoned = arrivals", unserved),
        Check("days_not_ended_in_time", "no call stayed open long after its caller's patience", not played.in_time),
        Check("audit_failed", "the audit found no violation", int(audit_code != 0)),
    ]
    every = audited.get("all")
    if isinstance(every, Mapping):
        checks.append(Check("figures_unlike_the_audits", "the audit's own figures are the same", _unlike(found, every)))
    return tuple(checks)


def _unlike(found: Figures, every: Mapping[str, object]) -> int:
    ours: dict[str, object] = {
        "received": found.arrivals,
        "served": found.served,
        "abandoned": found.abandoned,
        "abandoned_in_ivr": found.abandoned_in_ivr,
    }
    theirs = {name: every.get(name) for name in ours}
    levels = every.get("service_levels")
    if isinstance(levels, Mapping):
        ours |= asdict(found.levels)
        theirs |= dict(levels)
    return sum(not _same(value, theirs.get(name)) for name, value in ours.items())


def _same(ours: object, theirs: object) -> bool:
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return abs(ours - theirs) <= TOLERANCE
    return ours == theirs
