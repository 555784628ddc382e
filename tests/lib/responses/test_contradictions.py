"""Two fields that mean the same: fine if they agree, named before sending if they do not."""

from __future__ import annotations

from typing import Any

import pytest

from lib.responses.contradictions import find_contradictions
from lib.responses.places import chat_pointer
from lib.responses.request import write
from lib.responses.rules import find_dropped
from pysailor.errors import InvalidInput
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, emitted

SCHEMA = {"name": "order", "schema": {"type": "object"}}
JSON = {"type": "json_schema", "json_schema": SCHEMA}
FLAT = {"type": "json_schema", **SCHEMA}
TOOL = {"name": "f", "parameters": {"type": "object"}}
SEARCH = {"type": "web_search", "search_context_size": "low"}
PLACE = {"type": "approximate", "approximate": {"city": "Bonn"}}

DISAGREE: list[tuple[str, dict[str, Any]]] = [
    ("/text/format", {"response_format": JSON, "text": {"format": {"type": "json_object"}}}),
    ("/text/format", {"response_format": JSON, "text": {"format": {**FLAT, "strict": True}}}),
    ("/text/verbosity", {"verbosity": "low", "text": {"verbosity": "high"}}),
    ("/reasoning/effort", {"reasoning_effort": "low", "reasoning": {"effort": "high"}}),
    ("/max_output_tokens", {"max_completion_tokens": 100, "max_output_tokens": 200}),
    ("/max_output_tokens", {"max_tokens": 100, "max_output_tokens": 200}),
    ("/input", {"messages": HELLO["messages"], "input": "Hi"}),
    ("/tools/0/name", {"tools": [{"type": "function", "name": "g", "function": TOOL}]}),
    ("/tools/0/strict", {"tools": [{"type": "function", "strict": True, "function": {**TOOL, "strict": False}}]}),
    ("/tools/0", {"tools": [SEARCH], "web_search_options": {"search_context_size": "high"}}),
    ("/tool_choice/name", {"tool_choice": {"type": "function", "name": "g", "function": {"name": "f"}}}),
    ("/response_format/name", {"response_format": {**JSON, "name": "other"}}),
    ("/include", {"logprobs": False, "include": ["message.output_text.logprobs"]}),
]

AGREE: list[dict[str, Any]] = [
    {"response_format": JSON, "text": {"format": FLAT}},
    {"response_format": JSON, "text": {"format": {**FLAT, "strict": False}, "verbosity": "low"}},
    {"verbosity": "low", "text": {"verbosity": "low"}},
    {"reasoning_effort": "low", "reasoning": {"effort": "low", "summary": "auto"}},
    {"reasoning_effort": "low", "reasoning": {"effort": None}},
    {"max_completion_tokens": 100, "max_output_tokens": 100},
    {"messages": HELLO["messages"], "input": HELLO["messages"]},
    {"tools": [{"type": "function", **TOOL, "function": TOOL}]},
    {"tools": [{"type": "function", **TOOL}]},
    {"tools": [SEARCH], "web_search_options": {"search_context_size": "low"}},
    {"tool_choice": {"type": "function", "name": "f", "function": {"name": "f"}}},
    {"logprobs": True, "include": ["message.output_text.logprobs"]},
]


@pytest.mark.parametrize(("pointer", "body"), DISAGREE)
def test_two_fields_that_disagree_are_named(pointer: str, body: dict[str, Any]) -> None:
    (fault,) = find_contradictions(body)
    assert fault.pointer == pointer
    assert "keep one of the two" in fault.message


@pytest.mark.parametrize("body", AGREE)
def test_two_fields_that_agree_are_fine(body: dict[str, Any]) -> None:
    assert list(find_contradictions(body)) == []


def test_nothing_is_sent_of_a_request_that_contradicts_itself() -> None:
    body = {**HELLO, "reasoning_effort": "low", "reasoning": {"effort": "high"}}
    with FakeApi(), pytest.raises(InvalidInput, match="reasoning_effort says"):
        emitted(body, model="gpt-5.5")


def test_a_search_that_stands_there_twice_is_sent_once() -> None:
    body = {**HELLO, "tools": [SEARCH], "web_search_options": {"search_context_size": "low"}}
    assert write(body)["tools"] == [SEARCH]


@pytest.mark.parametrize("content", ["Be brief.", "Be long."])
def test_instructions_beside_a_system_message_are_told_unless_they_are_the_same(content: str) -> None:
    body = {"instructions": "Be brief.", "messages": [{"role": "system", "content": content}, *HELLO["messages"]]}
    assert any("both hold" in note for note in find_dropped(body)) is (content != "Be brief.")


@pytest.mark.parametrize(
    ("pointer", "body"),
    [("/text/format/name", {"text": {"format": FLAT}}), ("/max_output_tokens", {"max_output_tokens": 1})],
)
def test_what_was_written_in_the_words_of_responses_keeps_its_place(pointer: str, body: dict[str, Any]) -> None:
    assert chat_pointer(pointer, body) == pointer


@pytest.mark.parametrize("odd", [None, 5, "x", [], [5], {"type": 5}, {"type": ["function"]}])
@pytest.mark.parametrize(
    "name", ["text", "reasoning", "tools", "tool_choice", "response_format", "include", "messages", "input"]
)
def test_what_is_no_object_contradicts_nothing(name: str, odd: Any) -> None:
    other: dict[str, Any] = {
        "messages": [],
        "response_format": None,
        "reasoning_effort": "low",
        "web_search_options": {},
    }
    assert [fault.pointer for fault in find_contradictions({**other, name: odd})] == []
