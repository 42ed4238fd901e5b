"""The reading rule for stream rooms: what counts, what is passed over, and what shows that records are missing."""

from kindline.language.log import DecisionBatch, DecisionRecord, EpochClaim
from kindline.language.reading import Reading
from kindline.ledger.port import Partition, Record
from kindline.ledger.stream import Standing
from kindline.ledger.stream.decisions import read_decisions


def batch(epoch: int, owner: str, seq: int) -> DecisionBatch:
    """A batch without facts."""
    return DecisionBatch(epoch=epoch, owner=owner, seq=seq, level=1, decided_at=0.0, next_within=5.0, released=False)


def claim(epoch: int, owner: str) -> EpochClaim:
    """A claim."""
    return EpochClaim(epoch=epoch, owner=owner, claimant="host")


def stand(reading: Reading | None, decision: DecisionRecord, offset: int) -> tuple[Standing, Reading]:
    """Judge one record at one offset."""
    judged = read_decisions(lambda _record: decision)(reading, Record(Partition("d", 0), offset, 0.0, None, b""))
    assert (judged.content is decision) is (judged.standing is Standing.COUNTS)
    return judged.standing, judged.reading


def test_a_whole_log_is_read_by_the_rule() -> None:
    """Claims and batches count in turn, and what a superseded owner writes is passed over."""
    reading: Reading | None = None
    log: list[DecisionRecord] = [
        claim(1, "amy"),
        batch(1, "amy", 1),
        claim(2, "bob"),
        batch(1, "amy", 2),
        batch(2, "bob", 2),
    ]
    standings = []
    for offset, decision in enumerate(log):
        standing, reading = stand(reading, decision, offset)
        standings.append(standing)
    counts, ignored = Standing.COUNTS, Standing.IGNORED
    assert standings == [counts, counts, counts, ignored, counts]
    assert reading == Reading(2, "bob", 2)


def test_a_later_batch_of_the_same_owner_shows_that_records_are_missing() -> None:
    """A jump in the owner's own count is a gap; a stranger's never is, because a rival may write in vain."""
    assert stand(Reading(2, "bob", 5), batch(2, "bob", 7), 9)[0] is Standing.GAP
    assert stand(Reading(2, "bob", 5), batch(2, "eve", 7), 9)[0] is Standing.IGNORED
    assert stand(Reading(2, "bob", 5), batch(2, "bob", 5), 9)[0] is Standing.IGNORED


def test_the_first_record_of_a_trimmed_log_is_adopted() -> None:
    """A reader of a log whose beginning was trimmed begins with the first batch that is left."""
    assert stand(None, batch(7, "bob", 40), 1_000) == (Standing.COUNTS, Reading(7, "bob", 40))
    assert stand(None, batch(7, "bob", 40), 0)[0] is Standing.IGNORED
