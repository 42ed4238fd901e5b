"""What becomes of an agent's command: repeated, refused or carried out; always answered (DESIGN 4.10)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kindline.language import agents as c
from kindline.language.facts import CommandAnswered
from kindline.language.facts.agents import RefusalReason
from kindline.language.ids import Instant
from kindline.language.quick import maker
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.desk import (
    accept_offer,
    complete_interaction,
    decline_offer,
    finish_wrap_up,
    hold_interaction,
    resume_interaction,
    send_message,
    transfer_interaction,
)
from kindline.routing.domain.desk_presence import clear_not_responding, set_status
from kindline.routing.domain.ownership import Outcome

command_answered = maker(CommandAnswered)
CARRIED_OUT = (RefusalReason.UNSPECIFIED, "")

TOO_OLD_SECONDS = 600.0
TOO_EARLY_SECONDS = 300.0
"""With TOO_OLD_SECONDS no longer than an answer is remembered (folding_agents.py): no id outlives its answer."""
UUID_7 = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")

# Each function takes exactly the command of its row, which no type of Python can say of a table.
COMMANDS: dict[type[c.Command], Callable[[Decision, Agent, Any], Outcome]] = {
    c.AcceptOffer: accept_offer,
    c.DeclineOffer: decline_offer,
    c.SendMessage: send_message,
    c.CompleteInteraction: complete_interaction,
    c.FinishWrapUp: finish_wrap_up,
    c.TransferInteraction: transfer_interaction,
    c.HoldInteraction: hold_interaction,
    c.ResumeInteraction: resume_interaction,
    c.SetStatus: set_status,
    c.ClearNotResponding: clear_not_responding,
}


def obey(d: Decision, pool: str, agent_id: str, command: c.AgentCommand, appended_at: Instant) -> None:
    """Answer a command, carrying it out if it may be; `appended_at` is wall time, as the command id's is."""
    remembered = d.state.answers.get((pool, agent_id, command.command_id))
    if remembered is not None:
        d.emit(replace(remembered.answer))
        return
    refusal = refused_at_the_door(d, pool, agent_id, command, appended_at)
    if refusal is None:
        agent = d.state.pools[pool].agents[agent_id]
        refusal = COMMANDS[type(command.command)](d, agent, command.command)
    reason, detail = refusal or CARRIED_OUT
    d.emit(command_answered(pool=pool, agent_id=agent_id, command_id=command.command_id, refusal=reason, detail=detail))


def refused_at_the_door(
    d: Decision, pool_name: str, agent_id: str, command: c.AgentCommand, appended_at: Instant
) -> Outcome:
    """Why a command is refused whatever it asks: its age, its agent, its session; None when it is not."""
    said_at = said_at_of(command.command_id)
    if said_at is None:
        return RefusalReason.INVALID_COMMAND, "command_id must be a UUIDv7"
    if appended_at - said_at > TOO_OLD_SECONDS:
        return RefusalReason.COMMAND_TOO_OLD, "the command is over ten minutes old: ask anew with a fresh id"
    if said_at - appended_at > TOO_EARLY_SECONDS:
        # Such an id would outlive its answer, so that the command could be carried out a second time.
        return RefusalReason.INVALID_COMMAND, "command_id is over five minutes in the future: set your clock"
    pool = d.state.pools.get(pool_name)
    if pool is None:
        return RefusalReason.UNKNOWN_POOL, f"no plan names {pool_name!r}"
    agent = pool.agents.get(agent_id)
    if agent is None and agent_id not in pool.agent_plans:
        return RefusalReason.UNKNOWN_AGENT, f"the plan names no agent {agent_id!r}"
    if agent is None or not agent.session_id:
        return RefusalReason.SESSION_ENDED, "sign in again"
    if agent.session_id != command.session_id:
        return RefusalReason.SESSION_SUPERSEDED, "a newer session of yours is open elsewhere"
    return None


def said_at_of(command_id: str) -> Instant | None:
    """The wall time in a UUIDv7, or None when it is none."""
    if not UUID_7.fullmatch(command_id):
        return None
    return int(command_id[:8] + command_id[9:13], 16) / 1_000
