"""Interactions move along one graph, and it leads everybody to exactly one end."""

import pytest

from kindline.language.graph import ENDS, INTERACTION_MOVES, WAITING, WITH_AGENT
from kindline.language.snapshot import InteractionState as S

STATES = set(S) - {S.UNSPECIFIED}


def reachable(start: S) -> set[S]:
    """Every state to which some way leads from here."""
    seen, ahead = {start}, [start]
    while ahead:
        for following in INTERACTION_MOVES[ahead.pop()] - seen:
            seen.add(following)
            ahead.append(following)
    return seen


def test_the_graph_knows_every_state_and_no_other() -> None:
    """No state is forgotten, and none of the graph's is unknown."""
    assert set(INTERACTION_MOVES) == STATES
    assert set().union(*INTERACTION_MOVES.values()) <= STATES


def test_an_end_is_an_end() -> None:
    """Nothing leads on from an end, and whatever is no end leads somewhere."""
    assert {state for state, moves in INTERACTION_MOVES.items() if not moves} == ENDS


@pytest.mark.parametrize("state", sorted(STATES - ENDS), ids=lambda state: state.name)
def test_no_customer_is_ever_stuck(state: S) -> None:
    """From every state some way leads to an end."""
    assert reachable(state) & ENDS


def test_every_state_can_be_reached() -> None:
    """Whoever is received can come into every state there is."""
    assert reachable(S.RECEIVED) == STATES


def test_work_goes_back_to_the_queue_until_it_is_done() -> None:
    """Before the work is completed every interaction with an agent can be queued again, afterwards none."""
    assert all(S.QUEUED in INTERACTION_MOVES[state] for state in WITH_AGENT - {S.COMPLETED})
    assert INTERACTION_MOVES[S.COMPLETED] == {S.CLOSED}


def test_nobody_hangs_up_on_an_agent_as_abandoned() -> None:
    """A customer who was being served never counts as abandoned."""
    assert not any(S.ABANDONED in INTERACTION_MOVES[state] for state in (S.ACTIVE, S.HELD, S.DORMANT, S.COMPLETED))


def test_one_is_responsible_for_every_interaction() -> None:
    """No state is both a queue's and an agent's, and no end is anybody's."""
    assert not WAITING & WITH_AGENT
    assert not ENDS & (WAITING | WITH_AGENT)
