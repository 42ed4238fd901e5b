"""The graph along which interactions move (I4): for the engine, and for the audit that does not trust it."""

from __future__ import annotations

from kindline.language import facts as f
from kindline.language.snapshot import InteractionState as S

ENDS = frozenset({S.CLOSED, S.ABANDONED, S.DEFLECTED, S.CANCELLED, S.EXPIRED})
"""States from which nothing leads on."""

WITH_AGENT = frozenset({S.CONNECTING, S.ACTIVE, S.HELD, S.DORMANT, S.COMPLETED})
"""States in which an agent is the owner and holds capacity."""

WAITING = frozenset({S.QUEUED, S.OFFERED})
"""States in which a queue is the owner."""

INTERACTION_MOVES: dict[S, frozenset[S]] = {
    S.RECEIVED: frozenset({S.SCHEDULED, S.QUEUED, S.ABANDONED, S.DEFLECTED, S.CANCELLED, S.EXPIRED}),
    # SCHEDULED to SCHEDULED is another hour.
    S.SCHEDULED: frozenset({S.SCHEDULED, S.QUEUED, S.ABANDONED, S.CANCELLED, S.EXPIRED}),
    # QUEUED to QUEUED is a move to another queue.
    S.QUEUED: frozenset({S.QUEUED, S.SCHEDULED, S.OFFERED, S.ABANDONED, S.DEFLECTED, S.CANCELLED, S.EXPIRED}),
    S.OFFERED: frozenset({S.QUEUED, S.CONNECTING, S.ABANDONED, S.DEFLECTED, S.CANCELLED, S.EXPIRED}),
    S.CONNECTING: frozenset({S.QUEUED, S.ACTIVE, S.COMPLETED, S.ABANDONED, S.CANCELLED, S.EXPIRED}),
    S.ACTIVE: frozenset({S.QUEUED, S.HELD, S.DORMANT, S.COMPLETED, S.EXPIRED}),
    S.HELD: frozenset({S.QUEUED, S.ACTIVE, S.DORMANT, S.COMPLETED, S.EXPIRED}),
    S.DORMANT: frozenset({S.QUEUED, S.ACTIVE, S.COMPLETED, S.EXPIRED}),
    S.COMPLETED: frozenset({S.CLOSED}),
    **{end: frozenset[S]() for end in ENDS},
}
"""For each state the states that may come next."""

FACT_MOVES: dict[type[f.Fact], S] = {
    f.InteractionQueued: S.QUEUED,
    f.InteractionScheduled: S.SCHEDULED,
    f.OfferAccepted: S.CONNECTING,
    f.InteractionAnswered: S.ACTIVE,
    f.InteractionHeld: S.HELD,
    f.InteractionResumed: S.ACTIVE,
    f.InteractionSlept: S.DORMANT,
    f.InteractionCompleted: S.COMPLETED,
    f.InteractionClosed: S.CLOSED,
    f.InteractionAbandoned: S.ABANDONED,
    f.InteractionDeflected: S.DEFLECTED,
    f.InteractionCancelled: S.CANCELLED,
    f.InteractionExpired: S.EXPIRED,
}
"""The state to which a fact moves its interaction; an offer that is issued or ends may move it as well."""
