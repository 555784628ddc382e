"""The keywords of a schema that hold schemas, and which part of a value each applies to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED = ("properties",)
_BESIDE = ("patternProperties", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf")
_ONE_HERE = ("not", "if", "then", "else")
_OF_ITEMS = ("items", "contains", "unevaluatedItems")
_OF_MEMBERS = ("additionalProperties", "propertyNames", "unevaluatedProperties")
_HOLDERS = (*_NAMED, *_BESIDE, "$defs", "definitions", *_LISTS, "prefixItems")
_ONE_INNER = (*_ONE_HERE, *_OF_ITEMS, *_OF_MEMBERS)
_INNER = frozenset((*_HOLDERS, *_ONE_INNER))
"""Most schemas have none of these."""


def inner_schemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Return all schemas directly inside a schema, those that are only named, too."""
    if _INNER.isdisjoint(schema):
        return
    for name in _HOLDERS:
        held = schema.get(name)
        yield from held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    for name in _ONE_INNER:
        if isinstance(schema.get(name), dict):
            yield schema[name]


def groups(schema: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Return the schemas that apply, in groups: those of one group never apply to the same part of a value."""
    if _INNER.isdisjoint(schema):
        return
    yield "members", [*_dicts(_values(schema.get("properties"))), *_dicts([schema.get("additionalProperties")])]
    yield "items", [*_dicts(schema.get("prefixItems") or ()), *_dicts([schema.get("items")])]
    for name in ("contains", "unevaluatedItems"):
        yield f"each item {name}", list(_dicts([schema.get(name)]))
    yield "each member", list(_dicts([schema.get("unevaluatedProperties")]))
    for index, child in enumerate(_dicts(_values(schema.get("patternProperties")))):
        yield f"each member {index}", [child]
    here = [
        *(child for name in _LISTS for child in schema.get(name) or ()),
        *(schema.get(name) for name in _ONE_HERE),
        *_values(schema.get("dependentSchemas")),
    ]
    for index, child in enumerate(_dicts(here)):
        yield f"here {index}", [child]


def _values(held: Any) -> list[Any]:
    return list(held.values()) if isinstance(held, dict) else []


def _dicts(parts: Any) -> Iterator[dict[str, Any]]:
    return (part for part in parts if isinstance(part, dict))


def parts_for(group: str, node: Mapping[str, Any], child: Any, value: Any) -> Any:
    """Return the parts of a value that a schema inside another applies to."""
    if group.startswith(("here", "$ref")):
        return (value,)
    if isinstance(value, dict) and group.startswith("each member"):
        return value.values()
    if isinstance(value, dict) and group == "members":
        declared = _properties(node)
        if child is node.get("additionalProperties"):
            return [member for name, member in value.items() if name not in declared]
        return [value[name] for name, schema in declared.items() if schema is child and name in value]
    if isinstance(value, list) and "item" in group:
        return value
    return ()


def _properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    declared = node.get("properties")
    return declared if isinstance(declared, dict) else {}
