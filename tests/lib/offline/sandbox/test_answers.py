"""What the sandbox answers: the API's shape, the same each time, and no claim to be a model."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator as Slow

from lib.offline.sandbox.generate import generate
from lib.offline.sandbox.pattern import text_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from jsonschema_rs import Draft202012Validator

    from lib.offline.sandbox import Sandbox

    Ask = Callable[..., requests.Response]
    Golden = Callable[[str], Draft202012Validator]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time"}}
NOTE = {"type": "custom", "custom": {"name": "note"}}
NAMED = {"type": "function", "function": {"name": "get_weather"}}


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def test_equal_requests_get_equal_bytes(ask: Ask) -> None:
    assert ask().content == ask().content
    assert ask(seed=1).json()["id"] != ask(seed=2).json()["id"]


def test_an_answer_has_the_apis_shape(ask: Ask, golden: Golden) -> None:
    response = ask()
    assert response.headers["Content-Type"] == "application/json"
    assert golden("response").is_valid(response.json())


def test_the_answer_says_that_it_is_not_a_models(ask: Ask, sandbox: Sandbox) -> None:
    answer = ask().json()
    assert "not a model" in answer["choices"][0]["message"]["content"]
    assert "not_a_model" in answer["system_fingerprint"]
    assert "not a model" in ask().headers["x-sandbox"]
    assert "not a model" in sandbox.notice


def test_the_answer_shows_what_was_asked_and_told(ask: Ask) -> None:
    messages = [{"role": "developer", "content": "Be brief."}, *user("Why is the sky blue?")]
    text = ask(messages=messages).json()["choices"][0]["message"]["content"]
    assert "Why is the sky blue?" in text
    assert "Be brief." in text


def test_parts_that_are_not_text_are_mentioned(ask: Ask) -> None:
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "https://x.example/a"}},
    ]
    text = ask(messages=[{"role": "user", "content": parts}]).json()["choices"][0]["message"]["content"]
    assert "What is it? [image]" in text


def test_the_model_is_named_by_its_dated_id(ask: Ask) -> None:
    assert re.fullmatch(r"gpt-sandbox-2-\d{4}-\d\d-\d\d", ask().json()["model"])


def test_n_choices_come_and_all_are_counted(ask: Ask) -> None:
    one, three = ask().json(), ask(n=3).json()
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in three["choices"]}) == 3
    assert three["usage"]["completion_tokens"] > 2 * one["usage"]["completion_tokens"]
    assert three["usage"]["prompt_tokens"] == one["usage"]["prompt_tokens"]


def test_usage_adds_up_and_grows_with_the_prompt(ask: Ask) -> None:
    short, long = ask().json()["usage"], ask(messages=user("word " * 100)).json()["usage"]
    assert short["total_tokens"] == short["prompt_tokens"] + short["completion_tokens"]
    assert long["prompt_tokens"] > short["prompt_tokens"] + 100


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_token_cap_is_kept_and_said(ask: Ask, field: str) -> None:
    answer = ask(**{field: 3}).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("stop", ["asked", ["nothing", "asked"]])
def test_a_stop_text_ends_the_answer_before_it(ask: Ask, stop: Any) -> None:
    choice = ask(stop=stop).json()["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"].endswith("You ")


def test_logprobs_spell_the_answer(ask: Ask) -> None:
    choice = ask(logprobs=True, top_logprobs=2).json()["choices"][0]
    content = choice["logprobs"]["content"]
    assert "".join(item["token"] for item in content) == choice["message"]["content"]
    assert b"".join(bytes(item["bytes"]) for item in content).decode() == choice["message"]["content"]
    assert {len(item["top_logprobs"]) for item in content} == {2}


def test_json_object_gives_an_object(ask: Ask) -> None:
    answer = ask(messages=user("as json"), response_format={"type": "json_object"}).json()
    assert json.loads(answer["choices"][0]["message"]["content"])["sandbox"] is True


def test_metadata_and_tier_are_echoed(ask: Ask) -> None:
    answer = ask(metadata={"a": "b"}, service_tier="fast").json()
    assert (answer["metadata"], answer["service_tier"]) == ({"a": "b"}, "priority")


# --- tools -----------------------------------------------------------------------------------------------------------


def test_a_required_tool_is_called_with_arguments_that_fit(ask: Ask, golden: Golden) -> None:
    response = ask(tools=[WEATHER, TIME], tool_choice="required").json()
    choice = response["choices"][0]
    (call,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"], call["function"]["name"]) == (
        "tool_calls",
        None,
        "get_weather",
    )
    parameters: Any = WEATHER["function"]
    Slow(parameters["parameters"]).validate(json.loads(call["function"]["arguments"]))
    assert golden("response").is_valid(response)


def test_a_named_tool_is_called_and_the_finish_reason_is_stop_as_the_api_has_it(ask: Ask) -> None:
    choice = ask(tools=[TIME, WEATHER], tool_choice=NAMED).json()["choices"][0]
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "get_weather"
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("text", "fields", "called"),
    [
        ("Hello", {}, []),
        ("Please get weather", {}, ["get_weather"]),
        ("get_time, then get_weather", {}, ["get_weather", "get_time"]),
        ("get_time, then get_weather", {"parallel_tool_calls": False}, ["get_weather"]),
        ("get_time", {"tool_choice": "none"}, []),
        ("get_time", {"tool_choice": "required"}, ["get_time"]),
        ("forget_weather", {}, []),
        ("note this", {}, ["note"]),
        (
            "Hello",
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}},
            ["get_weather"],
        ),
        (
            "get_time",
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}},
            [],
        ),
    ],
)
def test_a_tool_is_called_when_it_must_be_or_the_question_mentions_it(
    ask: Ask, text: str, fields: dict[str, Any], called: list[str]
) -> None:
    message = ask(messages=user(text), tools=[WEATHER, TIME, NOTE], **fields).json()["choices"][0]["message"]
    assert [call[call["type"]]["name"] for call in message.get("tool_calls", [])] == called


def test_a_tools_result_is_quoted(ask: Ask) -> None:
    first = ask(messages=user("get_weather"), tools=[WEATHER]).json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "12 degrees"}
    said = {key: value for key, value in first.items() if key != "annotations"}
    answer = ask(messages=[*user("get_weather"), said, result], tools=[WEATHER], tool_choice="required").json()
    assert "12 degrees" in answer["choices"][0]["message"]["content"]


def test_the_old_functions_work_as_they_did(ask: Ask, golden: Golden) -> None:
    response = ask(messages=user("get_weather"), functions=[WEATHER["function"]]).json()
    choice = response["choices"][0]
    assert (choice["finish_reason"], choice["message"]["function_call"]["name"]) == ("function_call", "get_weather")
    assert golden("response").is_valid(response)


# --- values for a schema ---------------------------------------------------------------------------------------------

TREE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#"}},
        "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["name", "children", "parent"],
    "additionalProperties": False,
}
SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"enum": ["b", "a"]},
    {"const": {"a": [1]}},
    {"type": ["null", "integer"]},
    {"type": "array", "items": {"type": "number"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "maxItems": 0},
    {"type": "string", "minLength": 20},
    {"type": "string", "maxLength": 2},
    {"type": "integer", "minimum": 5, "maximum": 9, "multipleOf": 4},
    {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 1.5},
    {"type": "integer", "maximum": -3},
    {"type": "string", "format": "date"},
    {"type": "string", "pattern": r"^[A-Z]{2}-\d{4}(?:/(?:x|y)+)?$"},
    {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}]},
    {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {}}, "required": ["a", "b"]}]},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}]}}},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    TREE,
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda value: str(value)[:50])
def test_a_value_is_found_for_the_schema(schema: dict[str, Any]) -> None:
    Slow(schema).validate(generate(schema))


def test_a_wanted_schema_is_answered_with_such_a_value(ask: Ask) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "tree", "strict": True, "schema": TREE}}
    answer = ask(response_format=wanted).json()
    Slow(TREE).validate(json.loads(answer["choices"][0]["message"]["content"]))


SIMPLE = st.sampled_from(
    [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"enum": [1, "x"]}, {"type": ["number", "null"]}]
)
NESTED = st.recursive(
    SIMPLE,
    lambda inner: (
        st.dictionaries(st.text(max_size=4), inner, max_size=3).map(
            lambda members: {
                "type": "object",
                "properties": members,
                "required": list(members),
                "additionalProperties": False,
            }
        )
        | inner.map(lambda items: {"type": "array", "items": items, "minItems": 2})
        | st.lists(inner, min_size=1, max_size=2).map(lambda choices: {"anyOf": choices})
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(schema=NESTED)
def test_any_nested_schema_gets_a_value_that_fits(schema: dict[str, Any]) -> None:
    Slow(schema).validate(generate(schema))


@pytest.mark.parametrize(
    "pattern",
    [r"^\d{4}-\d{2}-\d{2}$", r"^[^a-z\s]+@x\.example$", r"a|b", r"^(foo|bar)?[0-9a-f]{8}$", r"^\+?\d+$", r"[]x]"],
)
def test_a_text_is_found_for_the_pattern(pattern: str) -> None:
    assert re.search(pattern, text_for(pattern))


@settings(max_examples=200, deadline=None)
@given(pattern=st.text(alphabet="ab1\\[](){}^$.*+?|-,d", max_size=12))
def test_a_pattern_that_is_none_is_survived(pattern: str) -> None:
    assert isinstance(text_for(pattern), str)
