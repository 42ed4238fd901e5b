"""Opens a bank's call log, plain or compressed, and gives its calls beside what was wrong with the rest."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kindline.rehearsal.domain.calls import LoggedCall, RowDefect
from kindline.rehearsal.domain.rows import NotACallLog, read_rows

GZIP_MAGIC = b"\x1f\x8b"
SHOWN = 5


class LogUnreadable(Exception):
    """The file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class CallLog:
    """A whole file, read."""

    calls: Sequence[LoggedCall]
    defects: Sequence[RowDefect]

    def of(self, day: date) -> Sequence[LoggedCall]:
        """The calls of one day. Raises LogUnreadable when there are none."""
        found = [call for call in self.calls if call.day == day]
        if not found:
            days = sorted({call.day for call in self.calls})
            known = f"it has {days[0]} to {days[-1]}" if days else "it has no calls at all"
            raise LogUnreadable(f"the log has no calls of {day}; {known}")
        return found

    def words(self) -> list[str]:
        """What was skipped, for a person: how many rows, and the first of them."""
        if not self.defects:
            return []
        lines = [f"{len(self.defects)} of {len(self.defects) + len(self.calls)} rows cannot be used and are skipped:"]
        lines += [f"  line {defect.line_number}: {defect.reason}" for defect in self.defects[:SHOWN]]
        if len(self.defects) > SHOWN:
            kinds = Counter(defect.reason.split()[0] for defect in self.defects)
            common = ", ".join(f"{count} x {kind!r}" for kind, count in kinds.most_common(SHOWN))
            lines.append(f"  ... and {len(self.defects) - SHOWN} more (by their first word: {common})")
        return lines


def read_call_log(file: Path) -> CallLog:
    """Read a file of rows by tabs, compressed or not. Raises LogUnreadable."""
    try:
        with file.open("rb") as raw:
            compressed = raw.read(2) == GZIP_MAGIC
        opener = gzip.open if compressed else open
        # Bytes that are no text must not stop the reading: they make one field unreadable, and its row says so.
        with opener(file, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            rows = list(read_rows(lines))
    except (OSError, EOFError, zlib.error) as error:
        raise LogUnreadable(f"{file}: {error}; give a call log as .tsv or .tsv.gz") from error
    except NotACallLog as error:
        raise LogUnreadable(f"{file}: {error}") from error
    calls = [row for row in rows if isinstance(row, LoggedCall)]
    return CallLog(calls, [row for row in rows if isinstance(row, RowDefect)])
