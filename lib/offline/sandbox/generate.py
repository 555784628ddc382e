"""A value that satisfies a schema, the same one each time: what the sandbox answers where a model would think.

It goes for the small and the likely, within a budget of steps so that a recursive schema ends. What it cannot meet (a
pattern with look-around, `not`, `if`) it may miss; a real model may too.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .pattern import text_for

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = "sandbox"
_DEEPEST = 12
_MOST_ITEMS = 100
_LONGEST_TEXT = 20_000
_MOST_STEPS = 5_000
_FORMATS = {
    "date-time": "2026-01-01T12:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "sandbox@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/sandbox",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_KEYWORDS_OF_OBJECTS = ("properties", "required", "additionalProperties", "minProperties")
_KEYWORDS_OF_ARRAYS = ("items", "prefixItems", "minItems")
_KEYWORDS_OF_NUMBERS = ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")


def generate(schema: Mapping[str, Any], text: str = TEXT) -> Any:
    """Return a value for the schema; `text` is what free text fields hold."""
    return _Generator(schema, text).value(schema, 0)


class _Generator:
    """One schema on its way to one value."""

    def __init__(self, root: Mapping[str, Any], text: str) -> None:
        self._root, self._text = root, text
        self._steps = 0

    def value(self, schema: Any, depth: int) -> Any:
        self._steps += 1
        if not isinstance(schema, dict) or self._steps > _MOST_STEPS:
            return self._text
        schema = self._resolve(schema, depth)
        for keyword in ("const", "default"):
            if keyword in schema:
                return schema[keyword]
        for keyword in ("enum", "examples"):
            if isinstance(schema.get(keyword), list) and schema[keyword]:
                return schema[keyword][0]
        return self._of_type(_type(schema, depth), schema, depth)

    def _of_type(self, kind: str, schema: Mapping[str, Any], depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        return {"boolean": True, "null": None}[kind] if kind in ("boolean", "null") else self._string(schema)

    def _resolve(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return the schema with its reference followed, its parts joined and its first simple alternative taken."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                break
            schema = {**self._target(reference), **{key: schema[key] for key in schema if key != "$ref"}}
        whole = dict(schema)
        for keyword in ("anyOf", "oneOf"):
            choices = [choice for choice in whole.pop(keyword, None) or () if isinstance(choice, dict)]
            if choices:
                whole = _merge(whole, self._resolve(self._choice(choices, depth), depth))
        for part in whole.pop("allOf", None) or ():
            if isinstance(part, dict):
                whole = _merge(whole, self._resolve(part, depth))
        return whole

    def _choice(self, choices: list[dict[str, Any]], depth: int) -> dict[str, Any]:
        """Take the first alternative; deep down null if there is one, so that recursion ends."""
        if depth >= _DEEPEST // 2:
            return next((choice for choice in choices if choice.get("type") == "null"), choices[-1])
        return next((choice for choice in choices if choice.get("type") != "null"), choices[0])

    def _target(self, reference: str) -> dict[str, Any]:
        target: Any = self._root
        for key in reference.removeprefix("#").split("/")[1:]:
            name = key.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        return target if isinstance(target, dict) else {}

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = [name for name in schema.get("required") or () if isinstance(name, str)]
        names = list(required)
        if depth < _DEEPEST // 2:
            names = list(dict.fromkeys([*properties, *required]))
        value = {
            name: self.value(properties.get(name, schema.get("additionalProperties")), depth + 1) for name in names
        }
        for index in range(min(schema.get("minProperties", 0), _MOST_ITEMS) - len(value)):
            value[f"{TEXT}-{index + 1}"] = self.value(schema.get("additionalProperties"), depth + 1)
        return value

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems") or []
        wanted = max(schema.get("minItems", 0), len(first), 1 if depth < _DEEPEST // 2 else 0)
        length = min(wanted, schema.get("maxItems", wanted), _MOST_ITEMS)
        items = [self.value(first[i] if i < len(first) else schema.get("items"), depth + 1) for i in range(length)]
        return _make_distinct(items) if schema.get("uniqueItems") else items

    def _string(self, schema: Mapping[str, Any]) -> str:
        if isinstance(schema.get("pattern"), str):
            return text_for(schema["pattern"])
        text = _FORMATS.get(str(schema.get("format")), self._text)
        least, most = schema.get("minLength", 0), schema.get("maxLength", _LONGEST_TEXT)
        return text.ljust(min(least, _LONGEST_TEXT), ".")[:most]


def _merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both parts ask for, as far as they can be put side by side."""
    joined = {**other, **one}
    if isinstance(one.get("properties"), dict) and isinstance(other.get("properties"), dict):
        joined["properties"] = {**other["properties"], **one["properties"]}
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        joined["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return joined


def _type(schema: Mapping[str, Any], depth: int) -> str:
    """Return the type to build: the one that is declared, else the one that the other keywords speak of."""
    declared = schema.get("type")
    if isinstance(declared, list) and declared:
        if depth >= _DEEPEST // 2 and "null" in declared:
            return "null"
        return str(next((kind for kind in declared if kind != "null"), "null"))
    if isinstance(declared, str):
        return declared
    for kind, keywords in (
        ("object", _KEYWORDS_OF_OBJECTS),
        ("array", _KEYWORDS_OF_ARRAYS),
        ("number", _KEYWORDS_OF_NUMBERS),
    ):
        if any(keyword in schema for keyword in keywords):
            return kind
    return "string"


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """Return a number near 1 that the bounds and the step allow, reckoned exactly."""
    bounds = {key: Fraction(str(schema[key])) for key in _KEYWORDS_OF_NUMBERS if _is_number(schema.get(key))}
    low = max((bounds[key] for key in ("minimum", "exclusiveMinimum") if key in bounds), default=None)
    high = min((bounds[key] for key in ("maximum", "exclusiveMaximum") if key in bounds), default=None)
    room = (high - low) / 2 if low is not None and high is not None else Fraction(1, 2)
    step = bounds.get("multipleOf") or (Fraction(1) if whole else None)
    value = Fraction(1) if low is None else max(Fraction(1), low)
    value = value if high is None else min(value, high)
    if step:
        value = math.ceil(value / step) * step
        value = value if high is None or value <= high else value - step
    if value == bounds.get("exclusiveMinimum"):
        value += step or room
    if value == bounds.get("exclusiveMaximum"):
        value -= step or room
    if value.denominator == 1 or abs(value) > sys.float_info.max:
        return round(value)
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _make_distinct(items: list[Any]) -> list[Any]:
    """Return the items with numbers added, so that no two are alike."""
    return [
        item
        if index == 0
        else f"{item}-{index + 1}"
        if isinstance(item, str)
        else item + index
        if isinstance(item, (int, float)) and not isinstance(item, bool)
        else item
        for index, item in enumerate(items)
    ]
