"""A flow file read: its text to values, or to all that is wrong with it."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import UnreadableFile
from pysailor.metadata import Schema

from . import source as yaml_source
from .build import build
from .finding import FlowFinding, InvalidFlow
from .graph import find_faults
from .position import Position

if TYPE_CHECKING:
    from pysailor.errors import Fault

    from .model import FlowFile
    from .source import FlowText

SCHEMA: Final = Path(__file__).with_name("flow.schema.json")
_UNKNOWN: Final = "is not known here"
_IN_WORDS: Final = {
    "run": "component:function, such as csv:read",
    "timeout": "a duration: seconds, or 500ms, 2s, 1m, 1h",
    "wait": "a duration: seconds, or 500ms, 2s, 1m, 1h",
    "as": "team/repository@version",
}
"""What members take that the schema can only say as a pattern."""


def read_flow(path: str | Path) -> FlowFile:
    """Read a flow file; raise UnreadableFile, or InvalidFlow with all that its text alone shows."""
    name = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {error.strerror}{suggest_file(Path(path))}") from error
    except UnicodeDecodeError as error:
        raise _invalid(name, "the file is not text in UTF-8") from error
    return parse_flow(text, name)


def parse_flow(text: str, file: str = "flow.yaml") -> FlowFile:
    """Return the flow that a text describes; raise InvalidFlow as read_flow does."""
    source = yaml_source.parse(text, file)
    if not isinstance(source.value, dict):
        found = "nothing" if source.value is None else "no object"
        raise _invalid(file, f"a flow file begins with flow: 1, name: and steps:; found was {found}")
    findings = _find_structural(source)
    if findings:
        raise InvalidFlow(findings)
    flow, findings = build(source)
    findings += find_faults(flow)
    if any(finding.severity == "error" for finding in findings):
        raise InvalidFlow(findings)
    return flow


@cache
def _schema() -> Schema:
    return Schema(json.loads(SCHEMA.read_text(encoding="utf-8")), SCHEMA.name)


def _find_structural(source: FlowText) -> list[FlowFinding]:
    schema = _schema()
    if schema.accepts(source.value):
        return []
    found: dict[tuple[str | int, ...], FlowFinding] = {}
    for fault in schema.faults(source.value):
        path = _path(fault.pointer, source.value)
        found.setdefault(path, _finding(fault, path, source))
    return list(found.values())


def _finding(fault: Fault, path: tuple[str | int, ...], source: FlowText) -> FlowFinding:
    known = _known_members(path)
    message = fault.message
    if path and known and path[-1] not in known:
        close = get_close_matches(str(path[-1]), known, 1)
        meant = f"did you mean {close[0]}? " if close else ""
        message = f"{_UNKNOWN}; {meant}Allowed: {', '.join(known)}"
    elif path and path[-1] in _IN_WORDS and "that matches" in message:
        message = f"{message.partition(', allowed:')[0]}, allowed: {_IN_WORDS[str(path[-1])]}"
    place = source.place(path) if path else Position(source.file)
    return FlowFinding(place, message, yaml_source.write_path(path))


def _known_members(path: tuple[str | int, ...]) -> list[str]:
    """Return the members that an object may have where its members are all known; empty where they are not."""
    if not path or not isinstance(path[-1], str):
        return []
    shape: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    root = shape
    for part in path[:-1]:
        shape = _resolve(shape, root)
        members = shape.get("properties", {})
        shape = members[part] if part in members else shape.get("additionalProperties", shape.get("items", {}))
        if not isinstance(shape, dict):
            return []
    shape = _resolve(shape, root)
    return list(shape.get("properties", {})) if shape.get("additionalProperties") is False else []


def _resolve(shape: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    reference = shape.get("$ref", "")
    return root["$defs"][reference.rsplit("/", 1)[-1]] if reference else shape


def _path(pointer: str, value: Any) -> tuple[str | int, ...]:
    """Return a JSON pointer as a path into the value."""
    path: list[str | int] = []
    for raw in pointer.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and part.isdecimal() and len(part) <= len(str(len(value))):
            path.append(int(part))
            value = value[int(part)] if int(part) < len(value) else None
        else:
            path.append(part)
            value = value.get(part) if isinstance(value, dict) else None
    return tuple(path)


def suggest_file(path: Path) -> str:
    """Return a hint to a file beside it whose name is nearly that, "" if there is none or it is there."""
    if not path.parent.is_dir() or path.exists():
        return ""
    close = get_close_matches(path.name, [each.name for each in path.parent.iterdir()], 1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""


def _invalid(file: str, message: str) -> InvalidFlow:
    return InvalidFlow([FlowFinding(Position(file), message)])
