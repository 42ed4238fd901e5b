"""Reads a bank's call log, row by row: each becomes a call, or a defect that says what is wrong with it.

Promises that no row stops the reading: other months of the same log have rows with a wrong field count, times that are
none, durations below zero, and repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from kindline.rehearsal.domain.calls import LoggedCall, Outcome, RowDefect, mended, near

COLUMNS = (
    *("vru_line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time"),
    *("q_start", "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server"),
)
OLD_NAMES = {"vru+line": "vru_line"}
NOBODY = frozenset({"", "NO_SERVER", "0"})
UNKNOWN_CUSTOMER = frozenset({"", "0"})
HIGHEST_HOUR, SIXTY = 47, 60
"""Some systems count the small hours on past 24."""
FIRST_TWO_DIGIT_YEAR = 70


class NotACallLog(Exception):
    """The file has another header; the message names what is missing."""


class _Unreadable(Exception):
    """One field of one row cannot be read."""


def read_rows(lines: Iterable[str]) -> Iterator[LoggedCall | RowDefect]:
    """Each row as a call or a defect; the first line names the columns. Raises NotACallLog."""
    columns: list[str] | None = None
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        fields = line.rstrip("\r\n").split("\t")
        if columns is None:
            columns = _header(fields)
            continue
        if fields == [""]:
            continue
        row = _read(number, columns, fields)
        if isinstance(row, LoggedCall):
            if row.key in seen:
                row = RowDefect(line_number=number, reason=f"the call {row.key} was there already")
            else:
                seen.add(row.key)
        yield row
    if columns is None:
        raise NotACallLog("the file is empty")


def _header(fields: list[str]) -> list[str]:
    # Editors on other systems put a byte order mark before the first name.
    names = [field.lstrip("\ufeff").strip().lower() for field in fields]
    names = [OLD_NAMES.get(name, name) for name in names]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise NotACallLog(f"the first line must name the columns, by tabs; missing: {', '.join(missing)}")
    return names


def _read(number: int, columns: list[str], fields: list[str]) -> LoggedCall | RowDefect:
    if len(fields) != len(columns):
        return RowDefect(line_number=number, reason=f"has {len(fields)} fields, not {len(columns)}")
    try:
        return _call({column: field.strip() for column, field in zip(columns, fields, strict=True)})
    except _Unreadable as error:
        return RowDefect(line_number=number, reason=str(error))


def _call(row: Mapping[str, str]) -> LoggedCall:
    if not row["vru_line"] or not row["call_id"]:
        raise _Unreadable("names no line or no call")
    entered_at = _clock(row, "vru_entry")
    menu_seconds = _duration(row, "vru_time")
    queue_seconds = _duration(row, "q_time")
    outcome = _outcome(row["outcome"], queue_seconds)
    served = outcome is Outcome.SERVED
    # Of whoever was not served these cells say nothing, and some exports leave them empty; the rest is not known.
    start = _clock(row, "ser_start") if served and row["ser_start"] else 0.0
    service = mended(_number(row, "ser_time")) if served and row["ser_time"] else None
    answered_at = entered_at + menu_seconds + queue_seconds
    return LoggedCall(
        line=row["vru_line"],
        call_id=row["call_id"],
        customer="" if row["customer_id"] in UNKNOWN_CUSTOMER else row["customer_id"],
        priority=int(_number(row, "priority")) if row["priority"] else 0,
        kind=row["type"] or "UNKNOWN",
        day=_date(row["date"]),
        entered_at=entered_at,
        menu_seconds=menu_seconds,
        queue_seconds=queue_seconds,
        outcome=outcome,
        service_seconds=service or None,
        served_at=(near(start, answered_at) if start else answered_at) if served else None,
        server=row["server"] if served and row["server"] not in NOBODY else "",
    )


def _outcome(word: str, queue_seconds: float) -> Outcome:
    match word.upper():
        case "AGENT":
            return Outcome.SERVED
        case "HANG":
            return Outcome.LEFT_QUEUE if queue_seconds > 0 else Outcome.LEFT_MENU
        case "PHANTOM":
            return Outcome.PHANTOM
        case _:
            raise _Unreadable(f"outcome {word!r} is none of AGENT, HANG, PHANTOM")


def _duration(row: Mapping[str, str], column: str) -> float:
    seconds = mended(_number(row, column))
    if seconds is None:
        raise _Unreadable(f"{column} is {row[column]} s, over half a day")
    return seconds


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(int(row[column]))
    except ValueError:
        raise _Unreadable(f"{column} {row[column]!r} is no whole number") from None


def _clock(row: Mapping[str, str], column: str) -> float:
    parts = row[column].split(":")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):  # noqa: PLR2004 - h:m:s
        hours, minutes, seconds = (int(part) for part in parts)
        if hours <= HIGHEST_HOUR and minutes < SIXTY and seconds < SIXTY:
            return float(hours * 3600 + minutes * 60 + seconds)
    raise _Unreadable(f"{column} {row[column]!r} is no time of day")


def _date(text: str) -> date:
    if len(text) == 6 and text.isascii() and text.isdigit():  # noqa: PLR2004 - yymmdd
        year = int(text[:2])
        try:
            return date((1900 if year >= FIRST_TWO_DIGIT_YEAR else 2000) + year, int(text[2:4]), int(text[4:]))
        except ValueError:
            pass
    raise _Unreadable(f"date {text!r} is no yymmdd")
