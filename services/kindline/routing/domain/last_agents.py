"""Who served which customer last, for queues that let customers meet the same agent again.

Kept only while the plan in force has such a queue, for as many days as it says and for so many customers; the oldest
are forgotten first, and only when somebody is served, so that every engine forgets the same at the same fact.
"""

from __future__ import annotations

import math

from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.queue_rules import PreferencePlan, Preferred
from kindline.language.snapshot import LastAgentRow
from kindline.routing.domain.roll import Roll

MOST_CUSTOMERS = 100_000
DAY = 86_400.0
USUAL_DAYS = 7


def remembered_seconds(preference: PreferencePlan) -> float:
    """For how long an agent is remembered under a preference."""
    return (preference.remember_days or USUAL_DAYS) * DAY


class LastAgents:
    """The last agent of each customer of one pool, the longest unserved first."""

    __slots__ = ("_numbers", "_pool", "_seconds", "roll")

    def __init__(self) -> None:
        """Begin with nobody, and nothing to remember."""
        self.roll: Roll[LastAgentRow] = Roll()
        self._numbers: dict[str, int] = {}
        self._seconds = 0.0
        self._pool = ""

    def adopt(self, plan: Plan) -> None:
        """Remember for as long as the plan has use for it."""
        self._pool = plan.pool
        kept = [q.preference for q in plan.queues if q.preference and q.preference.prefer is Preferred.LAST_AGENT]
        self._seconds = max(map(remembered_seconds, kept), default=0.0)
        if not self._seconds and self._numbers:
            self.roll, self._numbers = Roll(), {}

    def served(self, customer: str, agent_id: str, at: Instant) -> None:
        """An agent and a customer are together; a customer without a name is never remembered."""
        if not (self._seconds and customer):
            return
        if customer in self._numbers:
            self._forget(self._numbers[customer])
        self.restore(LastAgentRow(pool=self._pool, customer=customer, agent_id=agent_id, served_at=at))
        while len(self._numbers) > MOST_CUSTOMERS or self._longest_ago() + self._seconds < at:
            self._forget(self.roll.first())

    def of(self, customer: str, since: Instant) -> str:
        """Who served a customer last, if not before `since`; empty for nobody."""
        number = self._numbers.get(customer)
        row = None if number is None else self.roll.at(number)
        return row.agent_id if row is not None and row.served_at >= since else ""

    def restore(self, row: LastAgentRow) -> None:
        """Take a row back, after those before it."""
        self._numbers[row.customer] = self.roll.add(row)

    def _longest_ago(self) -> Instant:
        oldest = self.roll.at(self.roll.first())
        return math.inf if oldest is None else oldest.served_at

    def _forget(self, number: int) -> None:
        del self._numbers[self.roll.remove(number).customer]
