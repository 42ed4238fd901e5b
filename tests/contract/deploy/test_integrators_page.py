"""What protos/README.md shows to integrators works as it stands there: its events are events, its names are names."""

import json
import re

from kindline.commands.plan_file import DEFAULT_PLAN, read_plans
from kindline.language.events import MessageReceived
from kindline.language.facts.inputs import DeadLetterReason
from kindline.ledger import codec, topics
from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "protos/README.md").read_text(encoding="utf-8")


def test_the_line_for_a_console_producer_is_an_event_of_the_default_plan() -> None:
    """Whoever copies the line reaches an entry point that a fresh Kindline has."""
    [line] = re.findall(r"^echo '(.+)' \|$", PAGE, re.MULTILINE)
    event = codec.decode_interaction_json(line)
    assert isinstance(event.event, MessageReceived)
    [plan] = [plan for plan in read_plans(DEFAULT_PLAN) if plan.pool == event.pool]
    assert event.entry_point in {entry.name for entry in plan.entry_points}


def test_the_python_example_sends_an_event() -> None:
    """The example's event, as Python writes it, is read as what it says."""
    [code] = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    [source] = re.findall(r"^event = (\{\n.+?^\})", code, re.DOTALL | re.MULTILINE)
    found: dict[str, object] = {}
    exec(f"event = {source}", found)  # noqa: S102 - the page is ours, and this is the example itself.
    assert isinstance(codec.decode_interaction_json(json.dumps(found["event"])).event, MessageReceived)
    compile(code, "protos/README.md", "exec")


def test_every_topic_and_dead_letter_on_the_page_exists() -> None:
    """The page names no topic and no reason that Kindline does not have."""
    known = {topic.name for topic in topics.ALL}
    named = set(re.findall(r"kindline\.(?:plan|interactions|agents|decisions|snapshots|floor|sla)(?:\.dlq)?", PAGE))
    assert named - known == set()
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE)) <= {reason.name for reason in DeadLetterReason}
    assert {"kindline.interactions", "kindline.interactions.dlq", "kindline.decisions"} <= named


def test_every_file_that_the_pages_point_to_is_there() -> None:
    """No link of the pages for people leads nowhere."""
    for page in ("protos/README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / page).parent.joinpath(link).resolve().exists()] == []
