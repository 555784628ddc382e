"""What a designer would miss in a step's schemas, and what keeps them from being read."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ..errors import BrokenComponent, Fault
from ..metadata import BrokenSchema, Schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..component.descriptor import Function

_KEYWORDS = (
    *("$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema"),
    *("additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding", "contentMediaType"),
    *("contentSchema", "default"),
    *("definitions", "dependentRequired", "dependentSchemas", "deprecated", "description", "else", "enum", "examples"),
    *("exclusiveMaximum", "exclusiveMinimum", "format", "help", "if", "items", "label", "maxContains", "maxItems"),
    *("maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum"),
    *("multipleOf", "not", "note", "oneOf", "order", "pattern", "patternProperties", "prefixItems", "properties"),
    *("propertyNames", "readOnly", "required", "then", "title", "type", "unevaluatedItems", "unevaluatedProperties"),
    *("uniqueItems", "writeOnly", "advanced", "example", "enumNames", "nullable", "min", "max"),
)
_ALIKE = 0.8  # of a keyword; other names may be the platform's


def find_in_metadata(at: str, root: Path, declared: Function) -> Iterator[Fault]:
    """Yield what is wrong with what a function takes and gives; each side is looked at, whatever the other is like."""
    for side, written in (("in", declared.input_schema), ("out", declared.output_schema)):
        here = f"{at}/metadata/{side}"
        is_needed = not declared.dynamic_metadata and (side, declared.kind) != ("in", "trigger")
        if written is not None:
            yield from _find_in_schema(f"{written}#" if isinstance(written, str) else here, here, root, written)
        elif is_needed:
            yield Fault(here, "is missing; the mapper would show nothing")


def _find_in_schema(place: str, here: str, root: Path, written: Any) -> Iterator[Fault]:
    """Yield what is wrong with a schema: `place` begins pointers into it, `here` is where component.json has it."""
    try:
        schema = Schema.load(root / written) if isinstance(written, str) else Schema(written)
    except BrokenSchema as error:
        yield Fault(place + error.pointer, error.reason)
    except BrokenComponent as error:
        yield Fault(here, str(error))
    else:
        yield from _schema_faults(place, schema)


def _schema_faults(name: str, schema: Schema) -> Iterator[Fault]:
    for pointer, member in _members(schema.document, ""):
        at = f"{name}{pointer}"
        if not (member.get("title") or member.get("label")):
            yield Fault(at, "has no title; the mapper would show the bare name")
        yield from _help_faults(at, member.get("help"))
        if not isinstance(member.get("required", False), (bool, list)):
            yield Fault(f"{at}/required", f"found {json.dumps(member['required'])}, allowed: true or false")
        for key in member:
            meant = get_close_matches(key, _KEYWORDS, 1, _ALIKE) if key not in _KEYWORDS and "-" not in key else []
            if meant:
                yield Fault(f"{at}/{key}", f"is not known here; did you mean {meant[0]}?")


def _help_faults(at: str, written: Any) -> Iterator[Fault]:
    if written is not None and not isinstance(written, dict):
        yield Fault(f"{at}/help", 'must be an object: {"description": "…"}')
    elif not (written or {}).get("description"):
        yield Fault(at, "has no help; the designer would have to guess")


def _members(schema: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every property that the mapper shows, with its pointer."""
    if not isinstance(schema, dict):
        return
    for holder in ("definitions", "$defs"):
        for name, member in (schema.get(holder) or {}).items():
            yield from _members(member, f"{pointer}/{holder}/{name}")
    for name, member in (schema.get("properties") or {}).items():
        here = f"{pointer}/properties/{name}"
        if isinstance(member, dict) and "$ref" not in member:
            yield here, member
        yield from _members(member, here)
    yield from _members(schema.get("items"), f"{pointer}/items")
