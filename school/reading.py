"""Reads one declared YAML file into plain strings, lists and dicts that remember where they stood.

Does I/O (`read`). YAML is read by PyYAML's composer, whose nodes carry line and column; every
scalar stays the string that was written (`no`, `08:00` and `1e3` are words here, not a boolean, a
sexagesimal number or a float), except that a bare `null`, `~` or nothing means "not given". Types
are given afterwards by pydantic, and its complaints are brought back to the line they are about.

Files are written by people of the school, but bounded all the same: size, depth, no aliases.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from school.explained import is_echo, sentence
from school.problems import Problem

MOST_OCTETS: Final = 1_000_000
"""A thousand zones and a thousand rules stay under it; a mistaken path rarely does."""
DEEPEST: Final = 12
"""The deepest declared structure has six levels."""
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

Loc = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Located:
    """The content of one file and where each part of it stands."""

    file: str
    value: Any = None
    marks: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    """Where a value starts: (line, column), from 1. The empty place is the start of the file."""
    key_marks: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """What was written, to show it under a problem."""

    def at(self, loc: Loc, *, key: bool = False) -> tuple[int, int]:
        """Return where a place stands, or the nearest place around it that was written."""
        if key and loc in self.key_marks:
            return self.key_marks[loc]
        while loc and loc not in self.marks:
            loc = loc[:-1]
        return self.marks.get(loc, (1, 1))

    def problem(self, loc: Loc, message: str, suggestion: str = "", *, key: bool = False) -> None:
        """Record a problem at a place."""
        self.problem_at(self.at(loc, key=key), message, suggestion)

    def problem_at(self, mark: tuple[int, int], message: str, suggestion: str = "") -> None:
        """Record a problem at a line and column."""
        line, column = mark
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        self.problems.append(Problem(self.file, line, column, message, suggestion, source))


def read(path: Path) -> Located:
    """Read a declared file. Raises nothing: what is wrong is in `.problems`, `.value` is then None."""
    located = Located(path.name)
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_OCTETS + 1)
    except FileNotFoundError:
        located.problem(
            (), "the file is missing", "copy an example from simulator/school and adapt it"
        )
        return located
    except OSError as error:
        located.problem((), f"the file cannot be read ({error.strerror})", "check its permissions")
        return located
    if len(data) > MOST_OCTETS:
        located.problem(
            (), f"the file is larger than {MOST_OCTETS} octets", "is it the right file?"
        )
        return located
    return parse(path.name, data)


def parse(name: str, data: bytes) -> Located:
    """Read the content of a declared file; `name` is what problems call it."""
    located = Located(name)
    try:
        text = data.decode("utf-8-sig")
        # As PyYAML counts lines (its reader's breaks), not as str.splitlines does.
        located.lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        located.problem_at((line, 1), "not UTF-8 text", "save the file as UTF-8 and try again")
        return located
    except yaml.MarkedYAMLError as error:
        _syntax(located, error)
        return located
    except (yaml.YAMLError, RecursionError, ValueError):
        # yaml.reader.ReaderError has no mark: a control character that YAML does not allow.
        located.problem((), "the file holds a character or a nesting that YAML does not allow")
        return located
    if node is None:
        located.problem((), "the file is empty")
        return located
    located.value = _plain(node, (), located, set())
    if located.problems:
        located.value = None
    return located


def _syntax(located: Located, error: yaml.MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    detail = (error.problem or "it cannot be read").rstrip(".")
    located.problem_at(
        (mark.line + 1, mark.column + 1) if mark else (1, 1),
        f"not valid YAML: {detail}",
        "check the indentation, the colons and the quotes on this line and the one before",
    )


def _plain(node: yaml.Node, loc: Loc, located: Located, seen: set[int]) -> Any:
    located.marks[loc] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if id(node) in seen:
        located.problem(loc, "YAML aliases (`*name`) are not used here", "write the value again")
        return None
    seen.add(id(node))
    if len(loc) > DEEPEST:
        located.problem(loc, "nested too deeply")
        return None
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        return None if node.style is None and text in _NULLS else text
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*loc, i), located, seen) for i, item in enumerate(node.value)]
    return _mapping(node, loc, located, seen)


def _mapping(node: yaml.Node, loc: Loc, located: Located, seen: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            located.problem_at(mark, "a key must be one word")
            continue
        key = str(key_node.value)
        place = (*loc, key)
        if key in result:
            first = located.key_marks[place][0]
            message = f"`{key}` is given twice (first on line {first})"
            located.problem_at(mark, message, "keep one of them")
            continue
        located.key_marks[place] = mark
        result[key] = _plain(value_node, place, located, seen)
    return result


def validated(located: Located, model: type[Model]) -> Model | None:
    """Return the file's content as `model`, or None with the reasons in `located.problems`."""
    if located.problems:
        return None
    if not isinstance(located.value, Mapping):
        located.problem((), "the file must be a list of `key: value` lines")
        return None
    try:
        return model.model_validate(located.value)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if is_echo(item):
                continue
            message, suggestion = sentence(item, model)
            # pydantic adds parts that are no place in the file (union branches): `at` skips them.
            located.problem(item["loc"], message, suggestion, key=item["type"] == "extra_forbidden")
        return None
