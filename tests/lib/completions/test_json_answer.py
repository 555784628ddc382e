"""JSON that was asked for is parsed and checked, or it is said why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer import parse_answer
from lib.completions.answer.parsing import Why
from lib.completions.answer.schema_check import find_faults

from ...support.answers import answer, asking, call, calling


def why(completion: dict[str, Any], request: dict[str, Any]) -> tuple[str | None, list[str]]:
    found = parse_answer(completion, request)
    assert found is not None
    return found.why, [str(fault) for fault in found.faults]


@pytest.mark.parametrize("request_", [{}, {"response_format": {"type": "text"}}, {"response_format": None}])
def test_text_is_not_parsed_where_text_was_asked_for(request_: dict[str, Any]) -> None:
    assert parse_answer(answer('{"a": 1}'), request_) is None


@pytest.mark.parametrize(
    "content", ['{"name": "Ada", "age": 36}', '```json\n{"name": "Ada", "age": 36}\n```', ' {"name":"Ada","age":36}\n']
)
def test_a_value_that_fits_is_given(content: str) -> None:
    found = parse_answer(answer(content), asking())
    assert found is not None
    assert found.fits
    assert found.value == {"name": "Ada", "age": 36}


def test_null_can_be_a_value() -> None:
    found = parse_answer(answer("null"), asking({"type": "null"}))
    assert found is not None
    assert found.fits
    assert found.to_json() == {"parsed": None}


@pytest.mark.parametrize(
    ("completion", "reason", "said"),
    [
        (answer(None, refusal="I can't"), Why.REFUSED, 'the model refused to answer: "I can\'t"'),
        (answer('{"name":', "length"), Why.TRUNCATED, "cut off"),
        (answer('{"name":', "content_filter"), Why.FILTERED, "filter"),
        (answer(""), Why.EMPTY, "no content"),
        (calling(call()), Why.TOOL_CALLS, "tools first"),
        ({}, Why.EMPTY, "no content"),
        (
            answer("Sure! Here it is"),
            Why.NOT_JSON,
            'is not JSON at line 1, column 1 (Expecting value), near "Sure! Here',
        ),
        (answer('{"name": "Ada",\n "age" 36}'), Why.NOT_JSON, "line 2, column 8"),
        (answer('{"name": "Ada"'), Why.NOT_JSON, "ends too early"),
        (answer('{"name": NaN}'), Why.NOT_JSON, "NaN"),
        (answer('{"age": 1e999}'), Why.NOT_JSON, "1e999 is too large"),
        (answer("[" * 100_000), Why.NOT_JSON, "nested too deep"),
        (answer("{} {}"), Why.NOT_JSON, "2 values run together, the second at character 4"),
        (answer("{} and"), Why.NOT_JSON, "Extra data"),
    ],
)
def test_why_there_is_no_value_is_said(completion: dict[str, Any], reason: Why, said: str) -> None:
    found = parse_answer(completion, asking())
    assert found is not None
    assert (found.why, found.value) == (reason, None)
    assert said in found.faults[0].message
    assert found.repairable is (reason == Why.NOT_JSON)


def test_what_does_not_fit_is_named_by_its_pointer() -> None:
    found = parse_answer(answer('{"age": "old", "x": 1}'), asking())
    assert found is not None
    assert (found.why, found.repairable) == (Why.DOES_NOT_FIT, True)
    assert {fault.pointer for fault in found.faults} == {"/name", "/age", "/x"}


def test_json_object_takes_an_object_and_nothing_else() -> None:
    request = {"response_format": {"type": "json_object"}}
    assert why(answer('{"any": 1}'), request) == (None, [])
    assert why(answer("[1]"), request)[0] == Why.DOES_NOT_FIT


def test_a_property_may_be_called_required() -> None:
    schema = {
        "type": "object",
        "properties": {"required": {"type": "boolean"}, "properties": {"type": "object", "required": ["required"]}},
        "required": ["required"],
    }
    assert why(answer('{"required": true}'), asking(schema)) == (None, [])
    assert why(answer('{"properties": {}}'), asking(schema)) == (
        Why.DOES_NOT_FIT,
        ["/required: is missing; it takes true or false", "/properties/required: is missing; it is needed here"],
    )


def test_a_schema_that_cannot_check_is_told_apart_from_a_bad_answer() -> None:
    for schema in ({"type": "text"}, {"$ref": "#/nowhere"}, {"$ref": "http://127.0.0.1:9/x"}, 7, "x", {"pattern": "("}):
        reason, faults = why(answer("{}"), asking(schema))
        assert reason == Why.BAD_SCHEMA
        assert faults[0].startswith("/response_format/json_schema/schema: the answer cannot be checked: ")


def test_a_schema_from_elsewhere_is_never_fetched() -> None:
    assert "is not fetched" in why(answer("{}"), asking({"$ref": "http://127.0.0.1:9/x"}))[1][0]


@pytest.mark.parametrize(
    ("schema", "content"),
    [
        ({"type": "string", "pattern": r"^\p{L}+$"}, '"1"'),
        (False, "1"),
        (False, '"\\ud800"'),
        ({"multipleOf": 0.3}, "1" + "0" * 400 + "1"),
        ({"$defs": {"a/b": {"type": "integer"}}, "$ref": "#/$defs/a~1b"}, '"x"'),
        (
            {"$ref": "#/$defs/n", "$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n"}}}},
            "[" * 300 + "1" + "]" * 300,
        ),
        ({"type": "integer"}, '"\\ud800"'),
        ({"pattern": r"\p{L}"}, '"\\ud800"'),
    ],
)
def test_what_only_one_validator_understands_is_still_explained(schema: Any, content: str) -> None:
    reason, faults = why(answer(content), asking(schema))
    assert reason == Why.DOES_NOT_FIT
    assert faults[0]


DATES = {"properties": {"due": {"type": ["string", "null"], "format": "date"}, "all": {"items": {"format": "date"}}}}


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({"due": "2026-12-31"}, []),
        ({"due": None, "all": ["2024-02-29", 5]}, []),
        ({"due": "31.12.2026"}, ["/due"]),
        ({"due": "2026-02-30", "all": ["2026-01-01", "soon"]}, ["/all/1", "/due"]),
    ],
)
def test_a_date_that_is_none_does_not_fit(value: Any, pointers: list[str]) -> None:
    assert sorted(fault.pointer for fault in find_faults(value, DATES)) == pointers


def test_other_formats_only_say_what_is_meant() -> None:
    schema = {"properties": {"at": {"format": "date-time"}, "day": {"format": "date"}, "x": {"format": "regex"}}}
    assert find_faults({"at": "2026-12-31 10:00", "day": "2026-12-31", "x": "("}, schema) == []
