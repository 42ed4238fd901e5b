"""What sleep does to an agent's time: when it begins after a hold, what counts as work, and whose turn it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.plan import ChannelPlan
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.test_dormant import SILENCE, carried, sleepy, speaks, talking


def test_the_silence_begins_anew_after_a_hold() -> None:
    """Amy put Kim on hold for an hour's third; Kim gets five minutes to answer once the hold is over."""
    centre = talking("kim")
    name = centre.id("kim")
    centre.says("amy", a.HoldInteraction(interaction_id=name))
    centre.wait(1_200.0)
    assert centre.state("kim") is S.HELD
    centre.says("amy", a.ResumeInteraction(interaction_id=name))
    centre.wait(SILENCE - 1.0)
    assert centre.state("kim") is S.ACTIVE
    centre.wait(1.0)
    assert centre.state("kim") is S.DORMANT


def test_sleep_never_costs_more_than_being_awake_did() -> None:
    """Kim's chat took 20 units when it began; under a plan in which sleep takes 30, it sleeps at 20."""
    cheap = ChannelPlan(channel=Channel.CHAT, units=20, at_once=2, dormant_after_seconds=SILENCE, dormant_units=10)
    dear = replace(cheap, units=50, dormant_units=30)
    centre = talking("kim", in_force=replace(sleepy(), channels=(cheap,)))
    centre.publish(replace(sleepy(), version=2, channels=(dear,)))
    centre.wait(SILENCE)
    assert carried(centre, "kim") == (S.DORMANT, 20)
    speaks(centre, "kim")
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_work_is_counted_up_to_the_moment_of_sleep_and_from_that_of_waking() -> None:
    """Five minutes at half of Amy, twenty at a tenth, and ten at half again: 9.5 minutes of work, no more, no less."""
    centre = talking("kim")
    centre.wait(SILENCE + 1_200.0)
    speaks(centre, "kim")
    centre.wait(600.0)
    centre.finishes("amy", "kim")
    known = centre.agent("amy")
    assert known is not None
    worked = sum((span.to_time - span.from_time) * span.load for span in known.spans)
    assert worked == pytest.approx(0.5 * 300 + 0.1 * 1_200 + 0.5 * 600)


def test_a_sleeper_that_goes_to_the_queue_does_not_cost_its_agent_their_turn() -> None:
    """Amy has been idle since Kim fell asleep; that Kim speaks while she is on a break changes nothing of it."""
    centre = talking("kim")
    centre.wait(SILENCE)
    since = centre.now
    centre.wait(100.0)
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    speaks(centre, "kim")
    assert centre.state("kim") is S.QUEUED
    known = centre.agent("amy")
    assert known is not None
    assert known.idle_since == since
