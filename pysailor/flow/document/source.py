"""YAML as JSON has it, each value with its place.

The file is read as YAML 1.2 says, not as 1.1 did: `on`, `no`, `12:30` and dates are text, `1e3` is a number. What the
two understand differently (`010`) is refused, as are duplicate names, tags and whatever JSON cannot hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .finding import FlowFinding, InvalidFlow
from .position import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[str | int, ...]

_MOST_BYTES: Final = 4 << 20
_MOST_VALUES: Final = 100_000
_DEEPEST: Final = 60
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]+\Z")
_NOT_JSON: Final = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)\Z")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_QUOTES: Final = "an expression that begins with a quotation mark, or holds ': ' or ' #', stands in '…' as a whole"
_STRING_TAG: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class FlowExpression:
    """A text of the file that is read further, such as a JSONata expression; `at` finds a place within it."""

    text: str
    place: Position = field(default_factory=Position, compare=False)
    block_indent: int | None = field(default=None, compare=False)
    """Of a text that begins below its `|` or `>`: the columns before each of its lines."""
    is_quoted: bool = field(default=False, compare=False)

    def at(self, offset: int) -> Position:
        """Return where the character of this number stands; where the text was folded or escaped, nearly."""
        before = self.text[: max(0, offset)]
        lines = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        start = self.place
        if self.block_indent is not None:
            return Position(start.file, start.line + 1 + lines, self.block_indent + column + 1)
        if lines:
            return start
        return Position(start.file, start.line, start.column + column + self.is_quoted)

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class FlowText:
    """A file's value, and where each part of it stands: names under `keys`, values under `values`, both by path."""

    file: str
    value: Any
    keys: Mapping[Path, Position]
    values: Mapping[Path, Position]
    texts: Mapping[Path, FlowExpression]

    def place(self, path: Path) -> Position:
        """Return where a member is named; of what is not there, where it should be."""
        while path:
            found = self.keys.get(path) or self.values.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return Position(self.file)

    def value_place(self, path: Path) -> Position:
        """Return where a member's value begins."""
        return self.values.get(path) or self.place(path)

    def expression(self, path: Path, value: Any) -> FlowExpression:
        """Return a text with its place; a number, true, false or null is its own JSON."""
        found = self.texts.get(path)
        if found is not None and isinstance(value, str):
            return found
        return FlowExpression(_json(value), self.value_place(path))


def parse(text: str, file: str) -> FlowText:
    """Return what a YAML text says; raise InvalidFlow, with the place, for what cannot be read."""
    if len(text) > _MOST_BYTES:
        raise _invalid(Position(file), f"the file has {len(text)} characters; at most {_MOST_BYTES} are allowed")
    try:
        node = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise _invalid(*_describe(error, file)) from error
    except yaml.YAMLError as error:
        raise _invalid(Position(file), f"this is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise _invalid(Position(file), f"this is nested too deep; at most {_DEEPEST} levels are allowed") from error
    reader = _Reader(file, text.splitlines())
    value = None if node is None else reader.read(node, ())
    if reader.findings:
        raise InvalidFlow(reader.findings)
    return FlowText(file, value, reader.keys, reader.values, reader.texts)


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Composes nodes and decides nothing about what a plain word means."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML looks for it here


class _Reader:
    """Makes values of nodes and notes their places."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.findings: list[FlowFinding] = []
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}
        self.texts: dict[Path, FlowExpression] = {}
        self._file, self._lines = file, lines
        self._count = 0

    def read(self, node: Node, path: Path) -> Any:
        self._count += 1
        place = self._place(node)
        if self._count > _MOST_VALUES:
            raise _invalid(
                place, f"the file holds too many values; at most {_MOST_VALUES} are allowed (aliases count, too)"
            )
        if len(path) > _DEEPEST:
            raise _invalid(place, f"this is nested too deep; at most {_DEEPEST} levels are allowed")
        self.values[path] = place
        if isinstance(node, MappingNode):
            self._demand_tag(node, "tag:yaml.org,2002:map", path)
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            self._demand_tag(node, "tag:yaml.org,2002:seq", path)
            return [self.read(item, (*path, number)) for number, item in enumerate(node.value)]
        if not isinstance(node, ScalarNode):
            raise TypeError(f"PyYAML composed a {type(node).__name__}")
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._note(key, path, "a name is a word here; found was a list or an object")
                continue
            name, here = str(key.value), (*path, str(key.value))
            if name in found:
                first = self.keys[here].line
                self._note(key, path, f'"{name}" stands here twice, first in line {first}; keep one of them')
                continue
            if name == "<<" and not key.style:
                self._note(key, path, "merging with << is not supported; write the members out")
                continue
            self.keys[here] = self._place(key)
            found[name] = self.read(value, here)
        return found

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        self._demand_tag(node, _STRING_TAG, path)
        text = str(node.value)
        style = node.style
        indent = self._indent(node) if style in ("|", ">") else None
        is_quoted = style in ("'", '"')
        self.texts[path] = FlowExpression(text, self._place(node), indent, is_quoted)
        return text if style else self._plain(node, text, path)

    def _plain(self, node: Node, text: str, path: Path) -> Any:
        """Return what a word without quotes stands for."""
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text):
            return int(text) if len(text) < 20 else self._number(node, text, path)  # noqa: PLR2004 - int64
        if _LEADING_ZERO.match(text):
            plain = text.lstrip("0") or "0"
            self._note(
                node, path, f"{text} is a text to some readers and a number to others: write '{text}' or {plain}"
            )
        elif _NOT_JSON.match(text):
            self._note(node, path, f"{text} is a number that messages cannot hold")
        elif _FLOAT.match(text):
            return self._number(node, text, path)
        return text

    def _number(self, node: Node, text: str, path: Path) -> Any:
        number = float(text)
        if abs(number) == float("inf"):
            self._note(node, path, f"{_shorten(text)} is larger than numbers can be")
            return None
        return number if not _INTEGER.match(text) else int(text)

    def _indent(self, node: ScalarNode) -> int:
        """Return how far the lines of a block are moved in."""
        for line in self._lines[node.start_mark.line + 1 : node.end_mark.line + 1]:
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return 0

    def _demand_tag(self, node: Node, tag: str, path: Path) -> None:
        if node.tag != tag:
            self._note(node, path, f"{node.tag.replace('tag:yaml.org,2002:', '!!')} is a tag; leave it out")

    def _note(self, node: Node, path: Path, message: str) -> None:
        self.findings.append(FlowFinding(self._place(node), message, write_path(path)))

    def _place(self, node: Node) -> Position:
        return Position(self._file, node.start_mark.line + 1, node.start_mark.column + 1)


def write_path(path: Path) -> str:
    """Return a path as a person writes it: `steps.judge.run`, `tests[0].given`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - part of a line


def _json(value: Any) -> str:
    import json  # noqa: PLC0415 - rarely needed

    return json.dumps(value, ensure_ascii=False)


def _describe(error: yaml.MarkedYAMLError, file: str) -> tuple[Position, str]:
    """Return where YAML ended to make sense, and why, with what is probably meant."""
    mark = error.problem_mark or error.context_mark
    place = Position(file) if mark is None else Position(file, mark.line + 1, mark.column + 1)
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
    hint = ""
    if "mapping values" in problem or "expected" in problem or "found character" in problem:
        hint = f"; {_QUOTES}"
    if "cannot start any token" in problem:
        hint = "; indent with blanks, not with tabs, and put a text that begins with @, ` or % in quotes"
    if "alias" in problem or "anchor" in problem or "alphabetic" in problem:
        hint = "; a text that begins with * or & stands in quotes, and an expression with a quotation mark in '…'"
    if "another document" in problem:
        return place, "a second document begins here; a flow file holds one: leave out what follows, or the line ---"
    return place, f"this is not YAML: {problem}{hint}"


def _invalid(place: Position, message: str) -> InvalidFlow:
    return InvalidFlow([FlowFinding(place, message)])
