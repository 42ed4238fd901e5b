"""Nobody new joins a queue whose expected wait is longer than its plan allows, and what is not known stops nobody."""

from __future__ import annotations

from dataclasses import replace

from kindline.language.agents import TransferInteraction
from kindline.language.facts import InteractionDeflected, InteractionQueued
from kindline.language.plan import Plan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.estimators import expected_wait
from kindline.routing.domain.inputs import TimersDue
from tests.given import Centre, agent, plan, queue

TOO_LONG = OverflowCause.WAIT_TOO_LONG
DEFLECT = OverflowRule(cause=TOO_LONG, action=OverflowAction.DEFLECT, announce="too-long")
ELSEWHERE = OverflowRule(cause=TOO_LONG, action=OverflowAction.TO_QUEUE, queue="billing")


def under(longest: float, rule: OverflowRule, version: int = 1) -> Plan:
    """A plan whose general queue lets nobody wait longer than this."""
    limits = QueueLimits(longest_expected_wait_seconds=longest)
    general = queue(limits=limits, overflow=(rule,), wrap_up_seconds=0.0)
    crew = (replace(agent("amy", billing=3), queues=("billing",)), agent("bob"))
    return plan(version=version, queues=(general, queue("billing")), agents=crew)


def most_told(centre: Centre) -> float:
    """What somebody who came now would be told at the most, in seconds; 0 while nothing is known."""
    centre.decide(TimersDue())
    found = expected_wait(centre.engine._state, centre.pool, "general")  # noqa: SLF001
    return found.most_seconds if found else 0.0


def serve_next(centre: Centre) -> None:
    """Bob is done with whom he has, and takes the next."""
    for row in centre.engine.work_of(centre.pool, "bob"):
        if row.agent_id:
            centre.completes("bob", row.received.thread)
    for offer in centre.offers("bob"):
        centre.accepts("bob", offer)


def busy(centre: Centre, customers: int) -> list[tuple[float, S]]:
    """Customers come every twenty seconds, and Bob needs a minute for each; gives what each would have been told."""
    centre.at_work("bob")
    found = []
    for step in range(customers):
        told = most_told(centre)
        centre.arrives(f"t{step}")
        found.append((told, centre.state(f"t{step}")))
        if step % 3 == 0:
            serve_next(centre)
        centre.wait(20)
    return found


def test_nobody_joins_who_would_have_to_be_told_more_than_the_plan_allows() -> None:
    """The wait grows; whoever comes while it is too long is sent away with the reason, and nobody else is."""
    centre = Centre(under(240.0, DEFLECT))
    found = busy(centre, 90)
    assert [told > 240.0 for told, _ in found] == [state is S.DEFLECTED for _, state in found]
    deflected = centre.facts(InteractionDeflected)
    assert len(deflected) > 10
    assert {(fact.overflow_cause, fact.announcement) for fact in deflected} == {(TOO_LONG, "too-long")}


def test_whoever_was_served_already_may_use_the_buffer() -> None:
    """A wait a tenth above the limit sends away who is new and not who is passed on; one far above it sends both."""
    for share, expected in ((1.1, "general"), (2.0, "billing")):
        centre = Centre(under(1e6, ELSEWHERE))
        busy(centre, 90)
        centre.arrives("old", "billing-chat")
        centre.at_work("amy")
        centre.accepts("amy")
        centre.publish(under(most_told(centre) / share, ELSEWHERE, version=2))
        centre.arrives("new")
        centre.says("amy", TransferInteraction(interaction_id=centre.id("old"), queue="general"))
        found = [centre.interaction(name).queued for name in ("new", "old")]
        assert [fact.queue for fact in found if fact] == ["billing", expected]


def test_what_is_not_known_stops_nobody() -> None:
    """On the first morning nothing is known of waits, and everybody joins."""
    centre = Centre(under(1.0, DEFLECT))
    for number in range(50):
        centre.arrives(f"t{number}")
    assert len(centre.facts(InteractionQueued)) == 50
