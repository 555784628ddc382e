"""Samples: messages to try a step with, from files."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pysailor.message import Message

from .usage import BadUsage

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM = 'a sample looks like {"cfg": {}, "msg": {"body": {}}, "snapshot": {}}'
_IN_PLAIN_WORDS = {
    "Expecting value": "a value is missing here, or is none of JSON's (text stands in double quotes)",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing here, or a comma is "
    "too many",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Illegal trailing comma before end of object": "this comma is too many",
    "Illegal trailing comma before end of array": "this comma is too many",
    "Extra data": "the JSON ends before this; what follows is too much",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a line break or tab cannot stand within text; write \\n or \\t",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A message to try a step with, as elasticio-cli has it; `scenario` is for a server of the component's."""

    name: str
    message: Message
    cfg: Mapping[str, Any]
    snapshot: Any
    scenario: str | None

    @classmethod
    def read(cls, file: str) -> Self:
        """Read a sample from a file, or from standard input for "-"; raise BadUsage."""
        name = display_name(file)
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise BadUsage(f"{name} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadUsage(f"{name} is not text in UTF-8") from error
        return cls._of(name, _document(name, text))

    @classmethod
    def _of(cls, name: str, document: Any) -> Self:
        if not isinstance(document, dict):
            raise BadUsage(f"{name} is no sample: it holds no object; {_FORM}")
        if not isinstance(document.get("msg"), dict):
            raise BadUsage(f"{name} is no sample: msg is {'no object' if 'msg' in document else 'missing'}; {_FORM}")
        cfg, scenario = document.get("cfg") or {}, document.get("scenario")
        if not isinstance(cfg, dict) or not isinstance(scenario, str | None):
            raise BadUsage(f"{name} is no sample: cfg is an object and scenario is text")
        return cls(name, Message.from_json(document["msg"]), cfg, document.get("snapshot") or {}, scenario)


def display_name(file: str) -> str:
    """Return the name of a file as people know it."""
    return "standard input" if file == "-" else file


def _document(name: str, text: str) -> Any:
    if not text.strip():
        raise BadUsage(f"{name} is empty; {_FORM}")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        why = _IN_PLAIN_WORDS.get(error.msg, error.msg)
        raise BadUsage(f"{name} is not valid JSON: line {error.lineno}, column {error.colno}: {why}") from error
    except ValueError as error:
        raise BadUsage(f"{name} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise BadUsage(f"{name} is nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
