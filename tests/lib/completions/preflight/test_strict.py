"""Strict is set only on schemas that the service takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.completions import prompt as prompts
from lib.completions.preflight import check, is_strict
from tests.support.preflight import HELLO, MODELS, closed, enum, nested, strict


def test_a_schema_hundreds_of_levels_deep_is_told_and_survived() -> None:
    body = {"model": "x", "messages": [HELLO], **strict(nested(300))}
    assert "strict_depth" in {one.rule for one in check(body, family=None, public_api=True)}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (closed({"a": {"type": "string"}}), True),
        (closed({"a": closed({"b": {"type": ["string", "null"]}})}), True),
        ({"type": "object"}, False),
        (closed({"a": {"type": "object"}}), False),
        (closed({"a": {"allOf": [{"type": "string"}]}}), False),
        ({**closed({"a": {}}), "anyOf": [{"required": ["a"]}]}, False),
        (closed({"a": {"type": "string", "minLength": 2}}), False),
    ],
)
def test_a_schema_is_strict_if_no_rule_has_anything_against_it(schema: dict[str, Any], *, expected: bool) -> None:
    assert is_strict(schema) is expected


def test_what_a_fine_tuned_model_does_not_take_is_not_strict_for_it() -> None:
    schema = closed({"a": {"type": "string", "pattern": "x"}})
    assert [is_strict(schema, MODELS.find(model)) for model in ("gpt-4o", "ft:gpt-4o:acme::1")] == [True, False]


@pytest.mark.parametrize(("schema", "expected"), [("name, age int", True), ('{"type": "object"}', False)])
def test_ask_says_strict_only_of_a_schema_that_is(schema: str, *, expected: bool) -> None:
    asked = prompts.build({"prompt": "x"}, {"answerAs": "schema", "schema": schema}, None)
    assert asked.options["response_format"]["json_schema"].get("strict", False) is expected


REF = {"$defs": {"b": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        closed({"a": {"$ref": "#/$defs/b", "description": "x"}}, **REF),
        closed({"a": {"$ref": "#/$defs/b", "title": "x"}}, **REF),
        *(closed({"a": {"type": "string", "format": name}}) for name in ("uri", "json-pointer", "regex", "binary")),
        closed({"a": {"type": "string", "default": "x"}}),
        closed({"a": {"description": "x"}}),
        closed({"a": True}),
        closed({"a": {"type": "array"}}),
        closed({"a": {"type": "array", "items": True}}),
        closed({"a": {"type": "array", "items": {}}}),
        closed({"a": {"anyOf": [{"type": "string"}, {"minimum": 1}]}}),
        closed({"a": {"type": "object", "properties": {}}}),
        closed({"a": {"type": "object", "additionalProperties": {"type": "string"}}}),
        {**closed({"a": {"type": "string"}}), "required": ["a", "b"]},
        {**closed({"a": {"type": "string"}}), "required": []},
        {**closed({"a": {"type": "string"}}), "additionalProperties": True},
        {**closed({"a": {"type": "string"}}), "anyOf": [{"required": ["a"]}]},
        *(
            closed({"a": {"type": "string", **more}})
            for more in ({"examples": ["x"]}, {"nullable": True}, {"x-note": 1})
        ),
        closed({"a": {"oneOf": [{"type": "string"}]}}),
        closed({"a": {"enum": ["x", "y"]}}),
        nested(11),
        enum(1001),
        enum(251, 60),
        closed({f"property_{number}": {"type": "string"} for number in range(5001)}),
    ],
)
def test_ask_leaves_strict_out_for_what_the_service_would_refuse(schema: dict[str, Any]) -> None:
    asked = prompts.build({"prompt": "x"}, {"answerAs": "schema", "schema": json.dumps(schema)}, None)
    assert "strict" not in asked.options["response_format"]["json_schema"]


@pytest.mark.parametrize(
    "schema",
    [
        closed({"a": {"$ref": "#/$defs/b"}}, **REF),
        closed({"a": {"$ref": "#"}}),
        closed({"a": {"type": "string", "format": "date-time"}}),
        closed({"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}),
        closed({"a": {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 1}}),
        nested(9),
    ],
)
def test_ask_sets_strict_where_the_service_takes_it(schema: dict[str, Any]) -> None:
    asked = prompts.build({"prompt": "x"}, {"answerAs": "schema", "schema": json.dumps(schema)}, None)
    assert asked.options["response_format"]["json_schema"]["strict"] is True
