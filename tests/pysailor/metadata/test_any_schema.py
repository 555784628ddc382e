"""Any schema is refused in a line or answers for any value: the two validators agree, and nothing else is raised."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysailor import BrokenComponent
from pysailor.metadata import Schema

NAMES = st.sampled_from(["a", "b", "", "1", "~/"])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["1", "true", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPE = st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "null"])
REFERENCE = st.sampled_from(
    [
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/properties/a",
        "#x",
        "#/$defs/a%2F",
        "http://127.0.0.1:1/y",
        "#/allOf/0",
        "urn:q",
    ]
)


def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several, one = st.lists(inner, min_size=1, max_size=2), inner
    named = st.dictionaries(st.sampled_from(["a", "b", "required", "$ref"]), inner, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems"], several),
        **dict.fromkeys(["items", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems"], one),
        **dict.fromkeys(["properties", "dependentSchemas"], named),
        "type": TYPE | st.lists(TYPE, min_size=1, max_size=3, unique=True),
        "$ref": REFERENCE,
        "$dynamicRef": st.just("#x"),
        "$anchor": st.just("x"),
        "$id": st.sampled_from(["urn:q", "other"]),
        "$defs": st.fixed_dictionaries({"a": inner, "b": inner}),
        "required": st.booleans() | st.lists(st.sampled_from("ab"), unique=True),
        "enum": st.lists(VALUE, min_size=1, max_size=3),
        "const": VALUE,
        "minimum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 0.1, 1e-300, 1e300]),
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["^a", "(a+)+$", "(?=a)", "["]),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "."]), inner, max_size=2),
        "additionalProperties": inner,
        "unevaluatedProperties": st.just(value=False),
        "dependentRequired": st.just({"a": ["b"]}),
        "title": VALUE,
    }
    return st.fixed_dictionaries({}, optional=keywords)


LEAF = st.booleans() | st.fixed_dictionaries({}, optional={"type": TYPE, "$ref": REFERENCE})
SCHEMA = st.recursive(LEAF, around, max_leaves=8).filter(lambda schema: isinstance(schema, dict))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCHEMA, VALUE, st.booleans())
def test_any_schema_is_refused_in_a_line_or_answers_for_any_value(schema: Any, value: Any, is_tolerant: bool) -> None:
    try:
        made = Schema(schema, is_tolerant=is_tolerant)
    except BrokenComponent as error:
        refusal = str(error)
        assert "\n" not in refusal
        return
    fitted, faults = made.fit(value)
    assert made.accepts(fitted) is (faults == [])
    assert all("\n" not in fault.message and len(fault.message) < 2000 for fault in faults)
    made.find_unknown(value)
    made.find_undeclared(value)
    Schema.for_mapper(made.standard)
