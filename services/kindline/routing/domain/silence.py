"""When a conversation falls asleep: its agent has said the last word, and its customer is silent for long."""

from __future__ import annotations

from kindline.language.content import ParticipantRole
from kindline.language.ids import Instant
from kindline.language.plan import ChannelPlan
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.timers import Due, Timers


def watch_silence(timers: Timers, pool: Pool, interaction: Interaction) -> None:
    """Watch for the moment at which a conversation has been silent long enough to fall asleep."""
    if pool.lets_sleep:
        due = sleeps_at(interaction, pool.channels[interaction.channel])
        timers.watch((Due.DORMANT, interaction.id, ""), due)


def sleeps_at(interaction: Interaction, channel: ChannelPlan) -> Instant | None:
    """When it falls asleep if nobody speaks before; None while its customer waits for an answer, or if it never does.

    A new agent has not said the last word yet: until they speak, the customer waits for them.
    """
    if not channel.dormant_after_seconds or interaction.state is not InteractionState.ACTIVE:
        return None
    last = interaction.messages[-1] if interaction.messages else None
    if last is None or last.author is not ParticipantRole.AGENT or last.agent_id != interaction.agent_id:
        return None
    if interaction.spoke_at > last.said_at:
        # Words may be too many to be kept, or none at all: the customer spoke nevertheless.
        return None
    return max(last.said_at, interaction.state_since) + channel.dormant_after_seconds
