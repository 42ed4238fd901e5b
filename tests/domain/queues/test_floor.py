"""What a supervisor sees of queues and agents, and that it is what the decisions say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from kindline.audit.contacts import Contacts
from kindline.audit.findings import Findings
from kindline.audit.floor import compare_floor
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.facts.interactions import QueuedReason
from kindline.language.floor import AgentState, FloorRow, QueueState
from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.plan import AgentPlan, Plan, QueuePlan
from kindline.queues.domain.expecting import expected_wait
from kindline.queues.domain.floor import Floor
from kindline.queues.domain.kept import Kept
from tests.domain.audit.story import abandoned, accepted, answered, completed, offer
from tests.domain.queues.story import Line, closed, counting, queued, received, steps, told
from tests.domain.queues.story_call_backs import call_back

POOL = "acme/support"
ENGLISH = (POOL, "english")
PLAN = Plan(
    pool=POOL,
    queues=(QueuePlan(name="english", answer_within_seconds=60.0), QueuePlan(name="calm")),
    agents=(AgentPlan(agent_id="amy", display_name="Amy"),),
)


class Shown:
    """A floor under the plan above, fed batch by batch."""

    def __init__(self) -> None:
        self.floor = Floor(Kept())
        self.seq = 0
        self.at(0.0, f.PlanAdopted(plan=PLAN))

    def at(self, now: float, *facts: f.Fact) -> list[FloorRow]:
        """The rows said at a batch decided at `now`."""
        self.seq += 1
        return self.floor.apply(
            DecisionBatch(
                epoch=1,
                owner="o",
                seq=self.seq,
                level=1,
                decided_at=now,
                facts=facts,
                next_within=0.5,
                released=False,
            )
        ).rows

    @property
    def english(self) -> QueueState:
        """The English queue as it was said last."""
        return self.floor.queues[ENGLISH]

    @property
    def amy(self) -> AgentState:
        """Amy as she was said last."""
        return self.floor.agents[POOL, "amy"]


def arrives(name: str, since: float, queue: str = "english") -> tuple[f.Fact, ...]:
    """A customer comes in and waits."""
    line = Line(name, POOL, Channel.CHAT, since=since)
    return received(line, since), queued(line, queue, QueuedReason.ARRIVED)


def answered_after(name: str, seconds: float) -> f.Fact:
    """Amy and the customer are together."""
    return replace(answered(name, "amy"), waited_seconds=seconds)


def left_after(name: str, seconds: float) -> f.Fact:
    """The customer hangs up."""
    return replace(abandoned(name), waited_seconds=seconds)


def signed_in() -> f.Fact:
    """Amy is there."""
    return f.AgentSignedIn(pool=POOL, agent_id="amy", session_id="s", replica_id="r")


def test_a_queue_is_shown_from_its_plan_on_and_a_contact_on_its_way_through() -> None:
    """A contact is seen waiting, held out, with an agent, and not at all after the work is done."""
    shown = Shown()
    assert (shown.english.waiting, shown.english.offered, shown.english.active) == (0, 0, 0)
    seen = []
    for now, facts in (
        (100.0, arrives("ida", 99.0)),
        (101.0, (offer("ida", "amy"),)),
        (102.0, (accepted("ida", "amy"),)),
        (103.0, (answered("ida", "amy"),)),
        (104.0, (completed("ida", "amy"),)),
    ):
        [row, *_] = shown.at(now, *facts)
        assert row.as_of == now
        seen.append((shown.english.waiting, shown.english.offered, shown.english.active))
    assert seen == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1), (0, 0, 0)]
    assert shown.at(105.0, closed(Line("ida", POOL, Channel.CHAT))) == []
    assert shown.floor.kept.contacts == {}


def test_who_is_called_back_at_another_hour_waits_for_nobody_but_is_not_forgotten() -> None:
    """A supervisor sees how many calls the house has promised for later, and that nobody gave up."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0), *arrives("jan", 100.0))
    later = f.InteractionScheduled(pool=POOL, interaction_id="ida", due_at=4_000.0)
    shown.at(110.0, call_back(POOL, "ida", "english", 4_000.0), later)
    english = shown.english
    assert (english.waiting, english.scheduled, english.abandons) == (1, 1, 0)
    shown.at(4_000.0, queued(Line("ida", POOL, Channel.CHAT, since=100.0), "english", QueuedReason.CALL_BACK_DUE))
    english = shown.english
    assert (english.waiting, english.scheduled, english.arrivals) == (2, 0, 0)


def test_the_oldest_wait_survives_offers_that_nobody_takes() -> None:
    """Whoever comes back from an offer waits at the old place, and is the oldest again."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 90.0), *arrives("ben", 95.0))
    assert shown.english.oldest_waiting_since == 90.0
    shown.at(101.0, offer("ida", "amy"))
    assert shown.english.oldest_waiting_since == 95.0
    shown.at(102.0, f.OfferRescinded(pool=POOL, offer_id="ida.1", interaction_id="ida", agent_id="amy"))
    assert shown.english.oldest_waiting_since == 90.0
    shown.at(103.0, left_after("ida", 13.0), left_after("ben", 8.0))
    assert shown.english.oldest_waiting_since is None


def test_a_contact_in_the_voice_menu_waits_in_no_queue() -> None:
    """Only who was handed over to a queue is counted there."""
    shown = Shown()
    line = Line("ida", POOL, Channel.VOICE, since=100.0)
    assert shown.at(100.0, received(line, 100.0)) == []
    shown.at(130.0, queued(line, "english", QueuedReason.HANDED_OVER))
    assert (shown.english.waiting, shown.english.arrivals) == (1, 1)


def test_what_happened_is_forgotten_after_five_minutes() -> None:
    """Arrivals, answers and hang-ups leave the window with nothing but time passing."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0), *arrives("ben", 100.0))
    shown.at(104.0, answered_after("ida", 4.0), left_after("ben", 4.0))
    assert (shown.english.arrivals, shown.english.answers, shown.english.abandons) == (2, 1, 1)
    shown.at(395.0)
    assert (shown.english.arrivals, shown.english.answers, shown.english.abandons) == (2, 1, 1)
    assert shown.at(400.0) == [replace(shown.english, as_of=400.0)]
    assert (shown.english.arrivals, shown.english.answers, shown.english.abandons) == (0, 0, 0)


def test_a_transfer_is_no_arrival() -> None:
    """Who comes from another queue is waiting there but has not arrived twice."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0, "calm"))
    shown.at(101.0, queued(Line("ida", POOL, Channel.CHAT, since=100.0), "english", QueuedReason.TRANSFERRED))
    assert (shown.english.waiting, shown.english.arrivals) == (1, 0)


def test_who_overflowed_on_joining_arrives_where_they_wait() -> None:
    """A contact that its own queue could not have arrives in the queue that took it, and arrives once."""
    shown = Shown()
    line = Line("ida", POOL, Channel.CHAT, since=100.0)
    shown.at(100.0, received(line, 100.0), queued(line, "english", QueuedReason.OVERFLOWED))
    assert (shown.english.waiting, shown.english.arrivals) == (1, 1)
    shown.at(101.0, queued(line, "calm", QueuedReason.OVERFLOWED))
    shown.at(102.0, queued(line, "english", QueuedReason.OVERFLOWED))
    assert (shown.english.waiting, shown.english.arrivals) == (1, 1)


def test_the_service_level_follows_its_definition() -> None:
    """Answered in time, out of those offered without those who hung up at once."""
    shown = Shown()
    for name in ("a", "b", "c", "d"):
        shown.at(100.0, *arrives(name, 100.0))
    shown.at(110.0, answered_after("a", 10.0), left_after("b", 4.9))
    assert shown.english.service_level.value == 1.0
    shown.at(180.0, answered_after("c", 80.0), left_after("d", 80.0))
    assert shown.english.service_level.value == pytest.approx(1 / 3)
    assert shown.english.service_level.definition == "answered_within/offered_less_short"
    assert (shown.english.service_level.target_seconds, shown.english.service_level.window_seconds) == (60.0, 1_800.0)


def test_a_queue_in_which_nobody_is_answered_does_not_look_well() -> None:
    """Who waits longer than promised lowers the service level before anybody picks up."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0), *arrives("ben", 100.0))
    shown.at(101.0, answered_after("ben", 1.0))
    assert shown.english.service_level.value == 1.0
    shown.at(185.0)
    assert shown.english.service_level.value == 0.5


def test_a_transferred_customer_counts_where_they_first_waited() -> None:
    """The service level belongs to the queue of the arrival, and counts everybody once."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0))
    shown.at(101.0, queued(Line("ida", POOL, Channel.CHAT, since=100.0), "calm", QueuedReason.TRANSFERRED))
    shown.at(110.0, answered_after("ida", 10.0))
    shown.at(111.0, queued(Line("ida", POOL, Channel.CHAT, since=100.0), "english", QueuedReason.AGENT_LOST))
    shown.at(190.0, answered_after("ida", 90.0))
    assert shown.english.service_level.value == 1.0


def test_a_queue_without_a_promise_has_no_service_level() -> None:
    """Where no time was promised there is no share answered in time."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0, "calm"), answered_after("ida", 1.0))
    assert shown.floor.queues[POOL, "calm"].service_level.value is None


def test_the_expected_wait_is_a_range_or_unknown() -> None:
    """With fewer than five departures nothing is said; with more, the range holds position over rate."""
    assert expected_wait(3, 4) is None
    expected = expected_wait(9, 30)
    assert expected is not None
    assert expected.low_seconds < 10 * 300.0 / 30 < expected.high_seconds
    surer = expected_wait(9, 30_000)
    assert surer is not None
    assert surer.high_seconds - surer.low_seconds < expected.high_seconds - expected.low_seconds
    nobody_ahead = expected_wait(0, 10)
    assert nobody_ahead is not None
    assert nobody_ahead.low_seconds == 0.0


def test_the_queue_tells_what_to_expect() -> None:
    """Five answers in the window make an expectation, and it ends when they leave the window."""
    shown = Shown()
    for number in range(5):
        shown.at(100.0, *arrives(f"i{number}", 100.0), answered_after(f"i{number}", 0.0))
    assert shown.english.expected_wait == expected_wait(0, 5)
    shown.at(101.0, *arrives("ida", 101.0))
    assert shown.english.expected_wait == expected_wait(1, 5)
    shown.at(500.0)
    assert shown.english.expected_wait is None


def test_an_agent_is_shown_with_status_state_and_work() -> None:
    """Amy is seen signing in, declaring herself, being offered work, working, and wrapping up."""
    shown = Shown()
    shown.at(10.0, signed_in())
    assert (shown.amy.display_name, shown.amy.lease, shown.amy.since) == ("Amy", Lease.CONNECTED, 10.0)
    declared = f.AgentStatusDeclared(
        pool=POOL,
        agent_id="amy",
        status=AgentStatus.AVAILABLE,
        reason_code="ready",
        next_status=AgentStatus.UNSPECIFIED,
        next_reason_code="",
    )
    idle = f.AgentRoutingStateChanged(
        pool=POOL, agent_id="amy", routing_state=RoutingState.IDLE, reason=RoutingStateReason.STATUS
    )
    shown.at(20.0, declared, idle)
    assert (shown.amy.status, shown.amy.reason_code, shown.amy.since) == (AgentStatus.AVAILABLE, "ready", 20.0)
    shown.at(30.0, *arrives("ida", 30.0), offer("ida", "amy"))
    assert (shown.amy.offers, shown.amy.active, shown.amy.wrapping_up) == (1, 0, 0)
    shown.at(31.0, accepted("ida", "amy"), answered("ida", "amy"))
    assert (shown.amy.offers, shown.amy.active, shown.amy.wrapping_up) == (0, 1, 0)
    shown.at(40.0, completed("ida", "amy"))
    assert (shown.amy.offers, shown.amy.active, shown.amy.wrapping_up) == (0, 0, 1)
    shown.at(50.0, closed(Line("ida", POOL, Channel.CHAT)))
    assert (shown.amy.offers, shown.amy.active, shown.amy.wrapping_up) == (0, 0, 0)
    assert shown.amy.since == 20.0


def test_a_queue_out_of_plan_is_shown_until_it_is_empty_and_forgotten() -> None:
    """A removed queue drains in sight; its row goes when nobody is there and nothing is left to tell."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0), signed_in())
    shown.at(101.0, f.PlanAdopted(plan=Plan(pool=POOL, queues=(QueuePlan(name="calm"),))))
    shown.at(102.0, left_after("ida", 2.0))
    assert shown.english.waiting == 0
    shown.at(5_000.0)
    assert ENGLISH not in shown.floor.queues
    assert ENGLISH not in shown.floor.kept.queues
    step = shown.at(5_001.0, f.AgentSignedOut(pool=POOL, agent_id="amy", session_id="s"))
    assert step == []
    assert shown.floor.agents == {}


def test_a_forgotten_queue_does_not_come_back_with_a_late_answer() -> None:
    """Who once waited in a queue that is long gone is answered in another: no display shows the old one again."""
    shown = Shown()
    shown.at(100.0, *arrives("ida", 100.0))
    moved = queued(Line("ida", POOL, Channel.CHAT, since=100.0), "calm", QueuedReason.TRANSFERRED)
    shown.at(101.0, moved, f.PlanAdopted(plan=Plan(pool=POOL, queues=(QueuePlan(name="calm"),))))
    shown.at(5_000.0)
    assert ENGLISH not in shown.floor.queues
    said = shown.at(5_001.0, replace(answered("ida", "amy"), waited_seconds=4_901.0, queue="calm"))
    assert [row.queue for row in said if isinstance(row, QueueState)] == ["calm"]


def test_nothing_is_said_and_nothing_kept_where_nothing_changes() -> None:
    """A heartbeat on a quiet floor costs no row: only a new slot of five seconds moves the time."""
    shown = Shown()
    assert shown.at(1.0) == []
    assert shown.floor.kept.now == 0.0
    assert shown.at(6.0) == []
    assert shown.floor.kept.now == 6.0


@given(steps)
def test_the_floor_shows_what_the_auditor_counts(numbers: list[tuple[int, int, int]]) -> None:
    """Whatever happens on the line, waiting, offered and active equal the auditor's own count."""
    findings, contacts, floor = Findings(), *_fold(told(numbers))
    compare_floor({"/".join(key): row for key, row in floor.queues.items()}, contacts.by_id.values(), findings)
    assert findings.kept == []


@given(steps)
def test_what_was_said_last_is_what_the_state_implies(numbers: list[tuple[int, int, int]]) -> None:
    """After every batch the last words about each row are the truth, for whoever hears them or starts again."""
    floor, said = Floor(Kept()), dict[tuple[str, str, str], FloorRow]()
    for batch in counting(told(numbers)):
        step = floor.apply(batch)
        for row in step.rows:
            said[_key(row)] = replace(row, as_of=0.0)
        for pool, name in step.gone:
            said.pop((pool, name, "queue"), None)
            said.pop((pool, name, "agent"), None)
        anew = Floor(floor.kept)
        assert said == {_key(row): replace(row, as_of=0.0) for row in anew.every_row()}


def _key(row: FloorRow) -> tuple[str, str, str]:
    return (row.pool, row.queue, "queue") if isinstance(row, QueueState) else (row.pool, row.agent_id, "agent")


def _fold(records: Sequence[DecisionRecord]) -> tuple[Contacts, Floor]:
    """The auditor's contacts and the floor; the story itself must be one that the auditor believes."""
    findings, floor = Findings(), Floor(Kept())
    contacts = Contacts(findings)
    for batch in counting(records):
        floor.apply(batch)
        for fact in batch.facts:
            contacts.apply(fact, at=batch.decided_at, place="test", offers_at_once=2)
    assert findings.kept == []
    return contacts, floor
