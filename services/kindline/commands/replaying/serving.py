"""How agents of a replay serve: they take each offer, talk as long as it takes, write what was written, and wrap up.

Promises that work which the plan takes away from somebody is gone on with where it stopped, by whoever gets it next.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from kindline.commands.replaying.callers import Caller, Callers, Talk
from kindline.commands.replaying.simulation import Simulation
from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.content import Channel, Content, ParticipantRole
from kindline.language.events import CustomerLeft, LegAnswered, MessageReceived
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What no log tells of agents."""

    accept_seconds: float = 0.0
    """From the offer to the answer."""
    wrap_up_seconds: float | None = None
    """None: as long as the plan allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Talking:
    """An agent talks with a customer; another conversation of theirs is another object."""

    caller: Caller
    interaction_id: str
    agent_id: str
    number: int
    """Which of the caller's talks it is."""
    ends_at: Instant


class Serving:
    """Everybody's work with customers."""

    def __init__(self, simulation: Simulation, callers: Callers, plan: Plan, habits: Habits) -> None:
        """Begin with nothing to do."""
        self.seated: set[str] = set()
        """Who has a front end attached."""
        self._simulation = simulation
        self._callers = callers
        self._voice = {point.name for point in plan.entry_points if point.channel is Channel.VOICE}
        self._queues = {queue.name for queue in plan.queues}
        self._habits = habits
        self._talking: dict[str, Talking] = {}
        self._paused: dict[str, tuple[Talking, float]] = {}
        self._left: dict[str, tuple[int, float | None]] = {}
        self._messages = 0
        simulation.on(f.OfferIssued, self._offered)
        simulation.on(f.OfferAccepted, self._accepted)
        simulation.on(f.InteractionAnswered, self._answered)
        simulation.on(f.InteractionQueued, self._queued)
        simulation.on(f.InteractionHeld, self._held)
        simulation.on(f.InteractionResumed, self._resumed)
        for end in (f.InteractionCompleted, f.InteractionExpired, f.InteractionAbandoned):
            simulation.on(end, self._over)
        simulation.on(f.InteractionCompleted, self._completed)

    def say(self, agent_id: str, command: a.Command) -> None:
        """An agent asks for something, if they are there."""
        simulation = self._simulation
        if agent_id in self.seated:
            simulation.decide(simulation.voices.commands(agent_id, command, simulation.now))

    # --- offers -------------------------------------------------------------------------------------------------------

    def _offered(self, fact: f.OfferIssued) -> None:
        caller = self._callers.of(fact.interaction_id)
        own = caller.accept_seconds if caller else None
        seconds = self._habits.accept_seconds if own is None else own
        self._simulation.at(self._simulation.now + seconds, self._accepts, fact)

    def _accepts(self, offer: f.OfferIssued) -> None:
        self.say(offer.agent_id, a.AcceptOffer(offer_id=offer.offer_id))

    def _accepted(self, fact: f.OfferAccepted) -> None:
        caller = self._callers.of(fact.interaction_id)
        if caller is not None and caller.entry_point in self._voice:
            self._simulation.at(self._simulation.now, self._connects, (caller, fact))

    def _connects(self, call: tuple[Caller, f.OfferAccepted]) -> None:
        caller, accepted = call
        leg = LegAnswered(leg_id=accepted.offer_id, role=ParticipantRole.AGENT, agent_id=accepted.agent_id)
        self._callers.says(caller, leg)

    # --- talks --------------------------------------------------------------------------------------------------------

    def _answered(self, fact: f.InteractionAnswered) -> None:
        caller = self._callers.of(fact.interaction_id)
        if caller is not None:
            number, left = self._left.pop(fact.interaction_id, (0, None))
            self._begin(caller, fact.interaction_id, fact.agent_id, number, left)

    def _begin(self, caller: Caller, interaction_id: str, agent_id: str, number: int, left: float | None) -> None:
        now = self._simulation.now
        talk = caller.talks[min(number, len(caller.talks) - 1)] if caller.talks else None
        seconds = talk.seconds if talk else caller.service_seconds
        ends_at = now + (seconds if left is None else left)
        talking = self._talking[interaction_id] = Talking(caller, interaction_id, agent_id, number, ends_at)
        if talk is not None and left is None:
            for after, by_agent in talk.said:
                self._simulation.at(now + after, self._writes, (talking, by_agent))
        self._simulation.at(ends_at, self._ends, talking)

    def _writes(self, what: tuple[Talking, bool]) -> None:
        talking, by_agent = what
        if self._talking.get(talking.interaction_id) is not talking:
            return
        self._messages += 1
        name, content = f"message-{self._messages}", Content(body="...")
        if by_agent:
            sent = a.SendMessage(interaction_id=talking.interaction_id, message_id=name, content=content)
            self.say(talking.agent_id, sent)
        else:
            self._callers.says(talking.caller, MessageReceived(message_id=name, content=content))

    def _ends(self, talking: Talking) -> None:
        # Work that lasted longer than the plan allows was ended by it; other work may be somebody else's by now.
        if self._talking.get(talking.interaction_id) is not talking:
            return
        talks = talking.caller.talks
        talk: Talk | None = talks[talking.number] if talking.number < len(talks) else None
        if talking.agent_id not in self.seated:
            self._callers.says(talking.caller, CustomerLeft(cause="the agent has gone"))
        elif talk is None or not talk.transfer_to:
            self.say(talking.agent_id, a.CompleteInteraction(interaction_id=talking.interaction_id))
        elif talk.transfer_to in self._queues:
            transfer = a.TransferInteraction(interaction_id=talking.interaction_id, queue=talk.transfer_to)
            self.say(talking.agent_id, transfer)
        else:
            # This plan has no such queue: the first agent does all the work.
            following = talking.number + 1
            self._begin(talking.caller, talking.interaction_id, talking.agent_id, following, None)

    def _queued(self, fact: f.InteractionQueued) -> None:
        paused, left = self._paused.pop(fact.interaction_id, (None, 0.0))
        talking = self._talking.pop(fact.interaction_id, None)
        if talking is not None:
            left = max(talking.ends_at - self._simulation.now, 0.0)
        if (stopped := talking or paused) is not None:
            done = fact.reason is QueuedReason.TRANSFERRED
            self._left[fact.interaction_id] = (stopped.number + 1, None) if done else (stopped.number, left)

    def _held(self, fact: f.InteractionHeld) -> None:
        # A hold of the agent's own is part of the talk; one that the plan makes stops it.
        if fact.interrupted_by and (talking := self._talking.pop(fact.interaction_id, None)) is not None:
            self._paused[fact.interaction_id] = (talking, max(talking.ends_at - self._simulation.now, 0.0))

    def _resumed(self, fact: f.InteractionResumed) -> None:
        talking, left = self._paused.pop(fact.interaction_id, (None, 0.0))
        if talking is not None:
            self._begin(talking.caller, talking.interaction_id, talking.agent_id, talking.number, left)

    def _over(self, fact: f.InteractionExpired | f.InteractionCompleted | f.InteractionAbandoned) -> None:
        for kept in (self._talking, self._paused, self._left):
            kept.pop(fact.interaction_id, None)

    # --- wrap-up ------------------------------------------------------------------------------------------------------

    def _completed(self, fact: f.InteractionCompleted) -> None:
        caller = self._callers.of(fact.interaction_id)
        own = caller.wrap_up_seconds if caller else None
        seconds = self._habits.wrap_up_seconds if own is None else own
        if seconds is not None and isfinite(seconds):
            self._simulation.at(self._simulation.now + seconds, self._finishes, fact)

    def _finishes(self, work: f.InteractionCompleted) -> None:
        if self._callers.of(work.interaction_id) is not None:
            self.say(work.agent_id, a.FinishWrapUp(interaction_id=work.interaction_id))
