"""A schema in one line: `name, age int, tags list: what they are about`. As simonw's llm has it, with lists added."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from .json_schema import BadSchema, compile_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Mapping[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "text": {"type": "string"},
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}
_EXAMPLE = "name, age int, tags list: what it is about"
_ALLOWED = f"a name, perhaps one of {', '.join(_TYPES)}, perhaps a colon and what it means; for example: {_EXAMPLE}"


def read(text: str) -> dict[str, Any]:
    """Return the JSON Schema that a text holds, written out or in the short form; raise InvalidConfig.

    In the short form fields are parted by commas, or by line ends if there are any; each is a name, perhaps a type
    (str, int, float, bool, list), perhaps a colon and what it means. All are required, and no others allowed.
    """
    if not text.strip():
        raise InvalidConfig(f"is empty; give a JSON Schema, or fields such as: {_EXAMPLE}", pointer="/schema")
    return _written_out(text) if text.lstrip().startswith("{") else _short(text)


def _written_out(text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise InvalidConfig(f"is not valid JSON: {error}", pointer="/schema") from error
    if schema.get("type") != "object":
        raise InvalidConfig('must describe an object: {"type": "object", "properties": {…}}', pointer="/schema")
    try:
        compile_schema(schema)
    except BadSchema as error:
        raise InvalidConfig(f"is not a JSON Schema: {str(error).splitlines()[0]}", pointer="/schema") from error
    return dict(schema)


def _short(text: str) -> dict[str, Any]:
    separator = "\n" if "\n" in text.strip() else ","
    fields = [_field(part.strip(), separator) for part in text.split(separator) if part.strip()]
    properties = dict(fields)
    twice = [name for name, _ in fields if [other for other, _ in fields].count(name) > 1]
    if twice or not fields:
        raise InvalidConfig(f"has {twice[0]} twice" if twice else f"has no field; {_ALLOWED}", pointer="/schema")
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _field(text: str, separator: str) -> tuple[str, dict[str, Any]]:
    head, _, meaning = text.partition(":")
    name, *types = head.split() or [""]
    kind = types[0].lower() if types else "str"
    if len(types) > 1 or kind not in _TYPES or not name.isidentifier():
        hint = "" if separator == "\n" else "; if a meaning has a comma, put each field on a line of its own"
        raise InvalidConfig(f'found "{text}", allowed: {_ALLOWED}{hint}', pointer="/schema")
    return name, {**_TYPES[kind], **({"description": meaning.strip()} if meaning.strip() else {})}
