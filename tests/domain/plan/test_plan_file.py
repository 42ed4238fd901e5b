"""Plans as people write them: read with care, refused with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from kindline.commands.plan_file import DEFAULT_PLAN, PlanFileError, read_plans
from kindline.language.calendars import Weekday
from kindline.language.content import Channel
from kindline.language.plan import EntryPointPlan
from kindline.language.queue_rules import OverflowAction

GOOD = """\
pools:
  - pool: acme/support
    skills: [orders]
    queues:
      - name: english
        needs: {skills: [{skill: orders, level: 2}]}
    entry_points:
      - {name: web, channel: chat, queue: english}
    agents:
      - agent_id: amy
        skills: [{skill: orders, level: 3}]
"""


def refused(tmp_path: Path, text: str) -> str:
    """What a person reads who tries this plan."""
    file = tmp_path / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanFileError) as error:
        read_plans(file)
    return str(error.value).replace(str(file), "plan.yaml")


def test_a_valid_plan_is_read_with_its_defaults(tmp_path: Path) -> None:
    """What a plan leaves out has a usable default."""
    file = tmp_path / "plan.yaml"
    file.write_text(GOOD, encoding="utf-8")
    (plan,) = read_plans(file)
    assert plan.entry_points == (EntryPointPlan(name="web", channel=Channel.CHAT, queue="english"),)
    assert (plan.version, plan.queues[0].offer_seconds, plan.agents[0].units) == (1, 20.0, 100)


def test_hours_are_written_as_on_a_door(tmp_path: Path) -> None:
    """Days by name, times and dates without quotes, and what happens when the door is shut."""
    file = tmp_path / "plan.yaml"
    office = """\
    calendars:
      - name: office
        frames: [{days: [monday, sunday], opens: 09:00, closes: 17:30}]
        holidays: [{date: 2026-12-25, title: Christmas}]
    queues:
      - name: english
        calendar: office
        overflow: [{cause: closed, action: leave_message, announce: closed}]
"""
    file.write_text(GOOD.replace("    queues:\n      - name: english\n", office), encoding="utf-8")
    [plan] = read_plans(file)
    [calendar] = plan.calendars
    assert (calendar.frames[0].days, calendar.frames[0].closes) == ((Weekday.MONDAY, Weekday.SUNDAY), "17:30")
    assert calendar.holidays[0].date == "2026-12-25"
    assert plan.queues[0].overflow[0].action is OverflowAction.LEAVE_MESSAGE


def test_a_holiday_that_no_calendar_has_is_named_like_any_other_mistake(tmp_path: Path) -> None:
    """The 29th of February of a common year, without quotes, is told with its line and field."""
    office = "    calendars: [{name: office, holidays: [{date: 2026-12-25}, {date: 2026-02-29}]}]\n"
    assert "plan.yaml:12: pools.0.calendars.0.holidays.1.date: is '2026-02-29'" in refused(tmp_path, GOOD + office)


def test_the_plan_that_comes_with_kindline_is_valid() -> None:
    """Two tenants, English and Chinese queues, voice, chat and web hook."""
    plans = read_plans(DEFAULT_PLAN)
    channels = {point.channel for plan in plans for point in plan.entry_points}
    assert [plan.pool for plan in plans] == ["acme/support", "borough/citizens"]
    assert channels == {Channel.CHAT, Channel.VOICE, Channel.WEB_HOOK}


@pytest.mark.parametrize(
    "wrong, right, line, words",
    [
        ("skill: orders, level: 2", "skill: order, level: 2", 6, "unknown skill 'order'"),
        ("skill: orders, level: 2", "skill: orders, level: 9", 6, "levels go from 1 to 5"),
        ("channel: chat", "channel: chatt", 8, "must be one of: voice, chat"),
        ("queue: english", "queue: englsh", 8, "unknown queue 'englsh'"),
        ("agent_id: amy", "agent_id: english", 10, "is a queue's name too"),
        ("agent_id: amy", "agent_ids: amy", 10, "there is no such field"),
        (
            "level: 3}",
            "level: 3}, {skill: orders, level: 1}",
            11,
            "'orders' is there already; each skill has one level",
        ),
        ("level: 3", "level: 1", 5, "nobody in the plan can serve 'english' on chat"),
        ("acme/support", "acme", 2, "must read tenant/pool"),
        ("name: english\n", "name: english\n        offer_seconds: soon\n", 6, "must be a number"),
        ("name: english\n", "name: english\n        offer_seconds: 0\n", 6, "more than 0 seconds"),
        ("name: english\n", "name: english\n        offers_at_once: 0\n", 6, "1 or more"),
        ("skills: [orders]", "skills: orders", 3, "must be a list"),
        ("level: 3", "level: " + "9" * 5_000, 11, "level: is '999"),
        ("level: 3", "level: 0x" + "9" * 5_000, 11, "level: is '0x999"),
        ("name: english\n", "name: english\n        weight: " + "9" * 400 + "\n", 6, "weight: is '999"),
        ("name: english\n", "name: english\n        offer_seconds: " + "9" * 400 + "\n", 6, "offer_seconds: is '999"),
        ("agent_id: amy", 'agent_id: "\\ud800"', 10, "it must be text"),
        ("level: 3", "level: !!int three", 11, "level: is 'three'; it must be a whole number"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, wrong: str, right: str, line: int, words: str) -> None:
    """A person who writes a plan reads where the mistake stands and what would be right."""
    message = refused(tmp_path, GOOD.replace(wrong, right, 1))
    assert f"plan.yaml:{line}:" in message
    assert words in message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Nobody mends a plan one mistake at a time."""
    message = refused(tmp_path, GOOD.replace("skill: orders, level: 2", "skill: x, level: 9").replace("chat", "chatt"))
    assert len(message.splitlines()) >= 1
    again = refused(tmp_path, GOOD.replace("skill: orders, level: 2", "skill: x, level: 9"))
    assert len(again.splitlines()) == 3


def test_a_mistake_in_one_pool_hides_none_in_the_next(tmp_path: Path) -> None:
    """Both pools name a skill that there is not, and both are told."""
    wrong = GOOD.replace("skill: orders, level: 2", "skill: order, level: 2")
    message = refused(tmp_path, wrong + wrong.removeprefix("pools:\n").replace("acme/support", "acme/sales"))
    assert [line.split()[1] for line in message.splitlines() if "unknown skill" in line] == [
        "pools.0.queues.0.needs.skills.0.skill:", "pools.1.queues.0.needs.skills.0.skill:"
    ]  # fmt: skip


def test_what_slipped_out_of_its_pool_is_named(tmp_path: Path) -> None:
    """Reason codes without their two steps to the right would be left out of the plan without a word."""
    message = refused(tmp_path, GOOD + "reason_codes: [busy]\n")
    assert message.startswith("plan.yaml:12: reason_codes: there is no such field")


@pytest.mark.parametrize(
    "text", ["", "pools: []", "- a", "pools: 3", "pools:\n  - [1", "pools:\n  - \x00", "pools: " + "[" * 500]
)
def test_what_is_no_plan_is_refused_in_plain_words(tmp_path: Path, text: str) -> None:
    """An empty file, a list or broken YAML is named as what it is."""
    assert refused(tmp_path, text).startswith("plan.yaml:")


def test_a_few_lines_that_repeat_each_other_without_end_are_refused_at_once(tmp_path: Path) -> None:
    """Nine lists of nine times the one before hold more words than there is memory; that they are a list is enough."""
    lists = ["        - &a0 [x]"] + [f"        - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    told = refused(tmp_path, "pools:\n  - queues:\n" + "\n".join(lists) + "\n    pool: *a11\n")
    assert "pools.0.pool: is a list; it must be text" in told


def test_a_control_character_is_named_with_its_line(tmp_path: Path) -> None:
    """What no editor shows is found by its line."""
    told = refused(tmp_path, GOOD.replace("agent_id: amy", "agent_id: a\x07my"))
    assert told == "plan.yaml:10: holds the control character #x07; take it out"


def test_a_pool_stands_once(tmp_path: Path) -> None:
    """Two plans for one pool in one file are a mistake."""
    twice = GOOD + GOOD.removeprefix("pools:\n")
    assert "each pool stands once" in refused(tmp_path, twice)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is answered with what to give."""
    with pytest.raises(PlanFileError, match="give the path of a plan file"):
        read_plans(tmp_path / "nowhere.yaml")
