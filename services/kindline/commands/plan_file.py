"""Reads plans from a YAML file, and says with file, line and field what is wrong with one.

Promises people who write plans: a field that does not exist, a value of the wrong kind and a rule that is broken are
each named with their line, all of them at once; a file with one problem yields no plan at all.
"""

from __future__ import annotations

import re
import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from kindline.language.plan import Plan
from kindline.language.plan_checks import problems
from kindline.language.plan_problems import Problem

DEFAULT_PLAN = Path(__file__).with_name("plans") / "default.yaml"
"""The plan that comes with Kindline: two tenants, English and Chinese queues, voice, chat and web hooks."""

LARGEST_FILE_BYTES = 4 * 1024 * 1024

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, as an escape may write it: no text that can be sent or stored."""

LONGEST_NUMBER_BITS = 1_000
"""A longer whole number cannot be compared with others; it is beyond every range."""

PathInFile = tuple[str | int, ...]


class PlanFileError(Exception):
    """A plan file is not valid; each line of the message names file, line, field and what would be right."""


def read_plans(file: Path) -> tuple[Plan, ...]:
    """The plans in a file, one for each pool. Raises PlanFileError."""
    document = _load(file)
    reading = _Reading(file, document)
    pools = document.get("pools") if isinstance(document, CommentedMap) else None
    if not isinstance(pools, CommentedSeq) or not pools:
        message = f"{file}:1: pools: is missing; a plan file begins with `pools:` and a list of pools"
        raise PlanFileError(message)
    for field in document:
        if field != "pools":
            reading.find(Problem((str(field),), "there is no such field; all that a plan says stands within `pools:`"))
    plans = [_read_plan(reading, raw, index) for index, raw in enumerate(pools)]
    _refuse_twins(reading, plans)
    if reading.findings:
        raise PlanFileError("\n".join(reading.findings))
    return tuple(plan for plan in plans if plan is not None)


def _read_plan(reading: _Reading, raw: object, index: int) -> Any:  # noqa: ANN401 - a Plan, or None
    """The plan of one pool; its rules are judged unless some of it could not be read, whatever the others say."""
    before = len(reading.findings)
    plan = reading.build(Plan, raw, ("pools", index))
    if plan is not None and len(reading.findings) == before:
        for problem in problems(plan):
            reading.find(Problem(("pools", index, *problem.path), problem.message))
    return plan


def _refuse_twins(reading: _Reading, plans: list[Any]) -> None:
    names = [plan.pool for plan in plans if plan is not None]
    for index, name in enumerate(names):
        if name in names[:index]:
            reading.find(Problem(("pools", index, "pool"), f"{name!r} is there already; each pool stands once"))


def _load(file: Path) -> Any:  # noqa: ANN401 - a document of any shape, judged by the caller
    text = ""
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            message = f"{file}: is larger than {LARGEST_FILE_BYTES} bytes; split it by pool"
            raise PlanFileError(message)
        text = file.read_text(encoding="utf-8")
        yaml = YAML(typ="rt")
        yaml.Constructor = _Constructor
        return yaml.load(text)
    except OSError as error:
        message = f"{file}: {error.strerror}; give the path of a plan file"
        raise PlanFileError(message) from error
    except UnicodeDecodeError as error:
        message = f"{file}: is not UTF-8 text (byte {error.start}); save it as UTF-8"
        raise PlanFileError(message) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{file}:{line}: {error.problem}; the file is not valid YAML"
        raise PlanFileError(message) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"{file}:{line}: holds the control character #x{ord(text[error.position]):02x}; take it out"
        raise PlanFileError(message) from error
    except RecursionError as error:
        message = f"{file}:1: is nested too deeply to be a plan; the file is not valid YAML"
        raise PlanFileError(message) from error


class _Constructor(RoundTripConstructor):
    """Leaves as text what only looks like a date or a number, so that the field in which it stands is named."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - ruamel's
        try:
            found = super().construct_object(node, deep)
        except (ValueError, LookupError):
            if not isinstance(node, ScalarNode):
                raise
            return node.value
        return node.value if isinstance(found, int) and found.bit_length() > LONGEST_NUMBER_BITS else found


class _Reading:
    """One pass over one file: builds dataclasses by their type hints and collects what it finds wrong."""

    def __init__(self, file: Path, document: object) -> None:
        self.file = file
        self.document = document
        self.findings: list[str] = []

    def find(self, problem: Problem) -> None:
        field = ".".join(map(str, problem.path))
        self.findings.append(f"{self.file}:{self._line(problem.path)}: {field}: {problem.message}")

    def _line(self, path: PathInFile) -> int:
        node, line = self.document, 0
        for step in path:
            try:
                position = node.lc.value(step) if isinstance(node, CommentedMap) else node.lc.item(step)  # type: ignore[attr-defined]
                line, node = position[0], node[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError, AttributeError):
                break
        return line + 1

    def build(self, kind: type[Any], raw: object, path: PathInFile) -> Any:  # noqa: ANN401 - kind says what comes out
        """A dataclass of this kind from a mapping, or None when something in it was wrong."""
        if not isinstance(raw, CommentedMap):
            return self._wrong(path, f"is {_shown(raw)}; it must be a mapping of fields")
        hints = typing.get_type_hints(kind)
        known = {field.name: field for field in fields(kind)}
        for key in raw:
            if key not in known:
                self._wrong((*path, str(key)), f"there is no such field; fields here are: {', '.join(known)}")
        values = {name: self.value(hints[name], raw[name], (*path, name)) for name in known if name in raw}
        missing = [
            name
            for name, field in known.items()
            if name not in raw and field.default is MISSING and field.default_factory is MISSING
        ]
        for name in missing:
            self._wrong(path, f"{name} is missing")
        return None if missing else kind(**{name: value for name, value in values.items() if value is not None})

    def value(self, hint: Any, raw: object, path: PathInFile) -> Any:  # noqa: ANN401 - hint says what comes out
        """A value of the hinted type, or None when it was wrong."""
        if isinstance(hint, types.UnionType):
            hint = next(option for option in typing.get_args(hint) if option is not type(None))
        if typing.get_origin(hint) is tuple:
            return self._items(typing.get_args(hint)[0], raw, path)
        if is_dataclass(hint):
            return self.build(typing.cast("type[Any]", hint), raw, path)
        if isinstance(hint, type) and issubclass(hint, IntEnum):
            return self._name(hint, raw, path)
        return self._scalar(hint, raw, path)

    def _items(self, hint: object, raw: object, path: PathInFile) -> Any:  # noqa: ANN401
        if not isinstance(raw, CommentedSeq):
            return self._wrong(path, f"is {_shown(raw)}; it must be a list")
        items = [self.value(hint, item, (*path, index)) for index, item in enumerate(raw)]
        return tuple(item for item in items if item is not None)

    def _name(self, hint: type[IntEnum], raw: object, path: PathInFile) -> IntEnum | None:
        names = {member.name.lower(): member for member in hint if member.value}
        if str(raw) in names:
            return names[str(raw)]
        self._wrong(path, f"is {_shown(raw)}; it must be one of: {', '.join(names)}")
        return None

    def _scalar(self, hint: object, raw: object, path: PathInFile) -> Any:  # noqa: ANN401
        if hint is float and isinstance(raw, int | float) and not isinstance(raw, bool):
            return float(raw)
        if hint is int and isinstance(raw, int) and not isinstance(raw, bool):
            return int(raw)
        if hint is str and isinstance(raw, str) and not LONE_SURROGATE.search(raw):
            return str(raw)
        if hint is str and isinstance(raw, date):
            # People write the date of a holiday without quotes, and YAML makes a date of it.
            return raw.isoformat()
        if hint is bool and isinstance(raw, bool):
            return raw
        kinds = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
        return self._wrong(
            path, f"is {_shown(raw)}; it must be {kinds.get(typing.cast('type', hint), 'something else')}"
        )

    def _wrong(self, path: PathInFile, message: str) -> None:
        self.find(Problem(path, message))


def _shown(raw: object) -> str:
    if isinstance(raw, CommentedMap | CommentedSeq):
        # Aliases may make a few lines endless when they are written out.
        return "a mapping" if isinstance(raw, CommentedMap) else "a list"
    text = "empty" if raw is None else repr(raw)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - as much as fits in a line
