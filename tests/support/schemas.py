"""A schema in the mapper's dialect, and bodies for it."""

from __future__ import annotations

import time
from functools import reduce
from typing import TYPE_CHECKING, Any

from pysailor.metadata import Schema

if TYPE_CHECKING:
    from collections.abc import Callable
from hypothesis import strategies as st

CHAT = Schema(
    {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "required": True, "minItems": 1, "items": {"$ref": "#/definitions/message"}},
            "temperature": {"type": "number", "minimum": 0, "maximum": 2},
            "n": {"type": "integer"},
            "stream": {"type": "boolean"},
            "stop": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 4}]},
            "functions": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string", "required": True}}},
            },
            "bias": {
                "type": "object",
                "propertyNames": {"pattern": "^[0-9]+$"},
                "additionalProperties": {"type": "integer", "maximum": 100},
            },
            "closed": {"type": "object", "properties": {"only": {"type": "string"}}, "additionalProperties": False},
        },
        "definitions": {
            "message": {
                "type": "object",
                "properties": {
                    "role": {"type": "string", "enum": ["user", "assistant"], "required": True},
                    "content": {"type": "string", "required": True},
                },
            }
        },
    }
)


HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def pointers(body: Any) -> list[str]:
    return [fault.pointer for fault in CHAT.fit(body)[1]]


NAMES = st.sampled_from(["messages", "role", "content", "functions", "closed", "only", "other"])


NAMED = st.recursive(
    st.none() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int, leaf: Any, holder: str) -> Any:
    return reduce(
        lambda inner, _: {"properties": {"a": inner}} if holder == "properties" else {holder: inner},
        range(levels),
        leaf,
    )


def in_turn(wrap: Callable[[Any], Any], levels: int, leaf: Any = 1) -> Any:
    return reduce(lambda inner, _: wrap(inner), range(levels), leaf)


def objects(levels: int) -> Any:
    return in_turn(lambda inner: {"a": inner}, levels)


def lists(levels: int) -> Any:
    return in_turn(lambda inner: [inner], levels)


def member(rule: Any) -> Any:
    return {"type": "object", "properties": {"a": rule}, "required": ["b"]}


TWICE = [{"$ref": "#"}, {"$ref": "#"}]


def settle(schema: Any, value: Any) -> tuple[bool, list[str], float]:
    """Return whether the value fits, what is wrong with it, and the time that this took."""
    before = time.thread_time()
    made = Schema(schema)
    _, faults = made.fit(value)
    made.find_unknown(value)
    made.find_undeclared(value)
    Schema.for_mapper(made.standard)
    return not faults, [str(fault) for fault in faults], time.thread_time() - before
