"""Code here speaks: modules promise, tests tell, and nobody hides behind an empty name."""

import ast
import re

from tests.architecture.source_tree import Source, functions, sources

EMPTY_NAMES = re.compile(r"(Manager|Helper|Utils?)$")
EMPTY_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}

# Endings that come from elsewhere and must be kept, each with whose word it is.
WORDS_OF_OTHERS = {"TableManager": "Faust's word for what ours stands in for"}


def everything() -> list[Source]:
    """Give every file of ours."""
    return sources("services/kindline", "tests")


def test_every_module_promises_something() -> None:
    """Every module opens with a docstring."""
    silent = [source.path for source in everything() if not ast.get_docstring(source.tree)]
    assert silent == []


def test_every_test_tells_its_story_in_one_sentence() -> None:
    """Every test function has a docstring of one sentence, which a supervisor understands."""
    wrong = [
        function.place
        for source in everything()
        if source.is_test and source.path.rpartition("/")[2].startswith("test_")
        for function in functions(source)
        if function.name.rpartition(".")[2].startswith("test_") and not one_sentence(ast.get_docstring(function.node))
    ]
    assert wrong == []


def test_no_name_is_an_empty_word() -> None:
    """No class is a Manager, Helper or Util, and no module is a drawer for odds and ends."""
    classes = [
        f"{source.path}::{node.name}"
        for source in everything()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and EMPTY_NAMES.search(node.name)
        and not node.name.endswith(tuple(WORDS_OF_OTHERS))
    ]
    modules = [
        source.path for source in everything() if EMPTY_MODULES & set(source.path.removesuffix(".py").split("/"))
    ]
    assert classes + modules == []


def one_sentence(docstring: str | None) -> bool:
    """Whether a docstring is one paragraph with one full stop, at its end; stops inside words and numbers are none."""
    if not docstring or "\n\n" in docstring or not docstring.endswith("."):
        return False
    return not re.search(r"[.!?]\s+[A-Z]", docstring)
