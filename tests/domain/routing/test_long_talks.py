"""However much is said in one conversation, its state stays small enough to be kept."""

from kindline.language import events as e
from kindline.language.snapshot import SnapshotPart
from kindline.ledger.codec import encode
from tests.given import Centre, plan, text

LARGEST_RECORD = 8 * 1024 * 1024


def test_a_conversation_of_many_long_messages_still_fits_into_a_snapshot() -> None:
    """Of sixty messages of a quarter megabyte the newest are kept, and the row can be written."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    for number in range(60):
        said = e.MessageReceived(message_id=f"m{number}", content=text("\U0001f600" * 60_000))
        centre.event(said, "t1")
    row = centre.interaction("t1")
    assert len(encode(SnapshotPart(part=0, rows=(row,)))) < LARGEST_RECORD
    assert 10 < len(row.messages) < 60
    assert row.messages[-1].message_id == "m59"
