"""One conversation of a visitor, as the decisions tell it: what was said, in order, and who is there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kindline.channels.domain.call_back import CallBack, kept
from kindline.channels.domain.standings import TALKING, EndedBy, Standing
from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Because, Content, ParticipantRole
from kindline.language.events import InteractionStarted, MessageReceived
from kindline.language.ids import Instant

LONGEST_CONVERSATION = 2_000
"""Lines that are kept for a page that comes back; older ones keep their numbers but are not shown again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said. `because` is the decision that made us deliver it; None when it came out of a snapshot."""

    message_id: str
    author: ParticipantRole
    agent_id: str
    content: Content | None
    said_at: Instant
    because: Because | None


@dataclass(slots=True)
class Conversation:
    """An interaction on a page's thread. Line n of all (the first is 1) is lines[n - 1 - dropped]."""

    received: f.InteractionReceived
    standing: Standing = Standing.WAITING
    agent_id: str = ""
    ended_by: EndedBy = EndedBy.NOBODY
    lines: list[Line] = field(default_factory=list)
    dropped: int = 0
    told: f.CustomerInformed | None = None
    """What the customer was told last of their place and wait, while they wait."""
    call_back: CallBack = CallBack.NONE

    @property
    def last_seq(self) -> int:
        """The number of the last line; 0 when nothing was said."""
        return self.dropped + len(self.lines)

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.standing is not Standing.ENDED

    def say(self, line: Line) -> None:
        """Add a line under the next number."""
        self.lines.append(line)
        if len(self.lines) > LONGEST_CONVERSATION:
            del self.lines[0]
            self.dropped += 1

    def wait(self) -> None:
        """Nobody is there yet, or any more. A call-back was kept with the answer: what comes after is another wait."""
        if self.standing in TALKING:
            self.call_back = kept(self.call_back)
        self.standing, self.agent_id = Standing.WAITING, ""

    def end(self, by: EndedBy) -> None:
        """It is over. The first ending says who ended it."""
        if self.open:
            self.standing, self.ended_by = Standing.ENDED, by


def evolve(conversation: Conversation, fact: f.Fact) -> bool:
    """Fold one fact about its interaction; whether the page can see a change."""
    if _hears(conversation, fact):
        return True
    match fact:
        case f.InteractionQueued() | f.InteractionScheduled():
            conversation.wait()
        case f.InteractionAnswered(agent_id=agent_id):
            conversation.standing, conversation.agent_id = Standing.WITH_AGENT, agent_id
        case f.InteractionHeld():
            conversation.standing = Standing.ON_HOLD
        case f.InteractionResumed():
            conversation.standing = Standing.WITH_AGENT
        case f.InteractionCompleted(ended_by=role):
            conversation.end(EndedBy.CUSTOMER if role is ParticipantRole.CUSTOMER else EndedBy.AGENT)
        case f.InteractionAbandoned():
            conversation.end(EndedBy.CUSTOMER)
        case f.InteractionExpired():
            conversation.end(EndedBy.TIME)
        case f.InteractionDeflected() | f.InteractionCancelled() | f.InteractionClosed():
            conversation.end(EndedBy.NOBODY)
        case _:
            return False
    conversation.told = None
    return True


def _hears(conversation: Conversation, fact: f.Fact) -> bool:
    """Whether the customer hears something, and waits on."""
    match fact:
        case f.CustomerInformed():
            conversation.told = _told(conversation.told, fact)
        case f.InteractionRelaxed(call_back_offered=True) if conversation.call_back is CallBack.NONE:
            conversation.call_back = CallBack.OFFERED
        case f.CallBackPromised():
            conversation.call_back = CallBack.PROMISED
        case _:
            return False
    return True


def line_of(fact: f.Fact, at: Instant, because: Because | None) -> Line | None:
    """What a fact says that somebody said; None when it says nothing of the kind."""
    customer = ParticipantRole.CUSTOMER
    match fact:
        case f.EventRecorded(event=event) if isinstance(
            event.event, MessageReceived | InteractionStarted | CallBackAccepted
        ):
            said: Content | None = event.event.content
            if said is None:
                return None
            author, agent_id, message_id = customer, "", event.event.message_id
        case f.MessageSent(agent_id=agent_id, message_id=message_id, content=said):
            author = ParticipantRole.AGENT
        case _:
            return None
    return Line(message_id=message_id, author=author, agent_id=agent_id, content=said, said_at=at, because=because)


def _told(before: f.CustomerInformed | None, now: f.CustomerInformed) -> f.CustomerInformed:
    """An announcement alone takes back nothing of the place and the wait that were told before it."""
    if before is None or now.position or now.expected_wait is not None or before.queue != now.queue:
        return now
    return replace(now, position=before.position, expected_wait=before.expected_wait)
