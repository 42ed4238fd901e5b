"""Every room and floor has the shape that a newcomer was told to expect."""

import ast
from pathlib import Path

from tests.architecture.source_tree import ROOMS, ROOT, sources

KINDLINE = ROOT / "services/kindline"
HEADINGS = (
    "What it decides and why",
    "Facts in, facts out",
    "Numbers it shows",
    "Run it alone",
    "What stops when it is down",
)


def open_rooms() -> list[str]:
    """Name the rooms that have opened, which is to say have a service.py; the others are still being built."""
    return [room for room in ROOMS if (KINDLINE / room / "service.py").exists()]


def test_no_folder_hides_from_the_import_contracts() -> None:
    """Every folder with code in it has an __init__.py, without which the import contracts do not see it."""
    folders = {parent for path in KINDLINE.rglob("*.py") for parent in path.parents if parent.is_relative_to(KINDLINE)}
    hidden = [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()]
    assert hidden == []


def test_no_code_stands_between_the_folders_of_the_house() -> None:
    """Beside __main__ nothing lies loose at the top: a module belongs to a room or to a floor."""
    loose = {path.name for path in KINDLINE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert loose == set()


def test_every_room_keeps_rules_and_edges_apart() -> None:
    """Each of the five rooms has a domain and adapters."""
    parts = [KINDLINE / room / part / "__init__.py" for room in ROOMS for part in ("domain", "adapters")]
    assert [str(part.relative_to(ROOT)) for part in parts if not part.exists()] == []


def test_every_open_room_explains_itself() -> None:
    """A room that runs has a README with the five headings, in their order, and words under each of them."""
    silent = {room: missing for room in open_rooms() if (missing := unexplained(KINDLINE / room / "README.md"))}
    assert silent == {}


def test_every_open_room_is_put_together_in_one_place() -> None:
    """A room that runs has a function `build` at the top level of its service.py."""
    services = {f"services/kindline/{room}/service.py" for room in open_rooms()}
    built = {
        source.path
        for source in sources(*(f"services/kindline/{room}" for room in ROOMS))
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "build"
    }
    assert services - built == set()


def test_importing_a_module_does_nothing() -> None:
    """No module connects, starts, reads or prints while it is being imported: nothing at its top is a bare call."""
    bare = [
        f"{source.path}:{node.lineno}"
        for source in sources("services/kindline")
        for node in source.tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    ]
    assert bare == []


def unexplained(readme: Path) -> list[str]:
    """Name the headings that a room's README lacks, leaves empty or has out of order."""
    if not readme.exists():
        return ["README.md"]
    sections = _sections(readme)
    lacking = [heading for heading in HEADINGS if not sections.get(heading)]
    in_order = [heading for heading in sections if heading in HEADINGS]
    return lacking or ([] if in_order == list(HEADINGS) else ["the order of the headings"])


def _sections(readme: Path) -> dict[str, str]:
    """Split a page at its headings of any level: heading to the text under it, in the page's order."""
    sections: dict[str, str] = {}
    heading = ""
    for line in readme.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
            sections[heading] = ""
        elif heading:
            sections[heading] += line.strip()
    return sections
