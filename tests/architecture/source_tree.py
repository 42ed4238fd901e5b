"""Reads the source tree for the house rules: which files are ours to judge, and what stands in them.

It promises parsed modules, never imported ones, so that a rule can be checked on code that does not run yet, and on
a copy of the tree with a deliberate fault in it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("channels", "presence", "queues", "routing", "sla")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path below the root, its lines, and its syntax tree."""

    path: str
    lines: int
    tree: ast.Module

    @property
    def is_domain(self) -> bool:
        """Whether the file belongs to a room's domain."""
        return "/domain/" in self.path and self.path.startswith("services/")

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to the tests."""
        return self.path.startswith("tests/")


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method: where it stands, its qualified name, its length in lines, and its node."""

    source: Source
    name: str
    lines: int
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def place(self) -> str:
        """Path and qualified name, as the allow-lists write them."""
        return f"{self.source.path}::{self.name}"


def sources(*folders: str, root: Path = ROOT) -> list[Source]:
    """Parse every Python file of ours below the folders; generated code is nobody's to judge.

    Each file is parsed once in a run, and only when a test asks. Raises SyntaxError when a file is not Python.
    """
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return [_parse(path, root) for path in paths if not _generated(path, root)]


def functions(source: Source) -> Iterator[Function]:
    """Give every function of a file, methods and inner functions too, with its docstring counted out."""
    yield from _functions(source, source.tree, "")


def _functions(source: Source, parent: ast.AST, prefix: str) -> Iterator[Function]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(source, f"{prefix}{node.name}", _length(node), node)
            yield from _functions(source, node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(source, node, f"{prefix}{node.name}.")
        else:
            yield from _functions(source, node, prefix)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end without the docstring: a long promise is not a long function."""
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is None:
        return whole
    docstring = node.body[0]
    return whole - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


@cache
def _parse(path: Path, root: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(str(path.relative_to(root)), text.count("\n"), ast.parse(text, filename=str(path)))


def _generated(path: Path, root: Path) -> bool:
    return path.is_relative_to(root / "services/kindline/v1") and path.name != "__init__.py"
