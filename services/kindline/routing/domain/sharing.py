"""Equal values in one copy: names of queues and agents, needs, empty attributes are the same for very many.

Each record that is read brings its own copies of them, half of all that somebody who waits takes in memory. They are
put in place of one another inside the records: nobody can tell, for values are compared, and never changed. What is
remembered here has a bound, for what customers may ask for is endless; at the bound it is begun anew, and whatever was
shared stays so.
"""

from __future__ import annotations

from collections.abc import Mapping

from kindline.language.content import NO_NEEDS, Needs
from kindline.language.facts.agents import CommandAnswered
from kindline.language.facts.interactions import InteractionQueued, InteractionReceived
from kindline.routing.domain.answers import CommandKey

MOST = 10_000
NO_ATTRIBUTES: Mapping[str, str] = {}

_put = object.__setattr__


class Sharing:
    """The copies of one state."""

    __slots__ = ("_needs", "_words")

    def __init__(self) -> None:
        """Begin with none."""
        self._begin()

    def _begin(self) -> None:
        self._words: dict[str, str] = {}
        # Needs of nothing are known by identity to the codec, which does not write them.
        self._needs: dict[Needs, Needs] = {NO_NEEDS: NO_NEEDS}

    def received(self, fact: InteractionReceived) -> None:
        """Let a fact that is kept share what others have as well."""
        if len(self._words) > MOST or len(self._needs) > MOST:
            self._begin()
        word = self._words.setdefault
        _put(fact, "pool", word(fact.pool, fact.pool))
        _put(fact, "entry_point", word(fact.entry_point, fact.entry_point))
        _put(fact, "queue", word(fact.queue, fact.queue))
        if fact.account:
            _put(fact, "account", word(fact.account, fact.account))
        if fact.language:
            _put(fact, "language", word(fact.language, fact.language))
        if fact.needs is not NO_NEEDS:
            _put(fact, "needs", self._needs.setdefault(fact.needs, fact.needs))
        if not fact.attributes:
            _put(fact, "attributes", NO_ATTRIBUTES)

    def command(self, fact: CommandAnswered) -> CommandKey:
        """What an answered command is known by, for a quarter of an hour, in shared words."""
        if len(self._words) > MOST:
            self._begin()
        pool, agent_id = fact.pool, fact.agent_id
        word = self._words.setdefault
        return word(pool, pool), word(agent_id, agent_id), fact.command_id

    def queued(self, fact: InteractionQueued, received: InteractionReceived) -> None:
        """As `received`, for how it was queued."""
        _put(fact, "pool", received.pool)
        _put(fact, "interaction_id", received.interaction_id)
        _put(fact, "queue", self._words.setdefault(fact.queue, fact.queue))
        if fact.needs is not NO_NEEDS:
            _put(fact, "needs", self._needs.setdefault(fact.needs, fact.needs))
