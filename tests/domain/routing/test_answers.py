"""What is remembered of answers to commands."""

from kindline.language.facts.agents import RefusalReason
from kindline.routing.domain.answers import Answers

KEY = ("bank/cards", "anna", "command-1")


def test_a_command_that_was_answered_keeps_its_first_answer_until_it_is_forgotten() -> None:
    """Whoever asks again hears what they heard first, and a second answer neither stays longer nor is in the way."""
    answers = Answers()
    answers.keep((KEY, 10.0, RefusalReason.UNSPECIFIED, "first"))
    answers.keep((KEY, 20.0, RefusalReason.UNSPECIFIED, "second"))
    row = answers.get(KEY)
    assert row is not None
    assert (row.answered_at, row.answer.detail) == (10.0, "first")
    assert [each.answer.command_id for each in answers.rows()] == ["command-1"]
    answers.forget(900.0, 10.0 + 900.0)
    assert answers.get(KEY) is not None
    answers.forget(900.0, 10.0 + 900.5)
    assert answers.get(KEY) is None
