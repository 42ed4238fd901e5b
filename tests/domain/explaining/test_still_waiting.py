"""A supervisor asks why nobody has a customer who still waits, though people are there."""

from __future__ import annotations

from kindline.language.agents import AgentStatus, SetStatus
from kindline.language.call_backs import CallBackAccepted
from kindline.language.queue_rules import LadderStep
from tests.domain.explaining.ledger import said, written
from tests.domain.explaining.test_explain import explained, rules
from tests.given import Centre, agent, plan, queue


def waiting() -> Centre:
    """Amy is on a break, Bob cannot, Cy is at home; Ann's matter waits while other things happen."""
    centre = Centre(plan(agents=(agent("amy", billing=3), agent("bob"), agent("cy", billing=1))))
    centre.at_work("amy", "bob")
    centre.arrives("one", "billing-chat")
    centre.accepts("amy")
    centre.arrives("two", "billing-chat")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    centre.wait(30)
    centre.finishes("amy", "one")
    centre.wait(66)
    return centre


def test_of_one_who_still_waits_it_is_told_which_rule_leaves_out_whom_now() -> None:
    """Amy is on her break by now, Bob lacks the skill, Cy is not there: that, and not how it was on arrival."""
    centre = waiting()
    ledger = written(centre)
    found = explained(ledger, centre.id("two"))
    assert found["offers"] == []
    assert rules(found["waiting"]) == {"amy": "status", "bob": "skill"}
    assert found["waiting"]["signed_out"] == ["cy"]
    result = said(ledger.open, centre.id("two"))
    assert "Waits in billing at" in result.stdout
    assert "for 96 s so far" in result.stdout
    assert "is not available" in result.stdout
    assert "lacks a skill" in result.stdout


def test_of_one_who_waits_no_more_nothing_of_the_kind_is_told() -> None:
    """Once somebody has them, how others stand is of no interest."""
    centre = waiting()
    assert explained(written(centre), centre.id("one"))["waiting"] is None
    centre.says("amy", SetStatus(status=AgentStatus.AVAILABLE))
    assert explained(written(centre), centre.id("two"))["waiting"] is None


def test_with_nobody_there_it_is_told_so() -> None:
    """An empty house needs no table."""
    centre = Centre(plan())
    centre.arrives("one")
    result = said(written(centre).open, centre.id("one"))
    assert "Nobody is signed in." in result.stdout
    assert "Not signed in: amy, bob, cy" in result.stdout


def test_a_call_back_is_told_with_its_hour() -> None:
    """The history says that the customer took it, when it is due, and when it came back."""
    steps = (LadderStep(after_seconds=5.0, offer_call_back=True),)
    centre = Centre(plan(queues=(queue(ladder=steps), queue("billing"))))
    centre.arrives("one")
    centre.wait(6)
    centre.event(CallBackAccepted(wished_at=centre.now + 3_600), "one")
    centre.wait(3_601)
    told = [row["sentence"] for row in explained(written(centre), centre.id("one"))["history"]]
    assert "The customer takes a call-back, due 2023-11-14 23:13 UTC, and may leave" in told
    assert "It waits in no queue until 2023-11-14 23:13 UTC" in told
    assert any(sentence.startswith("Queued in general (call back due)") for sentence in told)
