"""How a tale is told in a terminal, and for programs: the history in sentences, then each offer with all candidates.

Promises the same of both: no message bodies, and every rule by its name.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kindline.commands.explaining.sentences import CHOICES, RULES, duration, sentence
from kindline.commands.explaining.tale import Explained, Tale, Told, Waiting
from kindline.language import facts as f
from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.routing.domain.candidates import Candidate

UNTOLD = "the log was cut before this interaction came, so only the counts that the decision itself holds are known"


def show(tale: Tale, offers: list[Explained], console: Console) -> None:
    """Print the tale and these of its offers."""
    zone = _zone(tale)
    first = _datetime(tale.facts[0].at, zone)
    pool = getattr(tale.facts[0].fact, "pool", "")
    head = f"Interaction {tale.interaction_id} of {pool}, {first:%A %d %B %Y}, times in {zone}"
    console.print(Text(head, style="bold"), soft_wrap=True)
    for told in tale.facts:
        if _is_news(told.fact):
            console.print(Text(f"  {_clock(told.at, zone)}  {sentence(told.fact)}"), soft_wrap=True)
    for each in offers:
        _show_offer(each, zone, console)
    waiting = tale.waiting()
    if waiting is not None:
        _show_waiting(waiting, zone, console)


def _show_offer(each: Explained, zone: tzinfo, console: Console) -> None:
    offer, choice = each.offer, each.offer.choice
    console.print()
    head = f"Offer {offer.number} to {offer.agent_id} at {_clock(each.at, zone)}, in {offer.queue}"
    console.print(Text(f"{head}, under plan version {choice.plan_version}", style="bold"), soft_wrap=True)
    rule = CHOICES.get(choice.rule, "")
    console.print(Text(f"Chosen by {choice.rule}" + (f": {rule}" if rule else "")), soft_wrap=True)
    if each.known:
        console.print(_candidates(each.candidates, offer.agent_id))
    else:
        left_out = ", ".join(f"{removal.agents} by {removal.rule}" for removal in choice.removals) or "nobody"
        counts = f"{choice.eligible} could have been chosen; left out: {left_out}"
        console.print(Text(f"{counts}. Who they were is not known: {UNTOLD}."), soft_wrap=True)
    if each.signed_out:
        console.print(Text(f"Not signed in: {', '.join(each.signed_out)}"), soft_wrap=True)
    for difference in each.differences:
        words = f"The log's own reason differs: {difference}"
        console.print(Text(words, style="bold red"), soft_wrap=True)


def _show_waiting(waiting: Waiting, zone: tzinfo, console: Console) -> None:
    console.print()
    head = f"Waits in {waiting.queue} at {_clock(waiting.at, zone)}, for {duration(waiting.at - waiting.since)} so far"
    console.print(Text(head, style="bold"), soft_wrap=True)
    words = "Of those who are signed in:" if waiting.candidates else "Nobody is signed in."
    console.print(Text(words), soft_wrap=True)
    if waiting.candidates:
        console.print(_candidates(waiting.candidates))
    if waiting.signed_out:
        console.print(Text(f"Not signed in: {', '.join(waiting.signed_out)}"), soft_wrap=True)


def _candidates(candidates: tuple[Candidate, ...], chosen: str = "") -> Table:
    table = Table("agent", "rule", "that is", "score")
    table.columns[3].justify = "right"
    for one in candidates:
        score = "" if one.score is None else f"{one.score:.4f}"
        if one.agent_id == chosen:
            table.add_row(one.agent_id, "chosen", "first by the choice", score, style="bold green")
        elif one.rule:
            table.add_row(one.agent_id, one.rule, RULES.get(one.rule, ""), score)
        else:
            table.add_row(one.agent_id, "could serve", "another was first" if chosen else "is asked next", score)
    return table


def as_data(tale: Tale, offers: list[Explained]) -> dict[str, object]:
    """The tale as plain data; instants are seconds since 1970 in UTC."""
    waiting = tale.waiting()
    return {
        "interaction_id": tale.interaction_id,
        "pool": getattr(tale.facts[0].fact, "pool", ""),
        "history": [_told(told) for told in tale.facts],
        "offers": [_explained(each) for each in offers],
        "waiting": None if waiting is None else asdict(waiting),
        "agrees": not any(each.differences for each in offers),
    }


def _told(told: Told) -> dict[str, object]:
    return {
        "at": told.at,
        "offset": told.offset,
        "fact": type(told.fact).__name__,
        "sentence": sentence(told.fact),
    }


def _explained(each: Explained) -> dict[str, object]:
    offer = each.offer
    return {
        "offer_id": offer.offer_id,
        "number": offer.number,
        "agent_id": offer.agent_id,
        "queue": offer.queue,
        "at": each.at,
        "offset": each.offset,
        "plan_version": offer.choice.plan_version,
        "choice": offer.choice.rule,
        "score": offer.choice.score,
        "eligible": offer.choice.eligible,
        "removals": {removal.rule: removal.agents for removal in offer.choice.removals},
        "candidates": [asdict(candidate) for candidate in each.candidates] if each.known else None,
        "not_signed_in": list(each.signed_out),
        "differences": list(each.differences),
    }


def _is_news(fact: Fact) -> bool:
    """Whether people want to read of it; what the channel reported says little, except to programs."""
    return not isinstance(fact, f.EventRecorded) or not fact.opening


def _zone(tale: Tale) -> tzinfo:
    name = tale.plan.time_zone if tale.plan else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _datetime(at: Instant, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, tz=zone)


def _clock(at: Instant, zone: tzinfo) -> str:
    return f"{_datetime(at, zone):%H:%M:%S.%f}"[:-3]
