"""Records are understood a few at a time, which must change nothing but the time that it takes."""

from collections.abc import Iterator

from kindline.language.facts import Resumed
from kindline.language.log import DecisionBatch, DecisionRecord, EpochClaim
from kindline.ledger import topics
from kindline.ledger.codec import Undecodable, encode
from kindline.ledger.port import Partition, Record
from kindline.ledger.understanding import BYTES_TOGETHER, together, understood

LOG = Partition(topics.DECISIONS, 0)
CLAIM = EpochClaim(epoch=1, owner="p", claimant="test")


def batch(seq: int, facts: int) -> DecisionBatch:
    """A decision of so many facts."""
    return DecisionBatch(
        epoch=1,
        owner="p",
        seq=seq,
        level=1,
        decided_at=float(seq),
        facts=tuple(Resumed(gap_seconds=float(number)) for number in range(facts)),
        next_within=0.5,
        released=False,
    )


def records(*values: bytes | None) -> list[Record]:
    """These values as they stand in a log."""
    return [Record(LOG, offset, 0.0, b"0", value) for offset, value in enumerate(values)]


def test_every_record_comes_once_in_order_with_what_it_says() -> None:
    """However many are understood at once, each is given in its turn, with its own words, and none is left over."""
    decisions: list[DecisionRecord] = [CLAIM, *(batch(seq, seq % 40) for seq in range(200))]
    log = records(*[encode(decision) for decision in decisions])
    assert sum(len(record.value or b"") for record in log) > 5 * BYTES_TOGETHER
    for count in (0, 1, 2, 17, len(log)):
        assert list(together(log[:count])) == list(zip(log[:count], decisions[:count], strict=True))


def test_trouble_is_told_in_its_turn_and_hides_nothing_before_or_behind_it() -> None:
    """Noise and a tombstone between two batches raise nothing: each stands in its place, for whoever judges it."""
    first, tombstone, noise, last = together(records(encode(batch(1, 2)), None, b"noise", encode(batch(2, 1))))
    assert (first[1], tombstone[1], last[1]) == (batch(1, 2), None, batch(2, 1))
    assert isinstance(noise[1], Undecodable)
    assert str(noise[1]) == str(understood(noise[0]))


def test_whoever_reads_long_batches_does_not_wait_for_many_of_them() -> None:
    """Of batches of a thousand facts no second one is understood before the first was given."""
    long = records(*(encode(batch(seq, 1_000)) for seq in range(5)))
    assert len(long[0].value or b"") > BYTES_TOGETHER
    taken: list[int] = []

    def noted() -> Iterator[Record]:
        for record in long:
            taken.append(record.offset)
            yield record

    for record, _ in together(noted()):
        assert taken[-1] == record.offset
