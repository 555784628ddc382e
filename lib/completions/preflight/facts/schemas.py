"""The schemas that a request carries, read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import frozen, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .toolbox import Toolbox

CARRIERS = ("response_format", "tools", "functions")
"""The members that a schema may stand in."""


def find_schemas(body: Mapping[str, Any], toolbox: Toolbox) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Return every schema of a request: of the answer and of each function's parameters; and whether it is strict."""
    wanted = body.get("response_format")
    described = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if isinstance(described, dict) and isinstance(described.get("schema"), dict):
        yield "/response_format/json_schema/schema", described["schema"], described.get("strict") is True
    for tool in toolbox.all:
        if isinstance(tool.given.get("parameters"), dict):
            yield f"{tool.pointer}/parameters", tool.given["parameters"], tool.given.get("strict") is True


_OF_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


_OF_SCHEMAS = ("anyOf", "allOf", "oneOf", "prefixItems")


_MOST_WALKED, _DEEPEST_WALKED = 50_000, 100
"""Beyond these a schema is refused anyway."""


_OF_ONE_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")


KINDS_OF_VALUES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def is_of_kind(value: Any, kind: str) -> bool:
    """Return whether a value is of one of JSON Schema's types."""
    if isinstance(value, bool):
        return kind == "boolean"
    whole = kind != "integer" or not isinstance(value, float) or value.is_integer()
    return isinstance(value, KINDS_OF_VALUES[kind]) and whole


def may_be_array(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema names the type array, alone or among others."""
    kind = schema.get("type")
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


@frozen
class StrictSchema:
    """A strict schema: where it stands, and each schema in it with pointer and depth; references are not followed."""

    pointer: str
    root: Mapping[str, Any]
    inner: tuple[tuple[str, Mapping[str, Any], int], ...]

    @classmethod
    def all_of(cls, body: Mapping[str, Any], toolbox: Toolbox) -> tuple[StrictSchema, ...]:
        """Return the strict schemas of a request."""
        if body.keys().isdisjoint(CARRIERS):
            return ()
        return tuple(cls.of(pointer, root) for pointer, root, is_strict in find_schemas(body, toolbox) if is_strict)

    @classmethod
    def of(cls, pointer: str, root: Mapping[str, Any]) -> StrictSchema:
        """Walk through one schema."""
        return cls(pointer, root, tuple(walk(pointer, root)))

    def objects(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return each object schema."""
        for pointer, schema, _ in self.inner:
            kind = schema.get("type")
            if kind == "object" or "properties" in schema or (isinstance(kind, list) and "object" in kind):
                yield pointer, schema


def walk(pointer: str, root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Return every schema inside, without recursion, so that no depth can end it; properties count as a level."""
    waiting: list[tuple[str, Any, int]] = [(pointer, root, 0)]
    for _ in range(_MOST_WALKED):
        if not waiting:
            return
        here, schema, depth = waiting.pop()
        if depth > _DEEPEST_WALKED:
            continue
        if isinstance(schema, bool) and not here.endswith("/additionalProperties"):
            schema = {}  # true allows anything, as an empty one does
        if not isinstance(schema, dict):
            continue
        yield here, schema, depth
        for key in _OF_NAMED_SCHEMAS:
            named = schema.get(key)
            if isinstance(named, dict):
                below = depth + (key not in ("$defs", "definitions"))
                waiting.extend((here + pointer_to((key, name)), one, below) for name, one in named.items())
        for key in _OF_SCHEMAS:
            if isinstance(schema.get(key), list):
                waiting.extend((f"{here}/{key}/{index}", one, depth) for index, one in enumerate(schema[key]))
        waiting.extend((f"{here}/{key}", schema[key], depth) for key in _OF_ONE_SCHEMA if key in schema)
