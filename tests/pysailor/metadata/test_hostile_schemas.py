"""Whatever schema a person brings, it is refused in a sentence, or a value is answered for at once."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.errors import BrokenComponent
from pysailor.metadata import Schema
from pysailor.metadata.bounded import find_errors
from tests.support.schemas import TWICE, lists, member, nested, objects, settle

PROMPT = (
    20.0  # seconds of a slow machine whose memory is full of what other tests left; what has no bound takes minutes
)
"""Seconds of the processor, for a schema and a value together."""


"""Seconds of the processor, for a schema and a value together."""


ITEMS = [{"id": number, "tags": [number]} for number in range(6000)]
CHAIN = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(40)}

WIDE_CHAIN = {
    f"d{level}": {"properties": {name: {"$ref": f"#/$defs/d{level + 1}"} for name in "ab"}} for level in range(40)
}


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


@pytest.mark.parametrize("name", ANSWERED)
def test_every_value_is_answered_for_at_once(name: str) -> None:
    settle({"type": "string"}, 1)  # what is loaded once is not measured
    _, faults, seconds = settle(*ANSWERED[name])
    assert seconds < PROMPT
    assert len(faults) <= 101
    assert sum(map(len, faults)) < 200_000


CIRCLES: dict[str, Any] = {
    "a reference to itself": {"$ref": "#"},
    "two references": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "not": {"not": {"$ref": "#"}},
    "allOf": {"type": "object", "allOf": [{"$ref": "#"}]},
    "oneOf, below": {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"oneOf": [{"$ref": "#/$defs/a"}]}}},
    "if": {"if": {"$ref": "#"}},
    "else": {"if": False, "else": {"$ref": "#"}},
    "dependentSchemas": {"dependentSchemas": {"a": {"$ref": "#"}}},
    "an anchor": {"$anchor": "n", "not": {"$ref": "#n"}},
    "a dynamic anchor": {"$dynamicAnchor": "n", "not": {"$dynamicRef": "#n"}},
    "an id": {"$id": "http://x.example/y", "not": {"$ref": "y"}},
    "a name in percents": {"$ref": "#/$defs/a%20b", "$defs": {"a b": {"not": {"$ref": "#/$defs/a%20b"}}}},
    "a place that holds no schemas": {"$ref": "#/enum/0", "enum": [{"not": {"$ref": "#/enum/0"}}]},
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_schema_that_asks_itself_about_the_same_value_is_refused(name: str) -> None:
    with pytest.raises(BrokenComponent, match="refers back to itself at the same place"):
        Schema(CIRCLES[name])


def test_a_stack_that_ends_in_any_package_is_an_explanation_that_ends_early() -> None:
    def deeper(levels: int) -> bool:
        return deeper(levels - 1) if levels else find_errors({"not": {"$ref": "#"}}, {})[1]

    assert all(deeper(levels) for levels in range(40))


def test_text_that_is_not_unicode_is_told_in_plain_words() -> None:
    with pytest.raises(BrokenComponent, match="half characters"):
        Schema({"properties": {"\ud800": {}}})
