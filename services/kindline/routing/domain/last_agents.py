"""Who served which customer last, for queues that let customers meet the same agent again.

Kept only while the plan in force has such a queue, for as many days as it says and for so many customers; the oldest
are forgotten first, and only when somebody is served, so that every engine forgets the same at the same fact.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.queue_rules import PreferencePlan, Preferred
from kindline.language.snapshot import LastAgentRow

MOST_CUSTOMERS = 100_000
DAY = 86_400.0
USUAL_DAYS = 7


def remembered_seconds(preference: PreferencePlan) -> float:
    """For how long an agent is remembered under a preference."""
    return (preference.remember_days or USUAL_DAYS) * DAY


class LastAgents:
    """The last agent of each customer of one pool, the longest unserved first."""

    __slots__ = ("_of", "_seconds")

    def __init__(self) -> None:
        """Begin with nobody, and nothing to remember."""
        self._of: OrderedDict[str, tuple[str, Instant]] = OrderedDict()
        self._seconds = 0.0

    def adopt(self, plan: Plan) -> None:
        """Remember for as long as the plan has use for it."""
        kept = [q.preference for q in plan.queues if q.preference and q.preference.prefer is Preferred.LAST_AGENT]
        self._seconds = max(map(remembered_seconds, kept), default=0.0)
        if not self._seconds:
            self._of.clear()

    def served(self, customer: str, agent_id: str, at: Instant) -> None:
        """An agent and a customer are together; a customer without a name is never remembered."""
        if not (self._seconds and customer):
            return
        self._of[customer] = (agent_id, at)
        self._of.move_to_end(customer)
        while len(self._of) > MOST_CUSTOMERS or next(iter(self._of.values()))[1] + self._seconds < at:
            self._of.popitem(last=False)

    def of(self, customer: str, since: Instant) -> str:
        """Who served a customer last, if not before `since`; empty for nobody."""
        agent_id, at = self._of.get(customer, ("", since))
        return agent_id if at >= since else ""

    def rows(self, pool: str) -> Iterator[LastAgentRow]:
        """All that is remembered, the oldest first."""
        for customer, (agent_id, at) in self._of.items():
            yield LastAgentRow(pool=pool, customer=customer, agent_id=agent_id, served_at=at)

    def restore(self, row: LastAgentRow) -> None:
        """Take a row back, after those before it."""
        self._of[row.customer] = (row.agent_id, row.served_at)
