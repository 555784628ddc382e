"""What nobody declared: the members of a value that no property names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault

from .dialect import resolve
from .explanation import closest, pointer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


ANY = "*"
"""Stands for the numbers of a list's items."""


def find_places(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Return where the members stand that no property declares: pointers with ANY for numbers, a place once an item."""
    for pointer, _, _ in _members(value, schema, schema, "", lambda _: ANY):
        yield pointer


def find_unknown(value: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Return each with its own pointer and the declared name that it may be meant for."""
    for pointer, name, declared in _members(value, schema, schema, "", str):
        close = closest(name, list(declared))
        yield Fault(pointer, "is not a known field" + (f"; did you mean {close}?" if close else ""))


def close_schema(root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses what `find_places` would name, and nothing else: to ask first, in microseconds."""
    targets: dict[str, Any] = {}
    shut = _close(root, root, targets)
    return {**shut, "$defs": {str(number): target for number, target in enumerate(targets.values())}}


def _close(schema: Any, root: Mapping[str, Any], targets: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if isinstance(reference, str) and reference.startswith("#"):
        if reference not in targets:
            targets[reference] = {}  # there from now on, for a schema that refers to itself
            targets[reference] = _close(resolve(schema, root), root, targets)
        return {"$ref": f"#/$defs/{list(targets).index(reference)}"}
    plain = resolve(schema, root)
    shut: dict[str, Any] = {"items": _close(plain["items"], root, targets)} if "items" in plain else {}
    if "properties" in plain:
        declared = {name: _close(member, root, targets) for name, member in plain["properties"].items()}
        shut |= {"properties": declared, "additionalProperties": False}
    return shut


def _members(
    value: Any, schema: Any, root: Mapping[str, Any], pointer: str, numbered: Callable[[int], str]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    schema = resolve(schema, root)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _members(item, schema.get("items"), root, f"{pointer}/{numbered(index)}", numbered)
    elif isinstance(value, dict) and "properties" in schema:
        declared = schema["properties"]
        for name, member in value.items():
            here = pointer + pointer_to([name])
            if name in declared:
                yield from _members(member, declared[name], root, here, numbered)
            else:
                yield here, name, declared
