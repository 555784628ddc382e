"""What stands beside an answer, and the words that ask for a better one; no answer breaks them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.completions.answer import Outcome, parse_answer, repair_prompt, report
from pysailor import Fault

from ...support.answers import TOOLS, answer, asking, call, calling, choice


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


@pytest.mark.parametrize("text", ['<tool_call>\n{"name": "f"}\n</tool_call>', "[TOOL_CALLS] [{}]", "<function=f>{}"])
def test_a_tool_call_left_in_the_text_is_told(text: str) -> None:
    completion = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": text}}]}
    assert any("looks like a tool call" in warning for warning in report(completion, {"tools": [{}]})["warnings"])
    assert not report(completion, {}).get("warnings")
