"""Whatever schema a person brings, it is refused in a sentence, or a value is answered for at once."""

from __future__ import annotations

import json
import socket
import threading
import time
import tracemalloc
from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import BrokenComponent
from pysailor.metadata import Schema

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = 0.2
"""Seconds of the processor, for a schema and a value together."""

REFUSED_PATTERNS = [
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(?<!a)b",
    r"(a)\1",
    "(?P<n>a)(?P=n)",
    r"\k<n>",
    "(?>a+)b",
    "(?(1)a|b)",
    "(?#note)a",
    "^(?:(?:a{1,50}){1,50}){1,50}$",
    "a{1000000}",
    "(" * 500 + ")" * 500,
    "[",
    "(",
    "*",
    "\\",
]
SLOW_ELSEWHERE = [
    "^(a+)+$",
    r"^(\w+\s?)*$",
    "(a|aa)+$",
    "(.*a){25}!!",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    r"[\s\S]*x[\s\S]*y[\s\S]*z$",
    "(x+x+)+y",
    "^(a?){60}a{60}$",
    "^((((((((a*)*)*)*)*)*)*)*)b$",
    r"(\d{1,3}){1,3000}x",
    r"^\S+@\S+\.\S+$",
    r"^(\d+)*x$",
]


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


ITEMS = [{"id": number, "tags": [number]} for number in range(6000)]
CHAIN = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(40)}

WIDE_CHAIN = {
    f"d{level}": {"properties": {name: {"$ref": f"#/$defs/d{level + 1}"} for name in "ab"}} for level in range(40)
}


def member(rule: Any) -> Any:
    return {"type": "object", "properties": {"a": rule}, "required": ["b"]}


TWICE = [{"$ref": "#"}, {"$ref": "#"}]
ANSWERED: dict[str, tuple[Any, Any]] = {
    "allOf refers to the top twice": (member({"allOf": TWICE}), objects(40)),
    "anyOf refers to the top twice": (member({"anyOf": TWICE}), objects(40)),
    "oneOf refers to the top twice": (member({"oneOf": TWICE}), objects(40)),
    "if and then refer to the top": (
        member({"if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"}}),
        objects(40),
    ),
    "property and pattern refer to the top": (
        {**member({"$ref": "#"}), "patternProperties": {"^a": {"$ref": "#"}}},
        objects(40),
    ),
    "branches refer to the top": ({"anyOf": [member({"$ref": "#"}), member({"$ref": "#"})]}, objects(40)),
    "dynamic references, twice": (
        {"$dynamicAnchor": "node", **member({"allOf": [{"$dynamicRef": "#node"}, {"$dynamicRef": "#node"}]})},
        objects(40),
    ),
    "an anchor, twice": ({"$anchor": "top", **member({"allOf": [{"$ref": "#top"}, {"$ref": "#top"}]})}, objects(40)),
    "an id, twice": (
        {"$id": "urn:a:b", **member({"allOf": [{"$ref": "urn:a:b"}, {"$ref": "#"}]})},
        objects(40),
    ),
    "definitions double forty times": ({"$ref": "#/$defs/d0", "$defs": {**CHAIN, "d40": {"type": "string"}}}, 1),
    "members double forty times": (
        {"$ref": "#/$defs/d0", "$defs": {**WIDE_CHAIN, "d40": {"type": "string"}}},
        {"a": {"b": {"a": 1}}},
    ),
    "a reference to itself": ({"$ref": "#"}, 1),
    "references in a circle": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        1,
    ),
    "one recursion, deep value": (member({"$ref": "#"}), objects(900)),
    "one dynamic recursion, deep value": ({"$dynamicAnchor": "n", **member({"$dynamicRef": "#n"})}, objects(500)),
    "recursion through items": ({"type": "array", "items": {"$ref": "#"}}, lists(900)),
    "a hundred levels": (nested(100, {"type": "string"}, "items"), lists(100)),
    "a list of objects without a double": ({"uniqueItems": True}, [*ITEMS, ITEMS[0]]),
    "long lists, deep, each different": ({"uniqueItems": True}, [lists(900), lists(900)]),
    "a deep list and a wrong type": ({"uniqueItems": True, "type": "string"}, [lists(3000)]),
    "many unevaluated members": (
        {"properties": {"a": {}}, "unevaluatedProperties": False},
        dict.fromkeys(map(str, range(6000))),
    ),
    "unevaluated members of many parts": (
        {"allOf": [{"properties": {f"p{number}": {}}} for number in range(300)], "unevaluatedProperties": False},
        dict.fromkeys(map(str, range(2000))),
    ),
    "many unevaluated items": ({"prefixItems": [{}], "unevaluatedItems": False}, [1] * 5000),
    "a long enumeration": ({"enum": [f"value {number}" for number in range(20_000)]}, "valu"),
    "a long enumeration, asked often": (
        {"items": {"enum": [f"value {number}" for number in range(3000)]}},
        [f"x{number}" for number in range(2000)],
    ),
    "an enumeration of objects": ({"enum": [{"a": [number]} for number in range(5000)]}, {"a": [-1]}),
    "many alternatives, asked often": (
        {"items": {"oneOf": [{"type": "object", "required": [f"k{number}"]} for number in range(300)]}},
        [{"a": 1}] * 500,
    ),
    "each member needs another": (
        {"dependentRequired": {f"k{number}": ["x"] for number in range(3000)}},
        {f"k{number}": 1 for number in range(3000)},
    ),
    "much is required": ({"required": [f"k{number}" for number in range(20_000)]}, {}),
    "names that match nothing": (
        {"propertyNames": {"pattern": "^(a+)+$"}},
        {"a" * 40 + f"b{number}": 1 for number in range(2000)},
    ),
    "lists in lists in lists": ({"contains": {"contains": {"contains": {"const": 9}}}}, [[[0] * 20] * 20] * 20),
    "a huge constant": ({"const": [0] * 20_000}, [0] * 19_999),
    "a text of ten million digits": ({"type": "integer"}, "9" * 10_000_000),
    "text with a lone surrogate": ({"pattern": "^a$"}, "\ud800"),
    "a name with a lone surrogate": ({"additionalProperties": False}, {"\ud800": 1}),
    "not a number": ({"type": "integer"}, float("nan")),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "five hundred levels": (nested(500, {}, "items"), "deeper than 150 levels"),
    "five thousand levels": (nested(5000, {}, "properties"), "deeper than 150 levels"),
    "five hundred parts of one": (in_turn(lambda inner: {"allOf": [inner]}, 500), "deeper than 150 levels"),
    "each part three times": (
        in_turn(lambda inner: {"if": inner, "then": inner, "else": inner}, 14, {"type": "string"}),
        "more than 200000 parts",
    ),
    "a reference to nothing": ({"$ref": "#/$defs/a"}, 'refers to "#/$defs/a", which is not in it'),
    "a file": ({"$ref": "file:///etc/passwd"}, "which is not in it"),
    "a wrong type": ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type: "),
    "a negative length": ({"maxLength": -1}, "/maxLength: -1 is less than the minimum of 0"),
}


def settle(schema: Any, value: Any) -> tuple[bool, list[str], float]:
    """Return whether the value fits, what is wrong with it, and the time that this took."""
    before = time.thread_time()
    made = Schema(schema)
    _, faults = made.fit(value)
    made.find_unknown(value)
    made.find_undeclared(value)
    Schema.for_mapper(made.standard)
    return not faults, [str(fault) for fault in faults], time.thread_time() - before


@pytest.mark.parametrize("name", ANSWERED)
def test_every_value_is_answered_for_at_once(name: str) -> None:
    settle({"type": "string"}, 1)  # what is loaded once is not measured
    _, faults, seconds = settle(*ANSWERED[name])
    assert seconds < PROMPT
    assert len(faults) <= 101
    assert sum(map(len, faults)) < 200_000


@pytest.mark.parametrize("pattern", SLOW_ELSEWHERE)
def test_patterns_take_time_in_proportion_to_the_text(pattern: str) -> None:
    settle({"type": "string"}, 1)
    fits, faults, seconds = settle(
        {"properties": {"a": {"pattern": pattern}}, "additionalProperties": False}, {"a": "a" * 5000 + " !", "b": 1}
    )
    assert not fits
    assert faults
    assert seconds < PROMPT


@pytest.mark.parametrize("pattern", REFUSED_PATTERNS)
def test_a_pattern_that_cannot_be_linear_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(BrokenComponent, match=r"/properties/a/pattern: .* linear time") as refused:
        Schema({"properties": {"a": {"pattern": pattern}}})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_without_bounds_is_refused_in_a_sentence(name: str) -> None:
    schema, sentence = REFUSED[name]
    before = time.thread_time()
    with pytest.raises(BrokenComponent) as refused:
        Schema(schema)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert time.thread_time() - before < PROMPT


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "ADDRESS"},
        {"$dynamicRef": "ADDRESS#a"},
        {"$id": "ADDRESS", "properties": {"a": {"$ref": "other"}}},
        {"properties": {"a": {"$id": "ADDRESS", "$ref": "other.json#/x"}}},
        {"$schema": "ADDRESS", "type": "string"},
    ],
)
def test_nothing_is_fetched(schema: Any) -> None:
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"

        def listen() -> None:
            try:
                connection, peer = server.accept()
                connection.close()
                calls.append(peer)
            except OSError:
                return

        listening = threading.Thread(target=listen)
        listening.start()
        with suppress(BrokenComponent):
            Schema(json.loads(json.dumps(schema).replace("ADDRESS", address))).fit({"a": 1})
        with socket.create_connection(server.getsockname()):
            listening.join()
    assert len(calls) == 1  # our own


def test_a_recursive_schema_accepts_what_is_not_deep() -> None:
    tree = member({"allOf": TWICE})
    assert not Schema(tree).fit(in_turn(lambda inner: {"a": inner, "b": 1}, 12, {"b": 1}))[1]


def test_what_is_nested_too_deep_for_its_schema_is_told_in_a_sentence() -> None:
    (fault,) = Schema(member({"allOf": TWICE})).fit(objects(40))[1]
    assert "nested too deep or too large for this schema" in fault.message


@pytest.mark.parametrize("rule", [{"type": "object"}, {"type": "array"}])
def test_a_body_with_100_000_wrong_items_takes_memory_in_proportion(rule: Any) -> None:
    schema = Schema({"properties": {"items": {"type": "array", "items": {"anyOf": [rule, {"const": 1}, rule]}}}})
    body = {"items": ["wrong"] * 100_000}
    settle({"type": "string"}, 1)
    tracemalloc.start()
    try:
        _, faults = schema.fit(body)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(faults) == 101
    assert most < 15 * len(json.dumps(body))


def test_nulls_of_a_large_body_are_left_out_only_where_they_are_refused() -> None:
    row = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": ["string", "null"]}, "c": {}}}
    rows: list[dict[str, Any]] = [{"a": None, "b": None, "c": None, "d": None}, {"a": "1", "b": "2"}] * 4000
    mended, faults = Schema({"type": "array", "items": row}).fit(rows)
    assert faults == []
    assert mended[:2] == [{"b": None, "c": None, "d": None}, {"a": 1, "b": "2"}]
    assert rows[0]["a"] is None


def test_numbers_that_came_as_text_cost_little_more_than_numbers() -> None:
    message = {"type": "object", "properties": {"content": {"anyOf": [{"type": "string"}, {"type": "array"}]}}}
    schema = Schema(
        {"properties": {"temperature": {"type": "number"}, "messages": {"type": "array", "items": message}}}
    )
    body = {"messages": [{"content": "x"}] * 100}

    def fastest(temperature: Any) -> float:
        asked = {**body, "temperature": temperature}
        times = []
        for _ in range(50):
            before = time.perf_counter()
            assert not schema.fit(asked)[1]
            times.append(time.perf_counter() - before)
        return min(times)

    assert fastest("0.7") < 25 * fastest(0.7)
