"""What is expected of messages, compared with what there was: subsets of JSON, schemas, predicates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING, Any, Final

from pysailor.metadata import Schema

from ..mapper import MapContext, MappingFailed, compile_expression
from .model import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..document import FlowFile

SCHEMA: Final = "$schema"
_MOST_LINES: Final = 40


def compare(flow: FlowFile, path: tuple[str | int, ...], expected: Any, found: Sequence[Any]) -> list[str]:
    """Return what is different between what is expected of a step and its messages' bodies; empty if nothing is.

    `nothing`: no message. A text: a JSONata predicate that is true for every one. `{$schema: …}`: JSON Schema. A list:
    as many messages, each one's counterpart anywhere among them. Else: one message that has at least these members.
    """
    if expected == NOTHING:
        return [f"expected nothing, found {_shorten(body)}" for body in found]
    if not found:
        return [f"expected {_shorten(expected)}, found no message"]
    if isinstance(expected, str):
        return [told for body in found for told in _test(flow, path, expected, body)]
    if isinstance(expected, Mapping) and SCHEMA in expected:
        schema = Schema(_schema_of(expected))
        return [f"{fault} in {_shorten(body)}" for body in found for fault in schema.faults(body)[:5]]
    wanted = expected if isinstance(expected, list) else [expected]
    return _match(wanted, list(found))


def _schema_of(expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema: `{$schema: {…}}`, or a schema that says which dialect it is in."""
    inner = expected[SCHEMA]
    return (
        dict(inner) if isinstance(inner, Mapping) else {key: value for key, value in expected.items() if key != SCHEMA}
    )


def _test(flow: FlowFile, path: tuple[str | int, ...], predicate: str, body: Any) -> Iterator[str]:
    compiled = compile_expression(flow.source.expression(path, predicate), ".".join(map(str, path)))
    try:
        found = compiled.evaluate(body, MapContext())
    except MappingFailed as error:
        yield str(error)
        return
    if found is not True:
        yield f"{predicate} is not true for {_shorten(body)}"


def _match(wanted: list[Any], found: list[Any]) -> list[str]:
    """Return what does not match, each expected message beside the one that is nearest to it."""
    told: list[str] = []
    rest = list(found)
    unmatched = []
    for each in wanted:
        fitting = next((number for number, body in enumerate(rest) if not list(differences(each, body))), None)
        if fitting is None:
            unmatched.append(each)
        else:
            rest.pop(fitting)
    for each in unmatched:
        if not rest:
            told.append(f"expected {_shorten(each)}, found no such message")
            continue
        nearest = min(range(len(rest)), key=lambda number: len(list(differences(each, rest[number]))))
        body = rest.pop(nearest)
        told += [*differences(each, body), *_diff(each, body)]
    if len(found) > len(wanted):
        told += [f"one message too many: {_shorten(body)}" for body in rest]
    return told


def differences(expected: Any, found: Any, pointer: str = "") -> Iterator[str]:
    """Yield where a value lacks what is expected of it: members of objects may be more, everything else is equal."""
    place = pointer or "the body"
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name, value in expected.items():
            if name in found:
                yield from differences(value, found[name], f"{pointer}/{name}")
            else:
                yield f"{pointer}/{name}: expected {_shorten(value)}, is missing"
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{pointer}/{number}")
    elif not _equal(expected, found):
        yield f"{place}: expected {_shorten(expected)}, found {_shorten(found)}"


def _equal(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _diff(expected: Any, found: Any) -> list[str]:
    """Return both as a diff, the found one with the members only that are asked for."""
    one, other = (_lines(value) for value in (expected, prune(expected, found)))
    return list(unified_diff(one, other, "expected", "found", lineterm="", n=2))[:_MOST_LINES]


def prune(expected: Any, found: Any) -> Any:
    """Return a value without the members that nobody expects."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return {name: prune(expected[name], found[name]) for name in expected if name in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [prune(one, other) for one, other in zip(expected, found, strict=True)]
    return found


def _lines(value: Any) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2).splitlines()


def _shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - fits two lines of a terminal
