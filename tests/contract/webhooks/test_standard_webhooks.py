"""Our own signatures agree with the `standardwebhooks` package, on what is right and on what is wrong."""

import base64
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from kindline.channels.domain.signing import (
    SecretUnreadable,
    SignatureStale,
    SignatureWrong,
    secret_key,
    signature,
    verify,
)

KEYS = st.binary(min_size=24, max_size=64)
IDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", min_size=1, max_size=40)
BODIES = st.text(max_size=400).map(str.encode)
SKEWS = st.integers(-400, 400)


def secret_of(key: bytes) -> str:
    """A key as people write it."""
    return "whsec_" + base64.b64encode(key).decode()


def now() -> float:
    """The package reads the wall clock itself, so the contract is tested around now."""
    return datetime.now(UTC).timestamp()


def theirs(key: bytes, headers: dict[str, str], body: bytes) -> bool:
    """Whether the package takes the request."""
    try:
        standardwebhooks.Webhook(secret_of(key)).verify(body, headers, json_parse=False)
    except Exception:  # noqa: BLE001 - on some broken headers the package raises what it has not foreseen.
        return False
    return True


def ours(key: bytes, headers: dict[str, str], body: bytes) -> bool:
    """Whether we take the request."""
    try:
        verify([key], headers, body, now())
    except SignatureWrong:
        return False
    return True


def signed(key: bytes, message_id: str, body: bytes, skew: int = 0) -> dict[str, str]:
    """Headers of a request that the package signed."""
    moment = datetime.fromtimestamp(int(now()) + skew, UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret_of(key)).sign(message_id, moment, body.decode()),
    }


@given(KEYS, IDS, BODIES)
def test_we_sign_as_the_package_does(key: bytes, message_id: str, body: bytes) -> None:
    """The same message gets the same signature from both."""
    moment = datetime.fromtimestamp(1_700_000_000, UTC)
    expected = standardwebhooks.Webhook(secret_of(key)).sign(message_id, moment, body.decode())
    assert signature(secret_key(secret_of(key)), message_id, 1_700_000_000, body) == expected


@given(KEYS, IDS, BODIES, SKEWS.filter(lambda skew: abs(abs(skew) - 300) > 20))
def test_we_take_what_the_package_takes(key: bytes, message_id: str, body: bytes, skew: int) -> None:
    """Whatever the package signed, fresh or stale, both take or both refuse."""
    headers = signed(key, message_id, body, skew)
    assert ours(key, headers, body) == theirs(key, headers, body) == (abs(skew) < 300)


MUTATIONS = st.sampled_from(["body", "id", "timestamp", "signature", "key", "version", "missing", "second"])


@given(KEYS, IDS, BODIES, MUTATIONS, st.integers(0, 10_000), st.integers(1, 255))
def test_we_refuse_what_the_package_refuses(
    key: bytes, message_id: str, body: bytes, mutation: str, place: int, change: int
) -> None:
    """Change one thing anywhere in a signed request, and both come to the same judgement."""
    headers = signed(key, message_id, body)
    match mutation:
        case "body":
            at = place % (len(body) + 1)
            body = body[:at] + b"x" + body[at:]
        case "id":
            headers["webhook-id"] += "x"
        case "timestamp":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + change)
        case "signature":
            at = 3 + place % (len(headers["webhook-signature"]) - 3)
            given_text = headers["webhook-signature"]
            headers["webhook-signature"] = given_text[:at] + chr(33 + change % 90) + given_text[at + 1 :]
        case "key":
            key = bytes([key[0] ^ change]) + key[1:]
        case "version":
            headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
        case "missing":
            headers.pop(sorted(headers)[place % 3])
        case _:
            headers["webhook-signature"] = f"v1,bm90IHRoaXMgb25l {headers['webhook-signature']}"
    assert ours(key, headers, body) == theirs(key, headers, body)


@given(KEYS, KEYS, IDS, BODIES)
def test_two_secrets_are_good_while_one_replaces_the_other(
    old: bytes, new: bytes, message_id: str, body: bytes
) -> None:
    """During a rotation requests signed with the old and with the new secret are both taken."""
    for key in (old, new):
        assert verify([new, old], signed(key, message_id, body), body, now()) == message_id


def test_a_stale_request_is_told_apart_from_a_forged_one() -> None:
    """For the numbers on the wall, too old is something else than wrong."""
    key = b"k" * 32
    headers = signed(key, "m1", b"{}", -600)
    with pytest.raises(SignatureStale):
        verify([key], headers, b"{}", now())


@pytest.mark.parametrize("timestamp", ["", "-5", "1e9", "٣", "9" * 20, "1700000000.5", " 1700000000"])
def test_a_strange_timestamp_is_refused(timestamp: str) -> None:
    """A timestamp is digits and nothing else."""
    headers = {**signed(b"k" * 32, "m1", b"{}"), "webhook-timestamp": timestamp}
    with pytest.raises(SignatureWrong):
        verify([b"k" * 32], headers, b"{}", now())


def test_an_address_without_secrets_takes_nothing() -> None:
    """Where no secret is known, no signature is right."""
    with pytest.raises(SignatureWrong):
        verify([], signed(b"k" * 32, "m1", b"{}"), b"{}", now())


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + "A" * 8, "not base64 at all!", "whsec_" + "A" * 400])
def test_a_secret_that_cannot_be_used_is_refused_without_repeating_it(secret: str) -> None:
    """A wrong secret is named by what is wrong with it, never by itself."""
    with pytest.raises(SecretUnreadable) as wrong:
        secret_key(secret)
    assert secret not in str(wrong.value)
