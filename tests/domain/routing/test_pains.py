"""What users of other systems complain of most, and the tests that say it does not happen here.

The rows are those of the reference's ranking of recurring pains. A row that routing cannot cure says who will.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]

ROUTING = "domain/routing/"

PAINS: dict[int, tuple[str, dict[str, tuple[str, ...]]]] = {
    1: (
        "work left unassigned for ever once nobody was free; newer overtakes older",
        {
            ROUTING + "test_order.py": (
                "work_that_found_nobody_is_served_by_whoever_is_free_next_the_oldest_first",
                "the_ceiling_holds_across_queues_and_needs",
            ),
            ROUTING + "test_missed_wakes.py": (
                "a_back_off_that_ended_while_nobody_decided_is_noticed_by_the_next_owner",
            ),
            "domain/audit/test_who_is_passed.py": ("somebody_who_waits_beside_a_free_agent_is_found",),
        },
    ),
    2: (
        "promises wrong: pauses, a change of plan, who spoke last (business time and pauses come with their issue)",
        {
            "domain/sla/test_clocks.py": (
                "every_promise_ends_as_the_auditor_says",
                "a_new_plan_leaves_running_clocks_alone",
                "a_transfer_starts_no_new_clock",
            ),
        },
    ),
    3: (
        "presence lies: offline though here, online though gone, idle flips",
        {
            ROUTING + "test_presence.py": (
                "a_broken_stream_stops_offers_at_once_and_keeps_the_work_for_a_while",
                "a_silent_presence_makes_all_its_agents_suspect_and_a_sign_of_life_brings_them_back",
                "a_sign_of_life_does_not_bring_back_a_broken_stream",
                "the_newest_session_wins_and_the_older_can_neither_act_nor_close_it",
            ),
            "service/presence/test_presence.py": ("who_comes_back_in_time_is_connected_again",),
        },
    ),
    4: (
        "agents or customers stuck until a restart",
        {
            ROUTING + "test_every_state_ends.py": (
                "whatever_is_left_alone_ends_by_itself_and_says_so",
                "every_state_that_is_no_end_is_tried_here",
            ),
            "domain/language/test_graph.py": ("no_customer_is_ever_stuck",),
        },
    ),
    5: (
        "two owners for one contact; a manual choice overwritten",
        {
            ROUTING + "test_offers.py": (
                "the_losers_of_a_race_are_told_before_the_winner_owns_it",
                "an_answer_to_an_offer_that_is_gone_is_refused",
            ),
            ROUTING + "test_commands.py": ("nobody_touches_somebody_elses_customer",),
            "contract/owned/test_simulation.py": ("leaving_out_a_rule_is_found_by_some_storm",),
        },
    ),
    6: (
        "capacity ignored, unfair spread, a flood on the first to log in",
        {
            ROUTING + "test_capacity_limits.py": ("no_path_leads_round_a_limit", "the_first_to_log_in_is_not_flooded"),
            ROUTING + "test_matching.py": (
                "whoever_worked_least_for_the_time_they_were_there_is_asked_first",
                "nobody_is_given_two_things_within_the_gap",
            ),
        },
    ),
    7: (
        "reports nobody trusts: time with a bot, the wrong start",
        {
            "domain/queues/test_floor.py": (
                "the_service_level_follows_its_definition",
                "the_floor_shows_what_the_auditor_counts",
                "a_contact_in_the_voice_menu_waits_in_no_queue",
            ),
        },
    ),
    8: (
        "copies and early events make double conversations",
        {
            ROUTING + "test_arrivals.py": (
                "fifty_first_messages_of_one_visitor_make_one_interaction",
                "ten_deliveries_of_an_event_change_nothing_after_the_first",
                "an_event_that_comes_before_its_interaction_waits_for_it",
            ),
            ROUTING + "test_parking.py": ("what_comes_while_early_events_are_taken_in_waits_its_turn",),
        },
    ),
    9: (
        "a bot talks over the person, or holds a contact for ever",
        {
            ROUTING + "test_arrivals.py": (
                "a_bot_holds_a_contact_until_it_hands_over",
                "a_bot_that_never_hands_over_does_not_hold_anybody_for_ever",
            ),
            "domain/language/test_graph.py": ("one_is_responsible_for_every_interaction",),
        },
    ),
    10: (
        "an agent vanishes in the middle of a chat, and the customer waits for nobody",
        {
            ROUTING + "test_presence.py": (
                "a_lost_agents_chat_goes_to_the_next_at_its_old_age_and_their_offer_too",
                "a_lost_agent_keeps_calls_and_mail",
                "signing_out_leaves_no_customer_behind",
            ),
            ROUTING + "test_dormant.py": ("an_agent_who_is_gone_keeps_sleepers_until_they_speak",),
        },
    ),
    11: (
        "hours, zones and clock changes switch agents on and off",
        {
            ROUTING + "test_hours.py": (
                "a_frame_over_a_jump_of_the_clock_is_an_hour_shorter_or_longer",
                "a_calendar_has_its_own_zone_before_that_of_the_pool",
                "hours_are_those_of_whoever_looks_at_the_clock_every_minute",
            ),
            ROUTING + "test_overflow.py": (
                "a_closed_queue_takes_nobody_new",
                "who_waits_when_the_queue_closes_is_still_served",
            ),
        },
    ),
    12: (
        "a transfer to somebody full or offline fails, or hangs",
        {
            ROUTING + "test_transfers.py": (
                "whatever_the_target_looks_like_the_customer_waits_there_at_their_age",
                "a_transfer_to_nowhere_is_refused_and_the_customer_stays",
                "the_target_may_decline_and_still_nobody_is_lost",
            ),
        },
    ),
    13: (
        "surprises in the order, starvation across queues, falling back in line",
        {
            ROUTING + "test_order.py": (
                "the_heads_of_all_queues_of_an_agent_are_compared_and_no_head_blocks_another",
                "nobody_falls_back_in_line_by_an_offer_that_was_not_taken",
                "whoever_waits_beyond_the_ceiling_goes_before_everybody_who_does_not",
            ),
            ROUTING + "test_informing.py": ("a_worse_place_is_told_with_a_word",),
        },
    ),
    14: (
        "no leave or shifts in who is given work (comes with shifts; a break is asked for and kept today)",
        {
            ROUTING + "test_presence.py": ("a_break_asked_for_during_work_begins_when_the_work_ends",),
        },
    ),
    15: (
        "wrap-up cut short, or invisible",
        {
            ROUTING + "test_wrap_up.py": (
                "no_queue_however_long_cuts_a_wrap_up_short",
                "a_break_asked_for_in_wrap_up_follows_it_and_nothing_comes_between",
            ),
            ROUTING + "test_interrupting.py": ("wrap_up_is_never_interrupted",),
        },
    ),
    16: (
        "new work is not shown until the page is loaded again",
        {
            "service/routing/test_follow_work.py": (
                "a_stream_begins_with_everything_there_is",
                "a_front_end_that_comes_back_goes_on_without_a_gap",
            ),
            "service/routing/test_gap.py": ("a_missed_batch_ends_in_a_snapshot_with_the_offer_that_was_in_it",),
        },
    ),
    17: (
        "loops of declined offers, a status forced back",
        {
            ROUTING + "test_offers.py": ("an_agent_alone_gets_a_declined_customer_back_after_the_back_off",),
            ROUTING + "test_own_status.py": ("no_status_is_declared_that_its_agent_did_not_ask_for",),
        },
    ),
    18: ("abuse is borne by whoever is hit (comes with cool-downs and the right to end)", {}),
    19: (
        "silent chats eat places; a mail makes somebody busy for a call",
        {
            ROUTING + "test_dormant.py": ("silent_chats_make_room_for_those_who_speak", "sleep_may_cost_nothing"),
            ROUTING + "test_interrupting.py": (
                "a_call_is_offered_over_chats_and_they_go_on_until_it_is_accepted",
                "accepting_sets_the_work_aside_and_closing_takes_it_up_again",
            ),
        },
    ),
    20: (
        "given to somebody who may not answer",
        {
            ROUTING + "test_matching.py": (
                "an_agent_passes_over_those_they_cannot_serve",
                "levels_and_languages_must_be_met",
            ),
            ROUTING + "test_capacity_limits.py": ("whoever_may_have_none_does_not_serve_the_channel",),
            "domain/audit/test_who_is_passed.py": ("an_offer_to_somebody_without_the_skill_is_found",),
        },
    ),
    21: (
        "every desk rings, and agents stay reserved",
        {
            ROUTING + "test_ring_all.py": (
                "one_takes_it_and_the_others_are_free_in_the_same_breath",
                "a_customer_whom_nobody_takes_rings_again_at_their_old_place_and_not_without_a_pause",
                "a_rush_with_every_desk_ringing_leaves_nobody_stuck",
            ),
        },
    ),
}
"""For each row the pain, and by file the tests against it."""

NOT_YET = {18}
"""Rows for which nothing is built yet."""


def names_in(path: Path) -> set[str]:
    """The names of the tests of a file."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, functions)}


@pytest.mark.parametrize("row", sorted(PAINS))
def test_each_pain_has_tests_that_exist(row: int) -> None:
    """A row without a test is a promise without proof; a test that is renamed must not leave its row behind."""
    _, against = PAINS[row]
    assert bool(against) is (row not in NOT_YET)
    for name, expected in against.items():
        assert {f"test_{one}" for one in expected} <= names_in(TESTS / name)


def test_no_row_is_left_out() -> None:
    """The ranking has twenty-one rows."""
    assert sorted(PAINS) == list(range(1, 22))
