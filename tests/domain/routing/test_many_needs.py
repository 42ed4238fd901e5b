"""What customers may ask for is endless; what is remembered of it is not, and nobody is forgotten who waits."""

import pytest

from kindline.language.facts import OfferIssued
from kindline.language.plan import OrderPlan
from kindline.routing.domain import waiting as waiting_lines
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.interaction_rows import interaction_of
from kindline.routing.domain.order import Order
from kindline.routing.domain.waiting import Waiting
from tests.given import POOL, SHARDS, Centre, agent, needs, plan

KEPT = 300
LANGUAGES = tuple(f"l{number}" for number in range(20))


def customers_come_and_go(centre: Centre, number: int) -> None:
    """So many customers want a language of their own, which nobody speaks, and leave again."""
    for customer in range(number):
        centre.arrives(f"gone-{customer}", needing=needs(f"xx-{customer}"))
        centre.leaves(f"gone-{customer}")


def test_needs_that_nobody_has_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers who each want something else come and go, and leave nothing behind that would slow down the others."""
    monkeypatch.setattr(waiting_lines, "CLASSES_KEPT", KEPT)
    centre, waiting = Centre(plan()), Waiting(frozenset({"general", "billing"}), Order(OrderPlan()))
    for sequence in range(KEPT + 100):
        centre.arrives("t1", needing=needs(f"xx-{sequence}"))
        interaction = interaction_of(centre.interaction("t1"), sequence)
        centre.leaves("t1")
        waiting.add(interaction, sequence)
        if sequence % 10:
            waiting.remove(interaction)
    assert waiting.classes < KEPT / 2


def test_whoever_waits_or_is_offered_meanwhile_is_served_as_if_nothing_had_been_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same agents get the same customers as in an engine that has seen nothing of those who left."""
    monkeypatch.setattr(waiting_lines, "CLASSES_KEPT", KEPT)
    crew = tuple(agent(f"a{number:02}", languages=LANGUAGES[number : number + 3]) for number in range(18))
    centre = Centre(plan(agents=(*crew, agent("amy", billing=3))))
    centre.at_work("a00", "a01", "amy")
    customers_come_and_go(centre, 10)
    for number in range(60):
        centre.arrives(f"t{number}", needing=needs(LANGUAGES[number % 20]), age=float(60 - number))
    customers_come_and_go(centre, KEPT + 10)
    other = Engine(centre.shard, SHARDS)
    other.restore(list(centre.engine.rows()), centre.engine.decided_at)
    seen = len(centre.inputs)
    centre.declines("a00")
    centre.at_work(*(one.agent_id for one in crew[2:]))
    for one in crew[1:]:
        centre.accepts(one.agent_id)
        centre.finishes(one.agent_id, thread_with(centre, one.agent_id))
    centre.wait(40)
    again = [other.decide(given, now) for now, given in centre.inputs[seen:]]
    decided = [list(facts) for _, facts in centre.log[seen:]]
    assert again == decided
    assert sum(isinstance(fact, OfferIssued) for facts in decided for fact in facts) > 40
    assert other.fingerprint() == centre.engine.fingerprint()


def thread_with(centre: Centre, agent_id: str) -> str:
    """The thread that an agent works on."""
    return centre.engine.work_of(POOL, agent_id)[0].received.thread
