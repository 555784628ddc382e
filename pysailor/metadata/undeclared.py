"""What nobody declared: the members of a value that no property names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault

from .dialect import resolved
from .telling import pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def pointers(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Give where the members stand that no property declares."""
    for pointer, _, _ in _members(value, schema, schema, ""):
        yield pointer


def faults(value: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Give the same, each with the declared name that it may be meant for."""
    for pointer, name, declared in _members(value, schema, schema, ""):
        close = get_close_matches(name, declared, 1)
        yield Fault(pointer, "is not a known field" + (f"; did you mean {close[0]}?" if close else ""))


def _members(
    value: Any, schema: Any, root: Mapping[str, Any], pointer: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    schema = resolved(schema, root)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _members(item, schema.get("items"), root, f"{pointer}/{index}")
    elif isinstance(value, dict) and "properties" in schema:
        declared = schema["properties"]
        for name, member in value.items():
            here = pointer + pointer_to([name])
            if name in declared:
                yield from _members(member, declared[name], root, here)
            else:
                yield here, name, declared
