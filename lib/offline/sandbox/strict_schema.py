"""What a schema must be for `strict: true`: of an object, closed, with everything required."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNSUPPORTED = ("allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_DEEPEST = 10


def strict_mode_fault(schema: Mapping[str, Any]) -> str | None:
    """Return the first thing that strict mode refuses, in the API's words, or None."""
    if schema.get("type") != "object":
        found = json.dumps(schema.get("type"))
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {found}'."
    return next(_faults(schema, (), 0), None)


def _faults(schema: Any, context: tuple[str, ...], depth: int) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    where = f"In context=({', '.join(repr(key) for key in context)}{',' if len(context) == 1 else ''}), "
    for keyword in _UNSUPPORTED:
        if keyword in schema:
            yield f"{where}'{keyword}' is not permitted."
    if "properties" in schema or schema.get("type") == "object":
        depth += 1
        yield from (f"{where}{fault}" for fault in _object_faults(schema))
    if depth > _DEEPEST:
        yield f"{where}objects are nested deeper than {_DEEPEST} levels."
        return
    for key, inner in _parts(schema):
        yield from _faults(inner, (*context, *key), depth if key[0] != "$defs" else 0)


def _object_faults(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("additionalProperties") is not False:
        yield "'additionalProperties' is required to be supplied and to be false."
    required = schema.get("required")
    for name in schema.get("properties", {}):
        if not isinstance(required, list) or name not in required:
            yield (
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{name}'."
            )


def _parts(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for keyword in ("properties", "$defs", "definitions"):
        for name, inner in (schema.get(keyword) or {}).items():
            yield (keyword, name), inner
    yield ("items",), schema.get("items")
    for index, inner in enumerate(schema.get("anyOf") or ()):
        yield ("anyOf", str(index)), inner
