"""A tool call is parsed and checked; one that cannot be executed says why."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer import report

from ...support.answers import TOOLS, answer, call, calling


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
