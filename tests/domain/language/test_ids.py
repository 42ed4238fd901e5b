"""Names are derived, never drawn, and a pool lives where every Kafka client says it does."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from kindline.language import ids


@given(st.binary(max_size=40))
def test_a_pool_lives_where_the_keyed_producers_send_it(key: bytes) -> None:
    """Our murmur2 is Kafka's own, byte for byte, so that an integration's key leads to the right shard."""
    assert ids.murmur2(key) == murmur2_of_kafka_python(key) & 0xFFFFFFFF


@pytest.mark.parametrize(
    "key, signed", [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_murmur2_gives_what_java_gives(key: bytes, signed: int) -> None:
    """The samples of Apache Kafka's own tests come out the same."""
    assert ids.murmur2(key) == signed & 0xFFFFFFFF


@given(st.text(min_size=1, max_size=30), st.integers(1, 64))
def test_every_pool_has_a_shard(pool: str, shards: int) -> None:
    """A pool lives in one of the shards there are, always the same."""
    assert ids.shard_of(pool, shards) == ids.shard_of(pool, shards) < shards


def test_an_event_is_the_same_however_often_it_comes() -> None:
    """Tenant, source and id name an event; a change in any of them names another."""
    known = ids.event_identity(tenant="bank", source="chat", event_id="7")
    assert known == ids.event_identity(tenant="bank", source="chat", event_id="7")
    others = {
        ids.event_identity(tenant="bank2", source="chat", event_id="7"),
        ids.event_identity(tenant="bank", source="voice", event_id="7"),
        ids.event_identity(tenant="bank", source="chat", event_id="8"),
        ids.event_identity(tenant="ban", source="kchat", event_id="7"),
        ids.position_identity(topic="bank", partition=0, offset=7),
    }
    assert known not in others
    assert len(others) == 5
    assert len(known) == 16


@given(st.binary(min_size=16, max_size=16))
def test_an_interaction_is_named_as_uuid5_would(opening: bytes) -> None:
    """The quick way gives the standard's own name, so that anybody can derive it."""
    assert ids.interaction_id(opening) == str(uuid.uuid5(ids.INTERACTIONS, opening.hex()))


def test_derived_names_never_change() -> None:
    """These names are in ledgers: the same opening makes the same interaction for ever."""
    opening = ids.event_identity(tenant="bank", source="chat", event_id="7")
    interaction = ids.interaction_id(opening)
    assert uuid.UUID(interaction).version == 5
    assert interaction == ids.interaction_id(opening)
    assert ids.offer_id(interaction, 3) == f"{interaction}.3"
    assert ids.clock_id(interaction, "TIME_TO_ANSWER") != ids.clock_id(interaction, "FIRST_REPLY")


@pytest.mark.parametrize(
    "pool, tenant", [("bank/cards", "bank"), ("bank", "bank"), ("bank/cards/vip", "bank"), ("", "")]
)
def test_a_pool_names_its_tenant(pool: str, tenant: str) -> None:
    """What stands before the first stroke is the tenant."""
    assert ids.tenant_of(pool) == tenant
