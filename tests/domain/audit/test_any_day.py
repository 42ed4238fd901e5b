"""Anything may happen in any order, and the audit, which shares no code with the engine, finds nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

from tests.domain.audit.recorded import audited
from tests.domain.routing.days import busy_day
from tests.domain.routing.test_machine import AnyDay


class AuditedDay(AnyDay):
    """Any day of the engine's own machine, read by an auditor when it is over."""

    def teardown(self) -> None:
        """Nothing is to be found."""
        super().teardown()
        if hasattr(self, "centre"):
            assert [(one.invariant, one.place, one.what) for one in audited(self.centre.log).findings.kept] == []


AuditedDay.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # A day is not made shorter when something is found: the violation's own words say what it is, and where.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestAuditedDay = AuditedDay.TestCase


def test_a_busy_day_has_nothing_to_complain_of() -> None:
    """Fifteen agents of unlike skills, hundreds of customers of unlike priority: nobody is passed or overloaded."""
    assert audited(busy_day().log).findings.kept == []
