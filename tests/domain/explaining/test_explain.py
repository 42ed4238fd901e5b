"""A supervisor asks why: `kindline explain` names who was considered, which rule left out whom, and what happened."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kindline.language.agents import AgentStatus, SessionClosed, SessionCloseReason, SetStatus, TransferInteraction
from kindline.language.content import Content
from kindline.language.events import MessageReceived
from kindline.language.facts import Fact, OfferIssued
from kindline.language.plan import PoolLimits
from kindline.language.queue_rules import LadderStep
from kindline.ledger.port import LedgerUnavailable
from tests.domain.explaining.ledger import Written, said, written
from tests.given import Centre, agent, needs, plan, queue


def explained(ledger: Written, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What the command says to programs."""
    result = said(ledger.open, *arguments, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def rules(offer: dict[str, Any]) -> dict[str, str]:
    """Who was left out of an offer, by which rule."""
    return {one["agent_id"]: one["rule"] for one in offer["candidates"] if one["rule"]}


def busy_morning() -> tuple[Centre, str]:
    """Amy serves billing, Bob lacks the skill, Cy is on a break, Dee has her hands full, Eve is at home."""
    agents = (agent("amy", billing=3), agent("bob"), agent("cy", billing=2), agent("dee", billing=2), agent("eve"))
    centre = Centre(plan(agents=agents))
    centre.at_work("dee")
    centre.arrives("first", "billing-chat")
    centre.accepts("dee")
    centre.at_work("bob", "cy", "amy")
    centre.says("cy", SetStatus(status=AgentStatus.BREAK))
    centre.wait(5)
    centre.arrives("second", "billing-chat")
    centre.wait(3)
    centre.accepts("amy")
    centre.wait(60)
    centre.finishes("amy", "second")
    return centre, centre.id("second")


def test_every_agent_who_was_left_out_is_named_with_the_rule() -> None:
    """Bob lacks the skill, Cy is not available, Dee has no room, and Eve is not signed in."""
    centre, name = busy_morning()
    [offer] = explained(written(centre), name)["offers"]
    assert rules(offer) == {"bob": "skill", "cy": "status", "dee": "capacity"}
    assert offer["not_signed_in"] == ["eve"]
    assert (offer["agent_id"], offer["plan_version"], offer["choice"]) == ("amy", 1, "least_work")
    assert [one["agent_id"] for one in offer["candidates"] if not one["rule"]] == ["amy"]


def test_the_whole_history_is_told_in_order() -> None:
    """From the arrival to the close, in sentences with the time of the pool."""
    centre, name = busy_morning()
    result = said(written(centre).open, name)
    assert result.exit_code == 0, result.output
    told = [line.split("  ")[-1] for line in result.stdout.splitlines() if line.startswith("  ")]
    assert told == [
        "Received by chat at billing-chat",
        "Queued in billing (arrived) with priority 0, needing billing at level 1",
        "Offer 1 to amy",
        "Offer 1: amy accepted it",
        "Answered by amy after 3 s",
        "Completed by the agent; amy wraps up",
        "Closed (wrap up finished)",
    ]
    assert "skill" in result.stdout
    assert "lacks a skill" in result.stdout


def test_an_offer_that_went_by_and_the_next_are_both_explained() -> None:
    """Amy declines, so for the second offer the back-off leaves her out, and Bob gets it."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.arrives("one")
    [first] = centre.offered_to("one")
    centre.declines(first)
    [second] = centre.offered_to("one")
    found = explained(written(centre), centre.id("one"))
    assert [offer["agent_id"] for offer in found["offers"]] == [first, second]
    assert rules(found["offers"][1]) == {first: "back_off"}
    assert f"Offer 1: {first} declined it" in [told["sentence"] for told in found["history"]]


def test_two_offers_of_one_batch_see_each_other() -> None:
    """Two customers wait for two agents of one batch: who got the first has no room when the second is given away."""
    centre = Centre(plan())
    centre.arrives("one")
    centre.arrives("two")
    centre.signs_in("amy", "bob")
    before = len(centre.log)
    for name in ("amy", "bob"):
        centre.says(name, SetStatus(status=AgentStatus.AVAILABLE))
    # One batch may hold many decisions: they are of one instant.
    together = tuple(fact for _, facts in centre.log[before:] for fact in facts)
    centre.log[before:] = [(centre.now, together)]
    ledger = written(centre)
    assert rules(explained(ledger, centre.id("one"))["offers"][0]) == {"bob": "status"}
    assert rules(explained(ledger, centre.id("two"))["offers"][0]) == {"amy": "capacity"}


def test_scores_of_those_who_could_have_been_chosen_are_told() -> None:
    """Whoever worked least is chosen; the other could have been, and their score is higher."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.wait(700)
    centre.arrives("one")
    [busy] = centre.offered_to("one")
    centre.accepts(busy)
    centre.wait(300)
    centre.finishes(busy, "one")
    centre.wait(60)
    centre.arrives("two")
    [offer] = explained(written(centre), centre.id("two"))["offers"]
    scores = {one["agent_id"]: one["score"] for one in offer["candidates"]}
    assert offer["agent_id"] != busy
    assert scores[offer["agent_id"]] == pytest.approx(offer["score"])
    assert scores[busy] > offer["score"]


def test_a_transfer_and_a_second_agent_are_part_of_the_tale() -> None:
    """Bob gives the customer to billing, where only Amy can serve them."""
    centre = Centre(plan())
    centre.at_work("bob")
    centre.arrives("one")
    centre.accepts("bob")
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="billing"))
    centre.at_work("amy")
    found = explained(written(centre), centre.id("one"))
    sentences = [told["sentence"] for told in found["history"]]
    assert "Queued in billing (transferred, from bob) with priority 0, needing billing at level 1" in sentences
    assert rules(found["offers"][1]) == {"bob": "skill"}


def test_who_passed_a_customer_on_is_not_said_to_have_declined_them() -> None:
    """Bob is left out for a while because he gave the customer away; the word for the rule owns to that, too."""
    centre = Centre(plan(agents=(agent("amy", billing=3), agent("bob", billing=3))))
    centre.at_work("bob")
    centre.arrives("one")
    centre.accepts("bob")
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="billing"))
    centre.at_work("amy")
    ledger = written(centre)
    assert rules(explained(ledger, centre.id("one"))["offers"][1]) == {"bob": "back_off"}
    assert "passed it on" in " ".join(said(ledger.open, centre.id("one")).stdout.split())


def test_who_comes_back_from_a_lost_agent_is_not_said_to_need_again_what_the_ladder_let_go() -> None:
    """Billing is needed no more after ten seconds; Bob, who knows none, is lost, and the steps taken still hold."""
    ladder = (LadderStep(after_seconds=10, drop_skills=("billing",), raise_priority=2),)
    queues = (queue(needs=needs(billing=1), ladder=ladder), queue("billing"))
    centre = Centre(plan(queues=queues))
    centre.at_work("bob")
    centre.arrives("one")
    centre.wait(10)
    centre.accepts("bob")
    centre.tell("bob", SessionClosed(session_id="bob-1", reason=SessionCloseReason.STREAM_LOST))
    centre.wait(60)
    sentences = [told["sentence"] for told in explained(written(centre), centre.id("one"))["history"]]
    assert "Queued in general (arrived) with priority 0, needing billing at level 1" in sentences
    assert sentences[-1] == "Queued in general (agent lost, from bob), with priority and needs as before"
    row = centre.interaction("one")
    assert row.relaxed is not None
    assert (row.relaxed.priority, row.relaxed.needs) == (2, needs())


def test_the_beginning_of_an_id_is_enough_and_so_is_the_id_of_an_offer() -> None:
    """Eight characters find the interaction; an offer's id finds its offer."""
    centre, name = busy_morning()
    ledger = written(centre)
    assert explained(ledger, name[:8])["interaction_id"] == name
    assert [offer["number"] for offer in explained(ledger, f"{name}.1")["offers"]] == [1]
    assert [offer["number"] for offer in explained(ledger, name, "--offer", "1")["offers"]] == [1]


def test_the_last_one_routed_need_not_be_named() -> None:
    """`--last` takes the interaction of the last offer."""
    centre, name = busy_morning()
    assert explained(written(centre), "--last")["interaction_id"] == name


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["0f0f0f0f"], "no interaction in the ledger has an id that begins with 0f0f0f0f"),
        (["0f0f0"], "at least its first 8 characters"),
        (["Hello"], "is no id"),
        ([], "name one interaction, or say --last"),
        (["0f0f0f0f", "--last"], "name one interaction, or say --last"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_so(arguments: list[str], words: str) -> None:
    """The command ends with code 2 and says what was wrong."""
    centre, _ = busy_morning()
    result = said(written(centre).open, *arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_an_offer_that_never_was_is_told_so() -> None:
    """An interaction with one offer has no third, and nobody has been offered anything in an empty ledger."""
    centre, name = busy_morning()
    result = said(written(centre).open, name, "--offer", "3")
    assert (result.exit_code, "has no offer 3; its offers: 1" in result.output) == (2, True)
    result = said(written(Centre(plan())).open, "--last")
    assert (result.exit_code, "nobody has been offered anything yet" in result.output) == (2, True)


def test_a_beginning_that_two_interactions_share_is_not_guessed() -> None:
    """Both ids are named, and a person says more."""
    centre, name = busy_morning()
    twin = f"{name[:9]}0000-5000-8000-000000000000"
    centre.log.extend(
        (at, tuple(replace(fact, interaction_id=twin) for fact in facts if isinstance(fact, OfferIssued)))
        for at, facts in list(centre.log)
    )
    result = said(written(centre).open, name[:8])
    assert result.exit_code == 2
    assert name in result.output
    assert twin in result.output


def test_reading_begins_at_a_snapshot_and_tells_the_same() -> None:
    """With a snapshot before the interaction and the log cut up to it, the candidates are the same."""
    centre, _ = busy_morning()
    ledger = written(centre)
    ledger.snapshot(centre)
    begins = ledger.end
    centre.wait(30)
    centre.arrives("third", "billing-chat")
    name = centre.id("third")
    written(centre, ledger)
    from_start = explained(ledger, name)
    ledger.trim(begins)
    assert rules(from_start["offers"][0]) == {"bob": "skill", "cy": "status", "dee": "capacity"}
    assert explained(ledger, name) == from_start


def test_a_log_that_was_cut_before_the_interaction_tells_what_is_left() -> None:
    """Without a snapshot that leads there, who was considered is unknown, and the command says so."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    ledger = written(centre)
    ledger.trim(ledger.end)
    centre.arrives("one")
    written(centre, ledger)
    [offer] = explained(ledger, centre.id("one"))["offers"]
    assert offer["candidates"] is None
    assert "the log was cut before this interaction came" in said(ledger.open, centre.id("one")).stdout


def test_what_never_counted_is_no_part_of_the_tale() -> None:
    """An owner who was superseded wrote an offer to Zoe: nobody ever saw it."""
    centre, name = busy_morning()
    ghost = replace(centre.facts(OfferIssued)[-1], agent_id="zoe", number=9)
    ledger = written(centre)
    ledger.write(centre.now, (ghost,), owner="yesterday's owner")
    assert [offer["agent_id"] for offer in explained(ledger, name)["offers"]] == ["amy"]


def test_a_log_whose_reason_is_wrong_is_found_out() -> None:
    """A decision that says two agents could have been chosen, where there was one, ends with code 1 and says it."""
    centre, name = busy_morning()

    def lied(fact: Fact) -> Fact:
        if isinstance(fact, OfferIssued) and fact.interaction_id == name:
            return replace(fact, choice=replace(fact.choice, eligible=2))
        return fact

    centre.log[:] = [(at, tuple(lied(fact) for fact in facts)) for at, facts in centre.log]
    ledger = written(centre)
    [offer] = explained(ledger, name, code=1)["offers"]
    assert offer["differences"] == ["agents who could have been chosen: the log says 2, the rules say 1"]
    result = said(ledger.open, name)
    assert result.exit_code == 1
    assert "The log's own reason differs" in result.stdout


def test_an_agent_whom_the_rules_would_not_have_chosen_is_found_out() -> None:
    """A decision that gave the customer to somebody on a break is contradicted."""
    centre, name = busy_morning()

    def lies(facts: tuple[Fact, ...]) -> bool:
        return any(isinstance(fact, OfferIssued) and fact.agent_id == "cy" for fact in facts)

    def lied(fact: Fact) -> Fact:
        mine = getattr(fact, "interaction_id", "") == name and getattr(fact, "agent_id", "") == "amy"
        return replace(fact, agent_id="cy") if mine and isinstance(fact, OfferIssued) else fact

    told = [(at, tuple(lied(fact) for fact in facts)) for at, facts in centre.log]
    # What followed from the true offer would be no story any more.
    last = next(number for number, (_, facts) in enumerate(told) if lies(facts))
    centre.log[:] = told[: last + 1]
    [offer] = explained(written(centre), name, code=1)["offers"]
    assert "agent: the log says cy, the rules say amy" in offer["differences"]


def test_a_rest_between_two_assignments_is_named() -> None:
    """Amy was given work a moment ago, so the gap of the plan leaves her out."""
    centre = Centre(plan(limits=PoolLimits(assignment_gap_seconds=30.0), channels=()))
    centre.at_work("amy")
    centre.arrives("one")
    centre.accepts("amy")
    centre.at_work("bob")
    centre.arrives("two", needing=needs())
    [offer] = explained(written(centre), centre.id("two"))["offers"]
    assert rules(offer) == {"amy": "assignment_gap"}


def test_no_word_of_the_customer_is_shown() -> None:
    """The history says that they wrote, never what."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.event(MessageReceived(message_id="m1", content=Content(body="my card is 4111")), "one")
    ledger = written(centre)
    assert "4111" not in said(ledger.open, centre.id("one")).output
    assert "4111" not in said(ledger.open, centre.id("one"), "--json").output


def test_a_broker_that_is_away_is_told_in_words() -> None:
    """Without Kafka the command says where it looked and ends with code 2."""

    async def nobody(_kafka: str, _name: str) -> Any:  # noqa: ANN401
        raise LedgerUnavailable("no answer")

    result = said(nobody, "0f0f0f0f", "--kafka", "127.0.0.1:1")
    assert result.exit_code == 2
    assert "The ledger at 127.0.0.1:1 cannot be read: no answer" in result.output
