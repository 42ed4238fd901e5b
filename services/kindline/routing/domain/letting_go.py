"""How a state that nobody needs any more is dropped: thing by thing, for whoever has others in the same loop.

At once it would take seconds where a million wait. And those in line know their lane, which knows them: Python frees
such a ring only when it looks through what may be garbage, and what has lived for a while it is told to look at no more
(see `runtime.collecting`). So the rings are cut first. Promises whoever goes through all steps that afterwards nothing
is left to be dropped but what grows with the plan, and that no step drops more than a few things.
"""

from __future__ import annotations

from collections.abc import Iterator

from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState


def letting_go(state: ShardState) -> Iterator[None]:
    """Drop it all; also what failed in the middle of a decision."""
    for interaction in state.roll:
        _step_out(interaction)
        yield
    for things in (state.interactions, state.ended, state.threads, state.entered, state.past_threads):
        yield from things.emptying()
    while state.fading:
        state.fading.popleft()
        yield
    for times in (state.timers, state.wakes, state.identities, state.answers):
        yield from times.emptying()
    yield from state.roll.emptying()


def _step_out(interaction: Interaction) -> None:
    """Their lane loses a place, whosever: when all have stepped out of it nobody is left there."""
    lane, interaction.lane, interaction.spot = interaction.lane, None, None
    if lane is not None and lane.people:
        lane.people.pop()
