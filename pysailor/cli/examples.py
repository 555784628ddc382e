"""The examples of a help text, with the names of the component at hand in place of a neutral component's."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.component.code import locate
from pysailor.errors import BrokenComponent

if TYPE_CHECKING:
    from collections.abc import Iterator

_FUNCTION, _SAMPLE, _SETTING, _BODY = "greet", "samples/greet/hello.json", "tone=Hello", "name=Ada"
_TYPED = """echo '{"name": "Ada"}' | pysailor process greet"""
_COMMANDS = ("process", "run", "check", "meta")
_LONGEST = 78
_MOST_BYTES = 1 << 20


def name_own_functions(parser: argparse.ArgumentParser, directory: str | None) -> None:
    """Let the examples be about the first function that the component declares; without one they stay neutral."""
    try:
        root = locate(directory)
    except BrokenComponent:
        return
    declared = _object(root / "component.json")
    function = next((name for kind in ("actions", "triggers") for name in _members(declared.get(kind))), None)
    if function is None:
        return
    sample = _sample(root, function)
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 - argparse tells it in no other way
    for each in (parser, *(commands.choices[name] for name in _COMMANDS)):
        each.epilog = "\n".join(_lines(each.epilog or "", function, sample)) + "\n"


def _sample(root: Path, function: str) -> Path | None:
    """Return the sample to show: the one that is called hello, else the first of the function's; None without one."""
    files = sorted((root / "samples" / function).glob("*.json"), key=lambda file: (file.stem != "hello", file.name))
    here = Path.cwd()
    return next((file.relative_to(here) if file.is_relative_to(here) else file for file in files), None)


def _lines(text: str, function: str, sample: Path | None) -> Iterator[str]:
    document = _object(sample) if sample else {}
    settings, body = _members(document.get("cfg")), _members(_members(document.get("msg")).get("body"))
    for line in text.splitlines():
        if _FUNCTION not in line:
            yield line
            continue
        own = line
        if _SETTING in own:
            given = _pair(settings)
            own = own.replace(_SETTING, given) if given else own.replace(f" --cfg {_SETTING}", "")
        if _BODY in own:
            given = _pair(body)
            own = own.replace(_BODY, given) if given else ""
        if _TYPED in own and sample:
            own = own.replace(_TYPED, f"pysailor process greet - < {_SAMPLE}")
        elif _TYPED in own:
            own = ""
        if _SAMPLE in own:
            own = own.replace(_SAMPLE, shlex.quote(str(sample))) if sample else f"  pysailor process {function}"
        own = own.replace(_FUNCTION, function)
        if own and (len(own) <= _LONGEST or len(line) > _LONGEST or _SAMPLE in line):
            yield own


def _pair(members: dict[str, Any]) -> str:
    """Return KEY=VALUE of the first member that is a text, "" without one."""
    return next((shlex.quote(f"{key}={value}") for key, value in members.items() if isinstance(value, str)), "")


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _object(file: Path) -> dict[str, Any]:
    """Return what a file holds; what is wrong with it is for other commands to tell."""
    try:
        return _members(json.loads(file.read_text(encoding="utf-8"))) if file.stat().st_size <= _MOST_BYTES else {}
    except (OSError, ValueError):
        return {}
