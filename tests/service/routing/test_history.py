"""What an agent was told lately: from any place they name, either everything after it or nothing at all."""

from hypothesis import given
from hypothesis import strategies as st

from kindline.language.content import Because
from kindline.routing.adapters.work_history import PIECES_PER_AGENT, Piece, ShardHistory, resume_token, resumed_place
from kindline.routing.domain.news_kinds import WorkChanged
from tests.given import POOL
from tests.service.routing.house import SECRET

AMY, BOB = (POOL, "amy"), (POOL, "bob")


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40),
    st.integers(0, 60),
    st.integers(-3, 2 * PIECES_PER_AGENT),
    st.integers(0, 2 * PIECES_PER_AGENT),
)
def test_from_any_place_all_that_came_after_it_or_a_fresh_start(
    told: list[tuple[bool, int]], begun_after: int, later: int, earlier: int
) -> None:
    """Whatever was told to whom, asking for what came after a batch gives exactly that, or says that it cannot."""
    history, expected, seq, asked = ShardHistory(begun_after), [], begun_after, begun_after + later
    for _ in range(earlier):
        seq += 1
        expected.append(Piece(Because(epoch=1, seq=seq, offset=seq), WorkChanged(f"w{seq}")))
        history.add(AMY, expected[-1])
    for to_amy, pieces in told:
        seq += 1
        for number in range(pieces):
            piece = Piece(Because(epoch=1, seq=seq, offset=seq), WorkChanged(f"w{seq}.{number}"))
            history.add(AMY if to_amy else BOB, piece)
            if to_amy:
                expected.append(piece)
    found = history.since(AMY, asked)
    after = [piece for piece in expected if piece.because.seq > asked]
    if asked < begun_after or len(after) > PIECES_PER_AGENT:
        assert found is None
    else:
        assert found in (None, after)
        assert found is not None or len(expected) > PIECES_PER_AGENT


def test_what_was_told_before_a_sign_out_is_gone() -> None:
    """After a sign-out an older place gets a fresh start, and what comes later is there."""
    history = ShardHistory(0)
    first, later = (Piece(Because(epoch=1, seq=seq, offset=seq), WorkChanged(f"w{seq}")) for seq in (1, 3))
    history.add(AMY, first)
    history.forget(AMY, 2)
    history.add(AMY, later)
    assert history.since(AMY, 1) is None
    assert history.since(AMY, 2) == [later]


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.binary(max_size=40), st.integers(0, 39))
def test_a_token_names_its_agents_place_and_nothing_else(epoch: int, seq: int, noise: bytes, place: int) -> None:
    """A token gives back its place to its own agent under its own secret; changed or foreign it gives nothing."""
    token = resume_token(SECRET, AMY, Because(epoch=epoch, seq=seq, offset=9))
    assert resumed_place(SECRET, AMY, token) == Because(epoch=epoch, seq=seq)
    assert resumed_place(SECRET, BOB, token) is None
    assert resumed_place(b"another secret of thirty-two bytes", AMY, token) is None
    assert resumed_place(SECRET, AMY, noise) is None
    place %= len(token)
    changed = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
    assert resumed_place(SECRET, AMY, changed) is None
