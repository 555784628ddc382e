"""JSON is found within what models write around it, and what was left out is told; what is doubtful is not guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.completions.answer import report
from lib.completions.answer.extract import CONTROL_CHARACTERS, ENCODED_TWICE, FENCE, TEXT_AROUND, THOUGHTS, candidates

VALUE = {"capital": "Lisbon"}
TEXT = json.dumps(VALUE)
SCHEMA = {"type": "object", "properties": {"capital": {"type": "string"}}, "required": ["capital"]}
REQUESTS: list[dict[str, Any]] = [
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
]


def reported(content: str, request: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return report({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}, request)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        (TEXT, []),
        (f"\n {TEXT}\n", []),
        (f"<think>\nHm {{capital}}\n</think>\n\n{TEXT}", [THOUGHTS]),
        (f"<think></think>{TEXT}", [THOUGHTS]),
        (f"Hm, Lisbon.</think>{TEXT}", [THOUGHTS]),
        (f"<think>a</think><think>b</think>{TEXT}", [THOUGHTS]),
        (f'<thinking>{{"capital": "Porto"}}</thinking>{TEXT}', [THOUGHTS]),
        (f"<reasoning>Hm</reasoning>{TEXT}", [THOUGHTS]),
        (f"[THINK]Hm[/THINK]{TEXT}", [THOUGHTS]),
        (f"◁think▷Hm◁/think▷{TEXT}", [THOUGHTS]),
        (f"<|channel|>analysis<|message|>Hm<|end|><|channel|>final<|message|>{TEXT}", [THOUGHTS]),
        (f"<think>Hm</think>\n```json\n{TEXT}\n```", [THOUGHTS, FENCE]),
        (f"```json\n{TEXT}\n```", [FENCE]),
        (f"```\n{TEXT}\n```", [FENCE]),
        (f"```JSON\r\n{TEXT}\r\n```", [FENCE]),
        (f"~~~json\n{TEXT}\n~~~", [FENCE]),
        (f"```json {TEXT} ```", [FENCE]),
        (f"```json{TEXT}```", [FENCE]),
        (f"```json\n{TEXT}", [FENCE]),
        (f"```json\n```json\n{TEXT}\n```\n```", [FENCE]),
        (f"````markdown\n```json\n{TEXT}\n```\n````", [FENCE]),
        (f"Here it is:\n```json\n{TEXT}\n```", [FENCE, TEXT_AROUND]),
        (f"Here it is:\n```json\n{TEXT}\n```\nAnything else?", [FENCE, TEXT_AROUND]),
        (f"Sure! {TEXT}", [TEXT_AROUND]),
        (f"{TEXT} Anything else?", [TEXT_AROUND]),
        (f"json\n{TEXT}", [TEXT_AROUND]),
        (f"In {{this}} place [1]: {TEXT}", [TEXT_AROUND]),
        (f"\ufeff{TEXT}", []),
        ('{"capital": "Lisbon"\n}', []),
    ],
)
def test_the_json_in_an_answer_is_found(content: str, warnings: list[str], request_: dict[str, Any]) -> None:
    found = reported(content, request_)
    assert found.get("parsed") == VALUE, found
    assert found.get("warnings", []) == warnings


def test_a_line_end_within_a_text_is_kept_and_told() -> None:
    found = reported('{"capital": "Lis\nbon\t"}', REQUESTS[1])
    assert found["parsed"] == {"capital": "Lis\nbon\t"}
    assert found["warnings"] == [CONTROL_CHARACTERS]


@pytest.mark.parametrize(
    "content",
    [
        "Lisbon",
        '{"capital": "Lisbon", "more": {"capital": "Porto"}, "broken',
        '{"capital": "Lisbon" "x": {"capital": "Porto"}}',
        'Either {"capital": "Lisbon"} or {"capital": "Porto"}.',
        '{"capital": "Lisbon"}{"capital": "Porto"}',
        '{"capital": NaN}',
        "<think>Lisbon",
        "{" * 5000,
        '[{"a":' * 5000,
        "```json\n```",
        "[1]",
    ],
)
def test_what_is_doubtful_is_not_guessed(content: str) -> None:
    for request in REQUESTS:
        found = reported(content, request)
        assert "parsed" not in found
        assert found["parse_error"]["reason"] in ("not_json", "does_not_fit")


def test_of_several_fenced_values_the_last_that_fits_is_taken() -> None:
    content = f'An example:\n```json\n{{"capital": 1}}\n```\nThe answer:\n```json\n{TEXT}\n```'
    assert reported(content, REQUESTS[1])["parsed"] == VALUE


def test_a_fenced_value_that_does_not_fit_is_told_with_its_place() -> None:
    found = reported('```json\n{"capital": 1}\n```', REQUESTS[1])
    assert found["parse_error"]["faults"][0]["pointer"] == "/capital"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(value=st.dictionaries(st.text(max_size=3), values, max_size=3), indent=st.none() | st.integers(0, 2))
def test_any_object_is_found_behind_thoughts_and_fences(value: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for content in (text, f"<think>Hm</think>{text}", f"```json\n{text}\n```", f"Here:\n```\n{text}\n```\n"):
        assert reported(content, REQUESTS[0])["parsed"] == value


def test_json_that_was_encoded_twice_is_found() -> None:
    assert ('{"a": 1}', (ENCODED_TWICE,)) in list(candidates(json.dumps('{"a": 1}')))


def test_an_object_that_was_encoded_twice_fits_where_an_object_is_asked_for() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    request = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": json.dumps('{"a": 1}')}}
    found = report({"choices": [choice]}, request)
    assert (found["parsed"], ENCODED_TWICE in found["warnings"]) == ({"a": 1}, True)
