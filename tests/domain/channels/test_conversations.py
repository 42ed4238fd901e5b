"""What a chat page can see of the decisions, and that it sees all of it once."""

from hypothesis import given
from hypothesis import strategies as st

from kindline.channels.domain.conversations import ENDED_KEPT, Conversations
from kindline.channels.domain.standings import EndedBy, Standing
from kindline.channels.domain.telling import Cursor, Frames, delivered_lines, resumed, untold
from kindline.language.content import Because, Channel, Content, ParticipantRole
from kindline.language.facts import Fact
from kindline.language.snapshot import InteractionRow, InteractionState, MessageRow
from tests.domain.channels.given import (
    POOL,
    THREAD,
    Log,
    agent_said,
    answered,
    closed,
    completed,
    customer_said,
    plan_adopted,
    queued,
    received,
)


def folded(*facts: Fact) -> Conversations:
    """The conversations after these facts, each decided in a batch of its own."""
    fold, log = Conversations(), Log()
    for fact in facts:
        fold.apply(*log.batch(fact))
    return fold


def names(fold: Conversations, agent_id: str) -> str:
    """The name that a page shows for an agent."""
    return fold.agent_name(POOL, agent_id)


def told(fold: Conversations, cursor: Cursor) -> tuple[Frames, Cursor]:
    """What a page with this cursor is told now."""
    return untold(fold.at(POOL, THREAD), cursor, lambda agent_id: names(fold, agent_id))


def test_a_visitor_is_told_that_they_wait_who_comes_and_what_was_said() -> None:
    """A visitor reads that they wait, then who is with them, then the words of both in order."""
    fold, log = Conversations(), Log()
    fold.apply(*log.batch(plan_adopted(), received(), customer_said("c1", "Hello"), queued()))
    frames, cursor = told(fold, Cursor())
    assert [(frame["type"], frame.get("state"), frame.get("text")) for frame in frames] == [
        ("state", "waiting", None),
        ("message", None, "Hello"),
    ]
    fold.apply(*log.batch(answered(), agent_said("a1", "Good morning")))
    frames, cursor = told(fold, cursor)
    assert [(frame["type"], frame.get("name"), frame.get("text")) for frame in frames] == [
        ("state", "Amy Zhang", None),
        ("message", "Amy Zhang", "Good morning"),
    ]
    assert told(fold, cursor) == ([], cursor)


def test_a_good_bye_comes_before_the_end() -> None:
    """An agent's last words are shown before the page says that the conversation ended."""
    fold = folded(plan_adopted(), received(), answered(), agent_said("a1", "Good-bye"), completed(), closed())
    frames, _ = told(fold, Cursor())
    assert [frame["type"] for frame in frames] == ["message", "state"]
    assert frames[-1]["ended_by"] == "agent"


def test_who_ended_a_conversation_is_said_by_the_first_ending() -> None:
    """Closing after wrap-up does not change who ended the conversation."""
    fold = folded(received(), answered(), completed(by=ParticipantRole.CUSTOMER), closed())
    conversation = fold.at(POOL, THREAD)
    assert conversation is not None
    assert (conversation.standing, conversation.ended_by) == (Standing.ENDED, EndedBy.CUSTOMER)


def test_a_new_conversation_on_the_same_thread_begins_at_line_one() -> None:
    """A visitor who writes again after the end has a new conversation with numbers of its own."""
    fold, log = Conversations(), Log()
    fold.apply(
        *log.batch(received("i-1"), customer_said("c1", "One"), answered("i-1"), completed("i-1"), closed("i-1"))
    )
    _, cursor = told(fold, Cursor())
    fold.apply(*log.batch(received("i-2"), customer_said("c2", "Two", "i-2"), queued("i-2")))
    frames, _ = told(fold, cursor)
    assert [(frame["conversation"], frame.get("seq")) for frame in frames] == [("i-2", None), ("i-2", 1)]


def test_chats_of_other_channels_and_other_programs_are_left_alone() -> None:
    """Calls, and chats that another program brought in, are no business of our page."""
    fold = folded(received("i-1", channel=Channel.VOICE), received("i-2", thread="somebody-else"))
    assert list(fold.open()) == []
    assert fold.take_changed() == set()


def test_only_threads_that_changed_are_looked_at_again() -> None:
    """A page is woken when its own conversation changed, and once."""
    fold = folded(received(), queued())
    assert fold.take_changed() == {(POOL, THREAD)}
    assert fold.take_changed() == set()


def test_ended_conversations_are_forgotten_when_there_are_too_many() -> None:
    """Memory for ended conversations is bounded, and the oldest goes first."""
    fold, log = Conversations(), Log()
    for number in range(ENDED_KEPT + 1):
        identity, thread = f"i-{number}", f"page:site:visitor-{number}"
        fold.apply(*log.batch(received(identity, thread=thread), completed(identity)))
    assert fold.at(POOL, "page:site:visitor-0") is None
    assert fold.at(POOL, "page:site:visitor-1") is not None


def test_a_snapshot_restores_what_the_page_has_seen() -> None:
    """A replica that starts from a snapshot shows the same lines under the same numbers."""
    whole = folded(
        plan_adopted(), received(), customer_said("c1", "Hello"), queued(), answered(), agent_said("a1", "Hi")
    )
    row = InteractionRow(
        received=received(),
        state=InteractionState.ACTIVE,
        agent_id="amy",
        last_offer_number=1,
        units=50,
        state_since=1.0,
        messages=(
            MessageRow(
                message_id="c1",
                author=ParticipantRole.CUSTOMER,
                agent_id="",
                content=Content(body="Hello"),
                said_at=1.8e9,
            ),
            MessageRow(
                message_id="a1", author=ParticipantRole.AGENT, agent_id="amy", content=Content(body="Hi"), said_at=1.8e9
            ),
        ),
    )
    restored = Conversations()
    restored.restore(None, [row, plan_adopted()])
    assert told(restored, Cursor()) == told(whole, Cursor())
    assert restored.take_changed() == {(POOL, THREAD)}


def test_a_page_whose_last_line_is_not_ours_is_told_everything() -> None:
    """Numbers are trusted only together with the message that stood there."""
    fold = folded(received(), customer_said("c1", "One"), agent_said("a1", "Two"))
    conversation = fold.at(POOL, THREAD)
    known = resumed(conversation, conversation_id="i-1", last_seq=1, last_message_id="c1")
    strange = resumed(conversation, conversation_id="i-1", last_seq=1, last_message_id="other")
    assert (known.seq, strange.seq) == (1, 0)


def test_a_delivery_knows_the_decision_that_caused_it() -> None:
    """Each agent's line names the batch that counted, and the customer's own lines are not delivered."""
    fold = folded(received(), customer_said("c1", "One"), agent_said("a1", "Two"), agent_said("a2", "Three"))
    conversation = fold.at(POOL, THREAD)
    assert conversation is not None
    lines = delivered_lines(conversation, 0, 2)
    assert [(line.message_id, line.because) for line in lines] == [("a1", Because(epoch=1, seq=3, offset=3))]


KEPT = 3
"""Lines of a conversation that a snapshot keeps."""
STEPS = st.lists(st.sampled_from(["customer", "agent", "queued", "answered", "cut", "restart"]), max_size=40)


def restarted(fold: Conversations) -> Conversations:
    """The same conversations as another replica has them that began at a snapshot, which keeps the last lines only."""
    conversation = fold.at(POOL, THREAD)
    assert conversation is not None
    rows = [
        MessageRow(
            message_id=line.message_id,
            author=line.author,
            agent_id=line.agent_id,
            content=line.content,
            said_at=line.said_at,
        )
        for line in conversation.lines[-KEPT:]
    ]
    again = Conversations()
    again.restore(
        None,
        [
            InteractionRow(
                received=conversation.received,
                state=InteractionState.ACTIVE,
                agent_id="amy",
                last_offer_number=1,
                units=50,
                state_since=1.0,
                messages=tuple(rows),
            )
        ],
    )
    return again


class PageOfTest:
    """A page that keeps what it is told; a message that it has already is not shown again."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.shown: list[str] = []
        self.last = (0, "")
        self.cursor = Cursor()

    def look(self, fold: Conversations) -> None:
        """Take what has not been told."""
        frames, self.cursor = told(fold, self.cursor)
        for frame in frames:
            if frame["type"] == "message":
                self.last = (int(str(frame["seq"])), str(frame["message_id"]))
                self.shown += [self.last[1]] if self.last[1] not in self.shown else []

    def come_back(self, fold: Conversations) -> None:
        """Connect again and say what the last line was."""
        conversation = fold.at(POOL, THREAD)
        self.cursor = resumed(conversation, conversation_id="i-1", last_seq=self.last[0], last_message_id=self.last[1])


@given(STEPS)
def test_a_page_sees_every_line_once_wherever_its_connection_is_cut(steps: list[str]) -> None:
    """However often the connection breaks or channels restarts from a snapshot, every line is shown once, in order."""
    fold, log, page = Conversations(), Log(), PageOfTest()
    fold.apply(*log.batch(received()))
    said: list[str] = []
    for number, step in enumerate(steps):
        match step:
            case "customer" | "agent":
                said.append(f"{step}-{number}")
                fact = customer_said(said[-1], "text") if step == "customer" else agent_said(said[-1], "text")
                fold.apply(*log.batch(fact))
            case "queued":
                fold.apply(*log.batch(queued()))
            case "answered":
                fold.apply(*log.batch(answered()))
            case "restart":
                fold = restarted(fold)
                page.come_back(fold)
            case _:
                page.come_back(fold)
        page.look(fold)
    assert page.shown == said
    assert page.last[1] == (said[-1] if said else "")
