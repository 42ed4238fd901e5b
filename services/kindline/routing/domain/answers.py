"""Which commands were answered, and how: whoever asks again, while they may, gets the same answer.

Of each answer only its values are kept, not the fact that told of it: facts die young, and what comes next is made in
their place, which the processor has at hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language.facts.agents import CommandAnswered, RefusalReason
from kindline.language.ids import Instant
from kindline.language.snapshot import AnswerRow
from kindline.routing.domain.roll import Call, Roll
from kindline.routing.domain.shelves import Shelves

CommandKey = tuple[str, str, str]
"""Pool, agent, command."""
Answer = tuple[CommandKey, Instant, RefusalReason, str]
"""What was answered: the command, when, why it was refused if it was, and in which words."""


class Answers:
    """Answers in the order in which they were given; the oldest are forgotten first."""

    __slots__ = ("_by_key", "_oldest_at", "_roll")

    def __init__(self) -> None:
        """Begin with none."""
        self._roll: Roll[Answer] = Roll()
        self._by_key: Shelves[CommandKey, Answer] = Shelves()
        self._oldest_at: Instant = 0.0
        """No answer on the roll was given before."""

    def get(self, key: CommandKey) -> AnswerRow | None:
        """What was answered, or None."""
        answer = self._by_key.get(key)
        return None if answer is None else _row_of(answer)

    def keep(self, answer: Answer) -> None:
        """Keep an answer, unless the command has one already."""
        key = answer[0]
        if self._by_key.of(key).setdefault(key, answer) is answer:
            self._roll.add(answer)

    def forget(self, after_seconds: float, now: Instant) -> None:
        """Forget what was answered longer ago."""
        if self._oldest_at + after_seconds >= now:
            return
        # They go from the front only, so whoever came next is the next oldest.
        roll, number = self._roll, self._roll.first()
        while (oldest := roll.at(number)) is not None:
            key, answered_at, _, _ = oldest
            if answered_at + after_seconds >= now:
                self._oldest_at = answered_at
                return
            roll.remove(number)
            number += 1
            del self._by_key.of(key)[key]
        self._oldest_at = now

    def rows(self) -> Iterator[AnswerRow]:
        """All of them; nothing may come or go meanwhile."""
        return map(_row_of, self._roll)

    def call(self) -> Call[Answer, AnswerRow]:
        """Begin to give all that are kept now, whatever comes and goes meanwhile."""
        return self._roll.call(_row_of)

    def emptying(self) -> Iterator[None]:
        """Forget all of them, one by one."""
        yield from self._by_key.emptying()
        yield from self._roll.emptying()


def _row_of(answer: Answer) -> AnswerRow:
    (pool, agent_id, command_id), answered_at, refusal, detail = answer
    fact = CommandAnswered(pool=pool, agent_id=agent_id, command_id=command_id, refusal=refusal, detail=detail)
    return AnswerRow(answer=fact, answered_at=answered_at)
