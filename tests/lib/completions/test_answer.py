"""Answers are not trusted: how one ended, the value in it, and the tool calls in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.completions.answer import Outcome, parse_answer, repair_prompt, report
from lib.completions.answer.outcome import outcome
from lib.completions.answer.parsing import Why
from pysailor import Fault

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PING = {"type": "function", "function": {"name": "ping"}}
SQL = {"type": "custom", "custom": {"name": "sql"}}
TOOLS: dict[str, Any] = {"tools": [WEATHER, PING, SQL]}


def choice(content: Any = None, reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content, **message}}


def answer(content: Any = None, reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [choice(content, reason, **message)]}


def asking(schema: Any = PERSON) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


def call(arguments: Any = "{}", name: str = "ping", given: str | None = "call_a") -> dict[str, Any]:
    return {"id": given, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: Any, reason: str = "tool_calls", **message: Any) -> dict[str, Any]:
    return answer(None, reason, tool_calls=list(calls), **message)


# --- outcome -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (answer("Hello"), Outcome.COMPLETE),
        (answer("Hello", None), Outcome.COMPLETE),
        (answer("Hello", "something new"), Outcome.TRUNCATED),
        (answer([{"type": "text", "text": "Hello"}]), Outcome.COMPLETE),
        (answer(None, audio={"transcript": "Hello"}), Outcome.COMPLETE),
        (answer("Hel", "length"), Outcome.TRUNCATED),
        (answer("", "length", reasoning_content="Let me think"), Outcome.TRUNCATED),
        (answer(None, "length"), Outcome.TRUNCATED),
        (answer("Hel", "MAX_TOKENS"), Outcome.TRUNCATED),
        (answer("Hel", "error"), Outcome.TRUNCATED),
        (answer("Hel", "content_filter"), Outcome.FILTERED),
        (answer(None, refusal="I can't"), Outcome.REFUSED),
        (answer(None, "length", refusal="I can"), Outcome.REFUSED),
        (answer([{"type": "refusal", "refusal": "No"}]), Outcome.REFUSED),
        (calling(call()), Outcome.TOOL_CALLS),
        (calling(call(), reason="stop"), Outcome.TOOL_CALLS),
        (calling(call(), reason="length"), Outcome.TRUNCATED),
        (answer("Wait", "stop", tool_calls=[call()]), Outcome.TOOL_CALLS),
        (answer(None, "function_call", function_call={"name": "ping", "arguments": ""}), Outcome.TOOL_CALLS),
        (answer("Hello", tool_calls=None, refusal=""), Outcome.COMPLETE),
        (answer("", reasoning="Hm"), Outcome.EMPTY),
        (answer(" \n"), Outcome.EMPTY),
        (answer(None, "tool_calls", tool_calls=[]), Outcome.EMPTY),
        ({"choices": []}, Outcome.EMPTY),
        ({"choices": [None]}, Outcome.EMPTY),
        ({}, Outcome.EMPTY),
    ],
)
def test_an_answer_is_worth_what_it_holds(completion: dict[str, Any], expected: Outcome) -> None:
    assert outcome(completion) is expected


def test_every_choice_has_its_own_outcome() -> None:
    completion = {"choices": [choice("a"), choice("b", "length"), choice()]}
    assert [one["outcome"] for one in report(completion, {})["choices"]] == ["complete", "truncated", "empty"]
    assert outcome(completion) == "complete"


# --- parsed values -----------------------------------------------------------------------------------------------


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


# --- tool calls --------------------------------------------------------------------------------------------------


def only(completion: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    (found,) = report(completion, request)["tool_calls"]
    return dict(found)


def test_a_call_that_fits_has_no_error() -> None:
    assert only(calling(call('{"city": "Bonn"}', "get_weather")), TOOLS) == {
        "id": "call_a",
        "type": "function",
        "name": "get_weather",
        "arguments": {"city": "Bonn"},
        "arguments_raw": '{"city": "Bonn"}',
        "error": None,
    }


@pytest.mark.parametrize("arguments", ["", " ", None, "null", "{}", {}])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    assert only(calling(call(arguments)), TOOLS)["arguments"] == {}
    assert only(calling(call(arguments)), TOOLS)["error"] is None


def test_arguments_that_are_an_object_already_are_taken() -> None:
    found = only(calling(call({"city": "Köln"}, "get_weather")), TOOLS)
    assert (found["arguments"], found["arguments_raw"]) == ({"city": "Köln"}, '{"city": "Köln"}')


@pytest.mark.parametrize(
    ("arguments", "name", "value", "said"),
    [
        ('{"city": 5}', "get_weather", {"city": 5}, "/city: found 5, allowed: text"),
        ("", "get_weather", {}, "/city: is missing; it takes text"),
        ('{"city": "Bo', "get_weather", None, "is not JSON"),
        ('{"city": "a"}{"city": "b"}', "get_weather", None, "is not JSON: 2 values run together"),
        ("[1]", "ping", None, "must be an object"),
        (
            "{}",
            "multi_tool_use.parallel",
            {},
            "is not a function tool of this request; offered: get_weather, ping, sql",
        ),
        ("{}", "sql", {}, '"sql" is not a function tool'),
        ("{}", "", {}, "names no tool"),
    ],
)
def test_a_call_that_cannot_be_executed_says_why(arguments: str, name: str, value: Any, said: str) -> None:
    found = only(calling(call(arguments, name)), TOOLS)
    assert (found["arguments"], found["arguments_raw"]) == (value, arguments)
    assert said in found["error"]


@pytest.mark.parametrize("reason", ["length", "content_filter", "error"])
def test_a_call_in_a_cut_off_answer_has_an_error_whatever_it_holds(reason: str) -> None:
    found = only(calling(call("{}"), reason=reason), TOOLS)
    assert found["arguments"] is None
    assert "half of one" in found["error"]
    assert found["arguments_raw"] == "{}"


def test_a_custom_tool_gets_its_text_as_it_is() -> None:
    custom = {"id": "call_a", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    found = only(calling(custom), TOOLS)
    assert (found["type"], found["arguments"], found["error"]) == ("custom", "select 1", None)
    unknown = only(calling({**custom, "custom": {"name": "ping", "input": ""}}), TOOLS)
    assert "is not a custom tool" in unknown["error"]


def test_the_deprecated_function_call_is_a_call_without_an_id() -> None:
    request = {"functions": [{"name": "ping", "parameters": {"type": "object"}}]}
    found = only(answer(None, "function_call", function_call={"name": "ping", "arguments": '{"a": 1}'}), request)
    assert (found["id"], found["arguments"], found["error"]) == (None, {"a": 1}, None)


def test_parameters_that_are_no_schema_are_said_to_be_so() -> None:
    tool = {"type": "function", "function": {"name": "ping", "parameters": {"type": "nothing"}}}
    assert "are no JSON Schema" in only(calling(call()), {"tools": [tool]})["error"]


# --- the report and the repair -----------------------------------------------------------------------------------


def test_a_plain_answer_is_reported_by_its_outcome_alone() -> None:
    assert report(answer("Hello"), {}) == {"outcome": "complete"}


def test_a_report_holds_the_value_or_why_there_is_none() -> None:
    assert report(answer('{"name": "Ada", "age": 1}'), asking()) == {
        "outcome": "complete",
        "parsed": {"name": "Ada", "age": 1},
    }
    assert report(answer(None, refusal="No"), asking()) == {
        "outcome": "refused",
        "refusal": "No",
        "parse_error": {
            "reason": "refused",
            "faults": [{"pointer": "", "message": 'the model refused to answer: "No"'}],
        },
    }


def test_a_report_with_tool_calls_does_not_complain_of_missing_json() -> None:
    told = report(calling(call()), {**asking(), **TOOLS})
    assert told["outcome"] == "tool_calls"
    assert "parse_error" not in told
    assert [found["name"] for found in told["tool_calls"]] == ["ping"]


def test_several_choices_are_reported_one_by_one() -> None:
    told = report({"choices": [choice("a"), choice("b", "length")]}, {})
    assert told == {"outcome": "complete", "choices": [{"outcome": "complete"}, {"outcome": "truncated"}]}


def test_what_does_not_fit_is_told_of_each_choice_by_itself() -> None:
    fine, odd = '{"name": "Ada", "age": 1}', call("{bad", "nope")
    choices = [choice(fine), choice("nothing"), choice(None, "tool_calls", tool_calls=[call(), odd])]
    told = report({"choices": choices}, {**asking(), **TOOLS})["choices"]
    assert [one.get("parse_error", {}).get("reason") for one in told] == [None, "not_json", None]
    assert [bool(found["error"]) for found in told[2]["tool_calls"]] == [False, True]


def test_the_repair_names_each_pointer_after_the_answer_that_was_wrong() -> None:
    completion = answer('{"age": "old"}')
    found = parse_answer(completion, asking())
    assert found is not None
    said, asked = repair_prompt(found.faults, completion)
    assert said == {"role": "assistant", "content": '{"age": "old"}'}
    assert asked["role"] == "user"
    assert "- /age: found text" in asked["content"]
    assert "- /name: is missing" in asked["content"]


def test_the_repair_is_bounded_and_works_without_the_answer() -> None:
    (asked,) = repair_prompt([Fault(f"/{number}", "is wrong") for number in range(500)])
    assert "and 480 more" in asked["content"]
    assert "JSON" in asked["content"]


# --- whatever comes ----------------------------------------------------------------------------------------------

NAMES = (
    *("choices", "message", "finish_reason", "content", "refusal", "tool_calls", "function_call", "function", "custom"),
    *("id", "type", "name", "arguments", "input", "audio", "text", "x"),
)
WORDS = st.sampled_from(
    ["stop", "length", "content_filter", "custom", "function", "ping", "{}", '{"a":1}{}', "[", "\ud800"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)
CHOICES = st.builds(
    lambda message, reason, calls, content: {
        "choices": [{"finish_reason": reason, "message": {**message, "tool_calls": calls, "content": content}}]
    },
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
    JSON,
    JSON | st.lists(st.builds(call, JSON, WORDS), max_size=2),
    JSON | JSON.map(json.dumps),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    completion=CHOICES | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3),
    request_=st.sampled_from(
        [{}, TOOLS, asking(), {**asking(), **TOOLS}, {"response_format": {"type": "json_object"}}]
    ),
)
def test_no_answer_breaks_the_report(completion: dict[str, Any], request_: dict[str, Any]) -> None:
    told = report(completion, request_)
    json.dumps(told)
    assert told["outcome"] in list(Outcome)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(value=JSON, schema=JSON | st.dictionaries(st.sampled_from(["type", "enum", "items", "not", "$ref"]), JSON))
def test_no_schema_breaks_the_check(value: Any, schema: Any) -> None:
    found = parse_answer(answer(json.dumps(value)), asking(schema))
    assert found is not None
    assert found.fits or found.faults
