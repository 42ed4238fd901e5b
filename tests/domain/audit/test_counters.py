"""The owner's own counters: what one fact shows to be wrong is counted while it is folded, before any audit runs."""

from __future__ import annotations

from dataclasses import replace

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.invariants import INVARIANTS
from tests.domain.audit.recorded import Log, with_last
from tests.domain.audit.test_ladders import climbing
from tests.domain.audit.test_rules_of_queues import waits_for_zoe
from tests.domain.audit.test_what_agents_hold import above_her_units, on_the_line
from tests.domain.audit.test_who_is_passed import offered
from tests.given import SHARDS, Centre


def counted(centre: Centre, log: Log | None = None) -> dict[str, int]:
    """What an engine counts that folds this log, by default all that the centre decided."""
    reader = Engine(centre.shard, SHARDS)
    for decided_at, facts in log if log is not None else centre.log:
        reader.apply(facts, decided_at)
    assert set(reader.violations) <= set(INVARIANTS)
    return dict(reader.violations)


def test_right_days_count_nothing() -> None:
    """Steps, preferences, interruptions, more than an agent can hold: by the rules none of them is a violation."""
    days = [climbing(), waits_for_zoe(), on_the_line(), above_her_units(), offered()]
    days[1].wait(60.0)
    assert [counted(day) for day in days] == [{}] * len(days)


def test_a_step_out_of_order_is_counted() -> None:
    """The third step does not follow the first."""
    assert counted(climbing(), with_last(climbing().log, f.InteractionRelaxed, step=3)) == {"ladder": 1}


def test_an_offer_to_somebody_who_is_not_waited_for_is_counted() -> None:
    """While Zoe is waited for Amy is not offered it."""
    centre = waits_for_zoe()
    offer = replace(
        centre.facts(f.OfferIssued)[-1],
        interaction_id=centre.id("one"),
        offer_id=f"{centre.id('one')}.1",
        agent_id="amy",
        number=1,
    )
    assert counted(centre, [*centre.log, (centre.now, (offer,))]) == {"preference": 1}


def test_the_end_of_a_preference_that_is_not_there_is_counted() -> None:
    """Nobody waited for Amy."""
    centre = waits_for_zoe()
    centre.wait(60.0)
    assert counted(centre, with_last(centre.log, f.PreferenceEnded, agent_id="amy"))["preference_ends"] == 1


def test_an_offer_to_somebody_on_a_break_is_counted() -> None:
    """A break is a break."""
    centre = offered()
    assert counted(centre, with_last(centre.log, f.AgentStatusDeclared, status=AgentStatus.BREAK)) == {"willing": 1}


def test_a_lost_age_is_counted() -> None:
    """Whoever is queued again keeps their age."""
    centre = offered()
    centre.accepts("amy")
    queued = replace(centre.facts(f.InteractionQueued)[-1], waiting_since=centre.now + 1.0, from_agent_id="amy")
    assert counted(centre, [*centre.log, (centre.now, (queued,))]) == {"place_kept": 1}


def test_an_excess_that_is_told_wrongly_is_counted() -> None:
    """Fifty units too many are fifty, not forty."""
    centre = above_her_units()
    assert counted(centre, with_last(centre.log, f.CapacityExceeded, units_over=40)) == {"exceeded": 1}


def test_an_interruption_by_nothing_is_counted() -> None:
    """Only what the agent has just taken interrupts."""
    centre = on_the_line()
    assert counted(centre, with_last(centre.log, f.InteractionHeld, interrupted_by="nothing"))["interrupted"] == 1
