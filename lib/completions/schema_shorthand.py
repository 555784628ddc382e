"""A schema in one line: `name, age int, tags list: what they are about`. As simonw's llm has it, with lists added."""

from __future__ import annotations

import json
import re
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
    "date": {"type": "string", "format": "date"},
    "list": {"type": "array", "items": {"type": "string"}},
}
_CHOICE = re.compile(r"[\w.-]+(?: [\w.-]+)*")
_EXAMPLE = "name, age int, category: billing|tech|other, due: date?, tags list: what it is about"
_ALLOWED = (
    f"a name, perhaps one of {', '.join(_TYPES)} or choices such as a|b (with ? if it may be empty), "
    f"perhaps a colon and what it means; for example: {_EXAMPLE}"
)


def read(text: str) -> dict[str, Any]:
    """Return the JSON Schema that a text holds, written out or in the short form; raise InvalidConfig.

    In the short form fields are parted by commas, or by line ends if there are any; each is a name, perhaps a type
    (str, int, float, bool, date, list, or choices such as a|b; with ? if it may be null), perhaps a colon and what it
    means. All are required, and no others allowed.
    """
    if not text.strip("\ufeff \t\r\n"):
        raise InvalidConfig(f"is empty; give a JSON Schema, or fields such as: {_EXAMPLE}", pointer="/schema")
    text = text.lstrip("\ufeff")
    return _expand(text) if text.lstrip().startswith("{") else _short(text)


def _expand(text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise InvalidConfig(f"is not valid JSON: {error}", pointer="/schema") from error
    except RecursionError as error:
        raise InvalidConfig("is nested too deep; make it flatter", pointer="/schema") from error
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
    told = _choices(meaning)
    is_kind = not types and _is_type(told)
    word = told if is_kind else " ".join(types) or "str"
    meaning = "" if is_kind else meaning.strip()
    if not _is_type(word) or not name.isidentifier():
        hint = "" if separator == "\n" else "; if a meaning has a comma, put each field on a line of its own"
        raise InvalidConfig(f'found "{text}", allowed: {_ALLOWED}{hint}', pointer="/schema")
    return name, {**_type(word), **({"description": meaning} if meaning else {})}


def _is_type(word: str) -> bool:
    """Return whether a word is a type: one of the names or choices parted by |, with ? after it if it may be absent."""
    plain = word.removesuffix("?")
    return plain.lower() in _TYPES or ("|" in plain and all(_CHOICE.fullmatch(one) for one in plain.split("|")))


def _choices(meaning: str) -> str:
    """Return what stands after a colon, without blanks around the strokes that part choices."""
    return "|".join(part.strip() for part in meaning.split("|"))


def _type(word: str) -> dict[str, Any]:
    plain = word.removesuffix("?")
    kind = _TYPES.get(plain.lower()) or {"type": "string", "enum": list(dict.fromkeys(plain.split("|")))}
    if plain == word:
        return dict(kind)
    nullable = {**kind, "type": [kind["type"], "null"]}  # strict wants every field; one that is absent is null
    return {**nullable, "enum": [*kind["enum"], None]} if "enum" in kind else nullable
