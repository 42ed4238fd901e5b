"""The audit's page and the audit say the same: a promise is on both, in the same words, or on neither."""

from __future__ import annotations

import re
from pathlib import Path

import kindline.audit
from kindline.audit.findings import WORDS, Invariant

AUDIT = Path(kindline.audit.__file__).parent
ROW = re.compile(
    r"^\| `(?P<name>\w+)` \| (?P<promise>[^|]+) \| (?P<source>[^|]+) \| (?P<files>[^|]+) \|$", re.MULTILINE
)


def rows() -> dict[str, re.Match[str]]:
    """The rows of the page, by name."""
    return {row["name"]: row for row in ROW.finditer((AUDIT / "README.md").read_text("utf-8"))}


def test_every_promise_is_on_the_page_in_its_own_words() -> None:
    """Whoever reads the page reads what the report will say."""
    assert {name: row["promise"] for name, row in rows().items()} == {
        promise.value: WORDS[promise] for promise in Invariant
    }


def test_the_page_names_the_files_in_which_each_promise_is_checked() -> None:
    """Nobody is sent to a file that says nothing of it, and none that does is left out."""
    for promise in Invariant:
        checked = {
            file.name
            for file in AUDIT.glob("*.py")
            if file.name != "findings.py"
            and f"Invariant.{promise.name}" in re.findall(r"Invariant\.\w+", file.read_text())
        }
        assert set(re.findall(r"`(\w+\.py)`", rows()[promise.value]["files"])) == checked, promise
