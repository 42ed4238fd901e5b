"""Rates, waits, delivery states and visitors: the small rules of the edge."""

from hypothesis import given
from hypothesis import strategies as st

from kindline.channels.domain.delivering import joined, news
from kindline.channels.domain.pacing import BackOff, Rate, full, take, wait_before
from kindline.channels.domain.visitors import LIFETIME_SECONDS, visitor_of, visitor_token
from kindline.language.events import DeliveryState

RATE = Rate(burst=5.0, per_second=2.0)
SECRET = b"s" * 32
STATES = st.sampled_from(DeliveryState)


@given(st.lists(st.floats(0.0, 3.0), max_size=60))
def test_nobody_gets_more_than_their_rate(gaps: list[float]) -> None:
    """However somebody times their requests, they get the burst and the rate, and no more."""
    now, bucket, taken = 0.0, full(RATE, 0.0), 0
    for gap in gaps:
        now += gap
        bucket, wait = take(RATE, bucket, now)
        taken += wait == 0.0
        assert taken <= RATE.burst + RATE.per_second * now + 1e-6


def test_who_waits_as_told_is_served() -> None:
    """Whoever waits the seconds that they were told gets their turn."""
    bucket = full(RATE, 0.0)
    for _ in range(5):
        bucket, wait = take(RATE, bucket, 0.0)
        assert wait == 0.0
    bucket, wait = take(RATE, bucket, 0.0)
    assert wait == 0.5
    bucket, wait = take(RATE, bucket, wait)
    assert wait == 0.0


def test_waits_double_up_to_a_limit_and_then_end() -> None:
    """Tries come at growing intervals, as long as the receiver asks within reason, and then no more."""
    back_off = BackOff(first=1.0, longest=10.0, tries=6)
    assert [wait_before(back_off, failures) for failures in range(1, 7)] == [1.0, 2.0, 4.0, 8.0, 10.0, None]
    assert wait_before(back_off, 1, asked=5.0) == 5.0
    assert wait_before(back_off, 1, asked=9_999.0) == 10.0


@given(STATES, st.lists(STATES, max_size=6))
def test_delivery_states_only_rise(first: DeliveryState, reports: list[DeliveryState]) -> None:
    """Late and repeated reports never take back what is known."""
    known = first
    for report in reports:
        after = joined(known, report)
        assert after >= known or known is DeliveryState.READ
        assert news(known, report) == (after is not known)
        assert not news(after, report)
        known = after


def test_what_was_read_cannot_fail_any_more() -> None:
    """A failure that is reported after the customer has read the message is not believed."""
    assert joined(DeliveryState.READ, DeliveryState.FAILED) is DeliveryState.READ
    assert joined(DeliveryState.DELIVERED, DeliveryState.FAILED) is DeliveryState.DELIVERED
    assert joined(DeliveryState.SENT, DeliveryState.FAILED) is DeliveryState.FAILED


def test_a_visitor_is_known_again_by_their_token() -> None:
    """A page that comes back with its token is the same visitor, for a week and for this tenant only."""
    token = visitor_token(SECRET, "acme", "visitor-0001", 1_000_000.0)
    assert visitor_of(SECRET, "acme", token, 1_000_060.0) == "visitor-0001"
    assert visitor_of(SECRET, "other", token, 1_000_060.0) == ""
    assert visitor_of(b"t" * 32, "acme", token, 1_000_060.0) == ""
    assert visitor_of(SECRET, "acme", token, 1_000_001.0 + LIFETIME_SECONDS) == ""


@given(st.text(st.characters(), max_size=120), st.integers(0, 119), st.characters())
def test_a_forged_token_is_nobody(text: str, place: int, letter: str) -> None:
    """Neither random text nor a token with one letter changed names a visitor."""
    token = visitor_token(SECRET, "acme", "visitor-0001", 1_000_000.0)
    changed = token[:place] + letter + token[place + 1 :]
    assert visitor_of(SECRET, "acme", text, 1_000_000.0) == ""
    assert (visitor_of(SECRET, "acme", changed, 1_000_000.0) == "") == (changed != token)
