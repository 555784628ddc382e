"""Schemas that users write, made ready to check a value. Nothing is ever fetched for one."""

from __future__ import annotations

from typing import Any, NoReturn

import jsonschema_rs

from pysailor import BrokenComponent, Schema, pointer_to

_EDITIONS = (
    "https://json-schema.org/draft/2020-12/schema",
    "http://json-schema.org/draft-07/schema#",
    "http://json-schema.org/draft-04/schema#",
)
_TYPES = "string, number, integer, boolean, object, array and null"
_LONGEST = 300
BYTES_OF_A_PATTERN = 1_000_000  # compiled
_MOST_PARTS = 50_000
_DEEPEST = 100
_MOST_STEPS = 10_000  # rules asked at one place of a value, through alternatives and references
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
_AT_ONE_PLACE = ("allOf", "anyOf", "oneOf")


class BadSchema(ValueError):
    """The schema cannot be used to check anything; `pointer` says where it goes wrong."""

    def __init__(self, message: str, pointer: str = "") -> None:
        """Keep the place."""
        super().__init__(message)
        self.pointer = pointer


def compile_schema(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return what checks values against a schema (JSON Schema 2020-12); raise BadSchema."""
    _check_bounds(schema)
    if isinstance(schema, dict) and _refers(schema):
        try:
            Schema(schema, "")  # it knows what could keep the process busy
        except BrokenComponent as error:
            if "refers back to itself" in str(error):
                raise BadSchema(
                    "refers back to itself at the same place; refer from inside a property or an item"
                ) from error
    options = jsonschema_rs.RegexOptions(size_limit=BYTES_OF_A_PATTERN)  # linear in time, whatever the pattern
    try:
        return jsonschema_rs.Draft202012Validator(schema, retriever=refuse_to_fetch, pattern_options=options)
    except jsonschema_rs.ValidationError as error:
        raise BadSchema(_describe(error), pointer_to(error.instance_path)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BadSchema(_describe_failure(error)) from error


def is_of_any_edition(schema: dict[str, Any]) -> bool:
    """Return whether an object is a schema in one of the editions that programs write: 2020-12, 7, 4.

    Its form counts: references that lead nowhere, and patterns, are not looked at.
    """
    try:
        return any(jsonschema_rs.meta.is_valid({**schema, "$schema": edition}) for edition in _EDITIONS)
    except (ValueError, RecursionError):  # nested deeper than the validator goes, or no Unicode
        return True


def shorten(text: str) -> str:
    """Return a text, or the beginning of a long one."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _describe_failure(error: Exception) -> str:
    """Return in plain words why the validator took no schema at all."""
    text = str(error).partition("\n")[0]
    if isinstance(error, RecursionError):
        return "is nested too deep; make it flatter"
    if isinstance(error, UnicodeError) or "UnicodeEncodeError" in text:
        return "holds half characters (lone surrogates); write whole ones"
    return _describe_text(text)


def _describe_text(text: str) -> str:
    address, nowhere, _ = text.partition(" is not present in a registry")
    if not nowhere:
        return shorten(text)
    outside = shorten(address.removeprefix("Resource "))
    return f"refers to {outside}, which is not fetched; put it into the schema itself"


def _describe(error: jsonschema_rs.ValidationError) -> str:
    if error.instance_path[-1:] == ["type"]:
        return f"{shorten(repr(error.instance))} is not a type; the types are {_TYPES}"
    if error.instance_path[-1:] in (["pattern"], ["patternProperties"]) and '"regex"' in error.message:
        return (
            f"the pattern {shorten(repr(error.instance))} is too large, not a regular expression, or has look-around "
            "or backreferences, which are not supported: a pattern must take time that grows with the text alone"
        )
    return _describe_text(error.message)


def _refers(schema: Any) -> bool:
    """Return whether anything in a schema may be a reference: without one there are no circles."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if not _REFERENCES.isdisjoint(part):
                return True
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return False


def _check_bounds(schema: Any) -> None:
    """Raise BadSchema if a schema is so large, deep or branching that checking a value could take very long."""
    waiting, count = [(schema, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if depth > _DEEPEST or count > _MOST_PARTS:
            limit = f"nested deeper than {_DEEPEST} levels" if depth > _DEEPEST else f"larger than {_MOST_PARTS} parts"
            raise BadSchema(f"is {limit}; make it flatter or smaller")
        if isinstance(part, (dict, list)):
            waiting.extend((inner, depth + 1) for inner in (part.values() if isinstance(part, dict) else part))
    try:
        steps = _steps(schema, schema, {})
    except RecursionError as error:
        raise BadSchema("refers from one definition to the next too often") from error
    if steps > _MOST_STEPS:
        raise BadSchema(f"asks more than {_MOST_STEPS} rules at one place, through references and alternatives")


def _steps(schema: Any, root: Any, known: dict[int, int]) -> int:
    """Return how many schemas are asked at the same place of a value; a circle of references adds none."""
    if not isinstance(schema, dict):
        return 1
    if id(schema) not in known:
        known[id(schema)] = 0
        here = [one for key in _AT_ONE_PLACE if isinstance(schema.get(key), list) for one in schema[key]]
        here += [schema[key] for key in ("not", "if", "then", "else") if key in schema]
        here += [_target(schema["$ref"], root)] if isinstance(schema.get("$ref"), str) else []
        below = [one for key in ("properties", "patternProperties") for one in _members(schema.get(key))]
        below += [schema[key] for key in ("items", "additionalProperties", "contains") if key in schema]
        at_once = 1 + sum(_steps(one, root, known) for one in here)
        known[id(schema)] = max([at_once, *(_steps(one, root, known) for one in below)])
    return known[id(schema)]


def _members(named: Any) -> list[Any]:
    return list(named.values()) if isinstance(named, dict) else []


def _target(reference: str, root: Any) -> Any:
    target = root
    for key in reference.removeprefix("#").split("/")[1:]:
        target = target.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    return target


def refuse_to_fetch(uri: str) -> NoReturn:
    """Keep to the schema itself."""
    raise ValueError(f"{uri} is not fetched; put the definition into the schema itself")
