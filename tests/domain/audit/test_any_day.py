"""Anything may happen in any order, and the audit, which shares no code with the engine, finds nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

from tests.domain.audit.recorded import audited
from tests.domain.routing.days import busy_day
from tests.domain.routing.test_capacity_machine import NarrowDay
from tests.domain.routing.test_machine import AnyDay
from tests.domain.routing.test_waiting_machine import RestlessDay

FEW = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # A day is not made shorter when something is found: the violation's own words say what it is, and where.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


def judge(day: AnyDay) -> None:
    """Nothing is to be found in a day that is over."""
    if hasattr(day, "centre"):
        assert day.reader.violations == {}
        assert [(one.invariant, one.place, one.what) for one in audited(day.centre.log).findings.kept] == []


class AuditedDay(AnyDay):
    """Any day of the engine's own machine, read by an auditor when it is over."""

    def teardown(self) -> None:
        """Nothing is to be found."""
        super().teardown()
        judge(self)


class AuditedNarrowDay(NarrowDay):
    """A day on which agents hold much, fall silent and are interrupted."""

    def teardown(self) -> None:
        """Nothing is to be found."""
        super().teardown()
        judge(self)


class AuditedRestlessDay(RestlessDay):
    """A day of ladders, limits, hours and overflow."""

    def teardown(self) -> None:
        """Nothing is to be found."""
        super().teardown()
        judge(self)


AuditedDay.TestCase.settings = AuditedNarrowDay.TestCase.settings = AuditedRestlessDay.TestCase.settings = FEW
TestAuditedDay = AuditedDay.TestCase
TestAuditedNarrowDay = AuditedNarrowDay.TestCase
TestAuditedRestlessDay = AuditedRestlessDay.TestCase


def test_a_busy_day_has_nothing_to_complain_of() -> None:
    """Fifteen agents of unlike skills, hundreds of customers of unlike priority: nobody is passed or overloaded."""
    assert audited(busy_day().log).findings.kept == []
