"""Time and chance enter at one door, the runtime; everywhere else they are data.

ruff forbids the same calls by name. This reads the tree instead, so that a `noqa` or another import style cannot hide
one from the rooms, and it knows what no linter rule knows: that rules and language may not even ask.
"""

import ast
from collections.abc import Iterator

from tests.architecture.source_tree import Source, sources

CALLS_OF_TIME_AND_CHANCE = {
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}
NAMES_OF_TIME_AND_CHANCE = {call.partition(".")[2] for call in CALLS_OF_TIME_AND_CHANCE if not call.startswith("date")}

# Where chance and clocks may also come in, each with the reason why no fact can carry what they gave.
ALSO_ALLOWED = {
    "services/kindline/runtime/": "this is the door",
    "services/kindline/ledger/local/": "free ports and a cluster's id are the machine's business, not the ledger's",
}

# A rule that waits, prints or opens something is no rule.
NEVER_IN_A_RULE = {"open", "print", "input", "exec", "eval", "__import__"}
# The one place that writes a function down and runs it, as dataclasses do: no rule, and no input comes near it.
WRITES_FUNCTIONS = "services/kindline/language/quick.py"


def ours() -> list[Source]:
    """Give every file of the system."""
    return sources("services/kindline")


def bound() -> list[Source]:
    """Give the files into which time and chance may not come by themselves."""
    return [source for source in ours() if not source.path.startswith(tuple(ALSO_ALLOWED))]


def called(node: ast.AST) -> str:
    """Give the last two words of what is called (`datetime.now`), or nothing when it has no such name."""
    if not isinstance(node, ast.Attribute):
        return ""
    before = node.value
    owner = before.attr if isinstance(before, ast.Attribute) else before.id if isinstance(before, ast.Name) else ""
    return f"{owner}.{node.attr}"


def clock_reads(source: Source) -> Iterator[str]:
    """Name each place of a file that reads the wall clock or draws a fresh identity, called or handed on."""
    for node in ast.walk(source.tree):
        if called(node) in CALLS_OF_TIME_AND_CHANCE:
            yield f"{source.path}:{node.lineno} {called(node)}"  # type: ignore[attr-defined]
        elif isinstance(node, ast.ImportFrom) and node.module in {"time", "uuid"}:
            yield from (
                f"{source.path}:{node.lineno} {node.module}.{name.name}"
                for name in node.names
                if name.name in NAMES_OF_TIME_AND_CHANCE
            )


def test_the_wall_clock_is_read_in_the_runtime_only() -> None:
    """Outside the runtime nobody asks what time it is or draws a fresh identity."""
    assert [read for source in bound() for read in clock_reads(source)] == []


def forbidden(source: Source) -> set[str]:
    """The calls that have no place in a file of rules."""
    return NEVER_IN_A_RULE - {"exec"} if source.path == WRITES_FUNCTIONS else NEVER_IN_A_RULE


def test_a_rule_neither_waits_nor_speaks() -> None:
    """The language and every domain have no coroutine, open no file and print nothing."""
    found = [
        f"{source.path}:{node.lineno}"
        for source in ours()
        if source.is_domain or source.path.startswith("services/kindline/language/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden(source))
    ]
    assert found == []


def test_chance_is_always_seeded() -> None:
    """Whoever draws lots does so from a generator with a seed, so that a day can be repeated."""
    found = [
        f"{source.path}:{node.lineno}"
        for source in bound()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and called(node.func) in {"random.Random", "random.SystemRandom"}
        and not node.args
    ]
    assert found == []
