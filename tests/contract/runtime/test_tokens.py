"""Tokens and keys: whatever was not made here with this secret, for this agent, opens nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.runtime.tokens import Session, TokenForged, agent_key, agent_key_matches, issue, read_token

SECRET, OTHER = b"a" * 32, b"b" * 32
AMY = Session("acme/support", "amy", "session", 1_700_000_000.5)

names = st.text(max_size=20)


@given(names, names, names, st.floats(allow_nan=False, allow_infinity=False))
def test_a_token_gives_back_the_session_it_was_made_for(pool: str, agent: str, session: str, at: float) -> None:
    """Whatever the names are, the token holds them exactly."""
    given_session = Session(pool, agent, session, at)
    assert read_token(SECRET, issue(SECRET, given_session)) == given_session


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_token_with_one_changed_byte_is_worthless(place: int, change: int) -> None:
    """Changing any one character of a token makes it forged."""
    token = issue(SECRET, AMY)
    place %= len(token)
    changed = chr((ord(token[place]) + change) % 0x250)
    forged = token[:place] + changed + token[place + 1 :]
    try:
        found = read_token(SECRET, forged)
    except TokenForged:
        return
    # The last character of base64 carries bits that mean nothing; then the token is the same one, spelt otherwise.
    assert found == AMY


@given(st.text(max_size=200))
def test_what_was_never_a_token_is_refused_and_not_repeated(text: str) -> None:
    """Any text at all is refused with one sentence that does not quote it."""
    with pytest.raises(TokenForged) as refused:
        read_token(SECRET, text)
    assert str(refused.value).startswith("the session token")


def test_a_token_of_another_secret_is_forged() -> None:
    """Two houses with different secrets do not open each other's doors."""
    with pytest.raises(TokenForged):
        read_token(OTHER, issue(SECRET, AMY))


@given(names, names, names, names)
def test_a_key_opens_for_its_own_agent_only(pool: str, agent: str, other_pool: str, other_agent: str) -> None:
    """An agent's key fits the agent in their pool, and nobody else, however the names are cut."""
    key = agent_key(SECRET, pool, agent)
    assert agent_key_matches(SECRET, pool, agent, key)
    assert not agent_key_matches(OTHER, pool, agent, key)
    assert agent_key_matches(SECRET, other_pool, other_agent, key) == ((pool, agent) == (other_pool, other_agent))
