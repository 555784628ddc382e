"""A YAML file read strictly, every value with its line.

YAML 1.1 reads `on` as true, `010` as 8, `12:30` as 750 and a date as an object, and lets the last of two equal keys
win. Here only what looks like JSON's true, false, null and numbers is that; all else is text. Equal keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_CORE = "tag:yaml.org,2002:"
_MOST_NODES = 10_000
_DEEPEST = 32
_LARGEST = 1024 * 1024
_TOO_MUCH = f"too much of it; allowed: {_MOST_NODES} values, {_DEEPEST} deep, no value inside itself"
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class BadDocument(Exception):
    """The file is not YAML that can be used: `faults` are (line, sentence)."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line where it stands. Members of lists and mappings are nodes themselves."""

    line: int
    value: str | float | bool | list[Node] | dict[str, Node] | None

    @property
    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: member.plain for key, member in self.value.items()}
        if isinstance(self.value, list):
            return [member.plain for member in self.value]
        return self.value


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the same parser, in C where it is
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way, filled below and then left alone


_Loader.add_implicit_resolver(f"{_CORE}bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver(f"{_CORE}null", re.compile("^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_CORE}int", re.compile("^[-+]?(?:0|[1-9][0-9]{0,17})$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    f"{_CORE}float",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,2})?$|^[-+]?\.[0-9]{1,17}$"),
    list("-+.0123456789"),
)


def read(text: str) -> Node:
    """Return the document; raise BadDocument."""
    if len(text) > _LARGEST:
        raise BadDocument([(1, f"the file is larger than {_LARGEST >> 20} MiB")])
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise BadDocument([_fault(error, len(text.splitlines()))]) from error
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadDocument([(1, f"this is not YAML: {reason}")]) from error
    if root is None:
        raise BadDocument([(1, "the file is empty")])
    reader = _Reader()
    node = reader.node(root, 0)
    if reader.faults:
        raise BadDocument(reader.faults)
    return node


def _fault(error: yaml.MarkedYAMLError, lines: int) -> tuple[int, str]:
    """Return where it stands and what is wrong: what is never closed is wrong where it begins."""
    problem = str(error.problem or error.context)
    is_open = error.context_mark is not None and ("unexpected end" in problem or "<stream end>" in problem)
    mark = error.context_mark if is_open else error.problem_mark or error.context_mark
    what = f"{error.context}, which begins here and is not closed" if is_open else problem
    return (min(mark.line + 1, lines) if mark else 1), f"this is not YAML: {what}"


class _Reader:
    """Turns PyYAML's nodes into ours. Aliases are followed, so the count of what comes out is bounded."""

    def __init__(self) -> None:
        self.faults: list[tuple[int, str]] = []
        self._nodes = 0

    def node(self, node: yaml.Node, depth: int) -> Node:
        line = node.start_mark.line + 1
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            raise BadDocument([(line, _TOO_MUCH)])
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_CORE}map":
            return Node(line, self._members(node, depth))
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_CORE}seq":
            return Node(line, [self.node(member, depth + 1) for member in node.value])
        if isinstance(node, yaml.ScalarNode):
            return Node(line, self._scalar(node, line))
        self.faults.append((line, f"the tag {node.tag} is not known; allowed: plain values without a tag"))
        return Node(line, None)

    def _members(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append((line, "a key is a list or a mapping; allowed: text"))
            elif key.value == "<<" and not key.style:
                self.faults.append((line, '"<<" is not known here; write the merged keys out'))
            elif key.value in members:
                first = members[key.value].line
                self.faults.append((line, f'"{key.value}" stands twice, first in line {first}; keep one of them'))
            else:
                members[key.value] = self.node(value, depth + 1)
        return members

    def _scalar(self, node: yaml.ScalarNode, line: int) -> str | float | bool | None:
        text = str(node.value)
        match node.tag.removeprefix(_CORE):
            case "str":
                return text
            case "null":
                return None
            case "bool" if text in _WORDS:
                return _WORDS[text]
            case "int" | "float":
                try:
                    return int(text) if node.tag.endswith("int") else float(text)
                except ValueError:
                    pass
        self.faults.append((line, f"this value with the tag {node.tag} cannot be read; write it without a tag"))
        return None
