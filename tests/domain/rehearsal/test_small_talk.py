"""What demo agents say is kind, marked, in the customer's language, and about what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kindline.rehearsal.domain.small_talk import OPENINGS, answer, closing, language_of

MARKS = ("[Demo agent] ", "【演示客服】")


@given(some.text(), some.sampled_from(["", "en", "zh", "zh-CN", "de"]))
def test_every_answer_is_marked_and_short(text: str, known: str) -> None:
    """Whatever is typed, in whatever language, the answer says that a demo agent wrote it, and fits on a screen."""
    found = answer(text, known)
    assert found.startswith(MARKS)
    assert len(found) < 300


@pytest.mark.parametrize(
    "text, part",
    [
        ("Where is my ORDER?", "look up your order"),
        ("I want to return it", "send you a label"),
        ("This is fine", "a person would now take care of it"),
        ("Hi!", "welcome"),
        ("我的订单呢？", "查询您的订单"),
    ],
)
def test_an_answer_is_about_what_was_typed(text: str, part: str) -> None:
    """A word that a demo agent knows gets an answer about it, and every answer quotes the line."""
    assert part in answer(text)
    assert text in answer(text)


def test_a_word_inside_another_is_not_that_word() -> None:
    """Nobody is greeted because they wrote "this"."""
    assert "welcome" not in answer("this thing")


def test_chinese_is_answered_in_chinese() -> None:
    """Chinese writing is answered in Chinese whatever the page says, and English on a Chinese page in English."""
    assert language_of("你好", "en") == "zh"
    assert language_of("hello", "zh") == "en"
    assert closing("zh-CN").startswith("【演示客服】")


def test_a_long_line_is_quoted_in_part() -> None:
    """A long line is quoted by its beginning, on one line."""
    found = answer("word\n" * 200)
    assert "…" in found
    assert "\n" not in found


def test_customers_know_what_to_say() -> None:
    """Every place has openings, each of at least two lines."""
    assert all(len(lines) >= 2 for openings in OPENINGS.values() for lines in openings)
