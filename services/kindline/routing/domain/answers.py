"""Which commands were answered, and how: whoever asks again, while they may, gets the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language.ids import Instant
from kindline.language.snapshot import AnswerRow
from kindline.routing.domain.roll import Roll
from kindline.routing.domain.shelves import Shelves

CommandKey = tuple[str, str, str]
"""Pool, agent, command."""


class Answers:
    """Answers in the order in which they were given; the oldest are forgotten first."""

    __slots__ = ("_numbers", "_oldest_at", "roll")

    def __init__(self) -> None:
        """Begin with none."""
        self.roll: Roll[AnswerRow] = Roll()
        self._numbers: Shelves[CommandKey, int] = Shelves()
        self._oldest_at: Instant = 0.0
        """No answer on the roll was given before."""

    def get(self, key: CommandKey) -> AnswerRow | None:
        """What was answered, or None."""
        number = self._numbers.get(key)
        return None if number is None else self.roll.at(number)

    def keep(self, row: AnswerRow) -> None:
        """Keep an answer, unless the command has one already."""
        answer, number = row.answer, self.roll.end
        key = (answer.pool, answer.agent_id, answer.command_id)
        if self._numbers.of(key).setdefault(key, number) == number:
            self.roll.add(row)

    def forget(self, after_seconds: float, now: Instant) -> None:
        """Forget what was answered longer ago."""
        if self._oldest_at + after_seconds >= now:
            return
        # They go from the front only, so whoever came next is the next oldest.
        roll, number = self.roll, self.roll.first()
        while (oldest := roll.at(number)) is not None:
            if oldest.answered_at + after_seconds >= now:
                self._oldest_at = oldest.answered_at
                return
            roll.remove(number)
            number += 1
            answer = oldest.answer
            key = (answer.pool, answer.agent_id, answer.command_id)
            del self._numbers.of(key)[key]
        self._oldest_at = now

    def emptying(self) -> Iterator[None]:
        """Forget all of them, one by one."""
        yield from self._numbers.emptying()
        yield from self.roll.emptying()
