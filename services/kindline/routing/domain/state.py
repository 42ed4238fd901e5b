"""Everything the engine of one shard knows. Folds change it from facts; decisions only read it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kindline.language.facts.agents import RoutingStateReason
from kindline.language.facts.inputs import EventParked
from kindline.language.graph import ENDS, WAITING
from kindline.language.ids import Instant
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.answers import Answers
from kindline.routing.domain.bunches import Bunches
from kindline.routing.domain.identities import Identities
from kindline.routing.domain.interactions import EntryKey, Interaction, ThreadKey
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.preferring import settle_preference
from kindline.routing.domain.roll import Roll
from kindline.routing.domain.sharing import Sharing
from kindline.routing.domain.shelves import Shelves
from kindline.routing.domain.silence import watch_silence
from kindline.routing.domain.staying import notice, settle_visit
from kindline.routing.domain.timers import Due, Timers
from kindline.routing.domain.unwatched import UNWATCHED
from kindline.routing.domain.waits_followed import follow, tell_due

if TYPE_CHECKING:
    from kindline.routing.domain.moment import Moment

INTERACTION = Due.INTERACTION


class ShardState:
    """The state of one shard.

    Until it `is_ready` to decide it keeps neither deadlines nor lines, nor who can take what: see `readiness`.

    `touched`, `stirred_*` and `telling` are notes from folding to the decision that is under way (whose routing state
    may have changed and why; who may be matched now; who is to be told of their wait). They are no part of the state
    and are empty between decisions.
    """

    __slots__ = (
        "answers", "decided_at", "ended", "entered", "fading", "identities", "interactions", "is_ready", "moment",
        "pace", "parked", "parked_threads", "past_threads", "pools", "replicas", "roll", "sessions", "sharing",
        "stirred_agents", "stirred_interactions", "telling", "threads", "timers", "touched", "wakes",
    )  # fmt: skip

    def __init__(self, pace: float = 1.0) -> None:
        """Begin with nothing, at the beginning of time."""
        self.pace = pace
        """Business seconds in one second of the system clock: signs of life and repeats keep the system's time."""
        self.pools: dict[str, Pool] = {}
        self.interactions: Shelves[str, Interaction] = Shelves()
        self.roll: Roll[Interaction] = Roll()
        """The open ones and those of `ended`, each under its sequence."""
        self.moment: Moment | None = None
        """The moment whose rows are being given out: it is told of what changes."""
        self.ended: Shelves[str, Interaction] = Shelves()
        self.fading: deque[Interaction] = deque()
        """Those of `ended` in the order in which they ended, in which they are forgotten."""
        self.entered: Bunches[EntryKey] = Bunches()
        """The open ones that came in by an entry point that the plan in force does not have."""
        self.threads: Shelves[ThreadKey, str] = Shelves()
        self.past_threads: Bunches[ThreadKey] = Bunches()
        self.parked: dict[bytes, EventParked] = {}
        self.parked_threads: dict[ThreadKey, dict[bytes, None]] = {}
        self.identities = Identities()
        self.sharing = Sharing()
        self.answers = Answers()
        self.replicas: dict[str, Instant] = {}
        self.sessions: dict[str, dict[str, dict[str, None]]] = {}
        self.is_ready = False
        self.timers: Timers = UNWATCHED
        self.wakes: Timers = UNWATCHED
        self.decided_at: Instant = 0.0
        self.touched: dict[Agent, RoutingStateReason] = {}
        self.stirred_agents: dict[Agent, None] = {}
        self.stirred_interactions: dict[Interaction, None] = {}
        self.telling: dict[Interaction, None] = {}

    def agent(self, pool: str, agent_id: str) -> Agent | None:
        """An agent who has been seen, or None."""
        found = self.pools.get(pool)
        return found.agents.get(agent_id) if found else None

    def enter(self, interaction: Interaction) -> None:
        """An interaction is open from here on."""
        self.interactions[interaction.id] = interaction
        self.roll.add(interaction)
        if interaction.received.entry_point not in self.pools[interaction.pool].entry_points:
            self.entered.add(interaction.entry_key, interaction.id)

    def leave(self, interaction: Interaction) -> None:
        """An interaction is open no more; raises KeyError when it was not."""
        del self.interactions[interaction.id]
        if interaction.received.entry_point not in self.pools[interaction.pool].entry_points:
            self.entered.remove(interaction.entry_key, interaction.id)

    def everybody(self) -> Iterator[Interaction]:
        """Who is open, in order of arrival; nobody may come or go meanwhile."""
        return (interaction for interaction in self.roll if interaction.state not in ENDS)

    def settle_interaction(self, interaction: Interaction) -> None:
        """Put an interaction where its state says: in line or out of it, with its deadline watched."""
        pool = self.pools[interaction.pool]
        if interaction.preferring:
            settle_preference(self.timers, pool, interaction)
        if pool.flows or interaction.visit is not None:
            self.follow_wait(interaction)
        if not self.is_ready:
            return
        if interaction.state in WAITING and len(interaction.offers) < pool.queue(interaction.queue).offers_at_once:
            pool.matching.wait(interaction)
            self.stirred_interactions[interaction] = None
        elif interaction.place is not None:
            pool.matching.leave(interaction)
        self.timers.watch((INTERACTION, interaction.id, ""), interaction.deadline)
        if pool.visits.has_rules:
            settle_visit(self.timers, pool, interaction, self.decided_at)
        watch_silence(self.timers, pool, interaction)

    def follow_wait(self, interaction: Interaction) -> None:
        """Keep its stay in a queue whose waits are followed, and watch for when its customer is to be told."""
        follow(self.pools[interaction.pool], interaction, self.decided_at)
        self.timers.watch((Due.TELL, interaction.id, ""), tell_due(interaction))

    def settle_agent(self, agent: Agent, reason: RoutingStateReason, *, freed: bool = True) -> None:
        """Let matching know what an agent can take now, and note that their routing state may have changed."""
        agent.counts_time(self.decided_at)
        if not self.is_ready:
            return
        pool = self.pools[agent.pool]
        pool.matching.update(agent)
        notice(self.timers, pool, agent, self.decided_at)
        self.touched.setdefault(agent, reason)
        if freed:
            self.stirred_agents[agent] = None

    def forget_notes(self) -> None:
        """The decision, or the folding of a batch, is over."""
        self.touched.clear()
        self.stirred_agents.clear()
        self.stirred_interactions.clear()
        self.telling.clear()
