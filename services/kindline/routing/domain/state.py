"""Everything the engine of one shard knows. Folds change it from facts; decisions only read it."""

from __future__ import annotations

from collections import OrderedDict

from kindline.language.facts.agents import CommandAnswered, RoutingStateReason
from kindline.language.facts.inputs import EventParked
from kindline.language.ids import Instant
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.identities import Identities
from kindline.routing.domain.interactions import Interaction, ThreadKey
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.preferring import settle_preference
from kindline.routing.domain.silence import sleeps_at
from kindline.routing.domain.staying import notice, settle_visit
from kindline.routing.domain.timers import Due, Timers
from kindline.routing.domain.waits_followed import follow, tell_due

CommandKey = tuple[str, str, str]
"""Pool, agent, command."""


EntryKey = tuple[str, str, str]
"""Pool, entry point, thread: where an interaction came in, whatever has become of the entry point."""


class ShardState:
    """The state of one shard.

    `touched`, `stirred_*` and `telling` are notes from folding to the decision that is under way (whose routing state
    may have changed and why; who may be matched now; who is to be told of their wait). They are no part of the state
    and are empty between decisions.
    """

    __slots__ = (
        "answers",
        "decided_at",
        "ended",
        "entered",
        "identities",
        "interactions",
        "pace",
        "parked",
        "parked_threads",
        "past_threads",
        "pools",
        "replicas",
        "sequence",
        "sessions",
        "stirred_agents",
        "stirred_interactions",
        "telling",
        "threads",
        "timers",
        "touched",
        "wakes",
    )

    def __init__(self, pace: float = 1.0) -> None:
        """Begin with nothing, at the beginning of time."""
        self.pace = pace
        """Business seconds in one second of the system clock: signs of life and repeats keep the system's time."""
        self.pools: dict[str, Pool] = {}
        self.interactions: dict[str, Interaction] = {}
        self.ended: OrderedDict[str, Interaction] = OrderedDict()
        self.entered: dict[EntryKey, dict[str, None]] = {}
        self.threads: dict[ThreadKey, str] = {}
        self.past_threads: dict[ThreadKey, dict[str, None]] = {}
        self.parked: dict[bytes, EventParked] = {}
        self.parked_threads: dict[ThreadKey, dict[bytes, None]] = {}
        self.identities = Identities()
        # Ordered: they are forgotten from the front, which a plain dict makes slower the more was forgotten.
        self.answers: OrderedDict[CommandKey, tuple[CommandAnswered, Instant]] = OrderedDict()
        self.replicas: dict[str, Instant] = {}
        self.sessions: dict[str, dict[str, dict[str, None]]] = {}
        self.timers = Timers()
        self.wakes = Timers()
        self.decided_at: Instant = 0.0
        self.sequence = 0
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
        received = interaction.received
        self.interactions[interaction.id] = interaction
        self.entered.setdefault((received.pool, received.entry_point, received.thread), {})[interaction.id] = None

    def leave(self, interaction_id: str) -> Interaction:
        """An interaction is open no more; raises KeyError when it was not."""
        interaction = self.interactions.pop(interaction_id)
        received = interaction.received
        key = (received.pool, received.entry_point, received.thread)
        entered = self.entered[key]
        del entered[interaction_id]
        if not entered:
            del self.entered[key]
        return interaction

    def settle_interaction(self, interaction: Interaction) -> None:
        """Put an interaction where its state says: in line or out of it, with its deadline watched."""
        pool = self.pools[interaction.pool]
        if interaction.preferring:
            settle_preference(self.timers, pool, interaction)
        if interaction.waits and len(interaction.offers) < pool.queue(interaction.queue).offers_at_once:
            pool.matching.wait(interaction)
            self.stirred_interactions[interaction] = None
        else:
            pool.matching.leave(interaction)
        self.timers.watch((Due.INTERACTION, interaction.id, ""), interaction.deadline)
        settle_visit(self.timers, pool, interaction, self.decided_at)
        self.watch_silence(interaction)
        self.follow_wait(interaction)

    def follow_wait(self, interaction: Interaction) -> None:
        """Keep its stay in a queue whose waits are followed, and watch for when its customer is to be told."""
        pool = self.pools[interaction.pool]
        if pool.flows or interaction.visit is not None:
            follow(pool, interaction, self.decided_at)
            self.timers.watch((Due.TELL, interaction.id, ""), tell_due(interaction))

    def watch_silence(self, interaction: Interaction) -> None:
        """Watch for the moment at which a conversation has been silent long enough to fall asleep."""
        channel = self.pools[interaction.pool].channels[interaction.channel]
        self.timers.watch((Due.DORMANT, interaction.id, ""), sleeps_at(interaction, channel))

    def settle_agent(self, agent: Agent, reason: RoutingStateReason, *, freed: bool = True) -> None:
        """Let matching know what an agent can take now, and note that their routing state may have changed."""
        pool = self.pools[agent.pool]
        agent.counts_time(self.decided_at)
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
