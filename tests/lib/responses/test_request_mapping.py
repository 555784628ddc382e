"""A chat request over Responses, line by line as the reference maps it; what is sent is what the service takes."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from lib.responses.request import write
from tests.support.request_schemas import responses

TAKEN = jsonschema_rs.validator_for(responses("request.closed.json"))
USER = {"role": "user", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief"}
DEVELOPER = {"role": "developer", "content": "Be brief"}
PICTURE = "https://e.org/a.png"
WEATHER = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
CUSTOM = {"id": "call_2", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
GRAMMAR = {"syntax": "lark", "definition": 'start: "a"'}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
PLACE = {"type": "approximate", "city": "Oslo", "country": "NO"}


def sent(**members: Any) -> dict[str, Any]:
    return write({"model": "m", "messages": [USER], **members})


def says(part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [part]}


MESSAGES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "a system message stays an item": (
        {"role": "system", "content": "Be brief"},
        [{"role": "system", "content": "Be brief"}],
    ),
    "a developer message keeps its role": (
        {"role": "developer", "content": "x"},
        [{"role": "developer", "content": "x"}],
    ),
    "text parts": (
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}],
    ),
    "a picture's address is text": (
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}}],
        },
        [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE, "detail": "low"}]}],
    ),
    "a file is flat": (
        {"role": "user", "content": [{"type": "file", "file": {"file_data": "data:,a", "filename": "a.pdf"}}]},
        [{"role": "user", "content": [{"type": "input_file", "file_data": "data:,a", "filename": "a.pdf"}]}],
    ),
    "a mark for the cache stays": (
        {"role": "user", "content": [{"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}]},
        [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}],
            }
        ],
    ),
    "a speaker's name is dropped": (
        {"role": "user", "name": "Ann", "content": "a"},
        [{"role": "user", "content": "a"}],
    ),
    "an answer": (
        {"role": "assistant", "content": "Yes"},
        [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Yes", "annotations": []}],
            }
        ],
    ),
    "a refusal": (
        {"role": "assistant", "content": None, "refusal": "No."},
        [{"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}],
    ),
    "a call": (
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        [{"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}],
    ),
    "words before calls, of both kinds": (
        {"role": "assistant", "content": "Wait", "tool_calls": [CALL, CUSTOM]},
        [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Wait", "annotations": []}],
            },
            {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "sql", "input": "SELECT 1"},
        ],
    ),
    "a tool's result": (
        {"role": "tool", "tool_call_id": "call_1", "content": "warm"},
        [{"type": "function_call_output", "call_id": "call_1", "output": "warm"}],
    ),
    "a tool's result in parts": (
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "warm"}]},
        [{"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "warm"}]}],
    ),
}
FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the cap": ({"max_completion_tokens": 100}, {"max_output_tokens": 100}),
    "the older cap": ({"max_tokens": 100}, {"max_output_tokens": 100}),
    "a cap that is too low": ({"max_tokens": 5}, {"max_output_tokens": 16}),
    "what has the same name": (
        {"temperature": 0.5, "top_p": 1, "metadata": {"a": "b"}, "service_tier": "flex", "prompt_cache_key": "k"},
        {"temperature": 0.5, "top_p": 1, "metadata": {"a": "b"}, "service_tier": "flex", "prompt_cache_key": "k"},
    ),
    "the effort": ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
    "the effort beside more about reasoning": (
        {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
        {"reasoning": {"effort": "low", "summary": "auto"}},
    ),
    "verbosity": ({"verbosity": "high"}, {"text": {"verbosity": "high"}}),
    "a JSON object": ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
    "a schema is flat, and not strict unless asked": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": False}}},
    ),
    "a strict schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
    ),
    "a function is flat, and not strict unless asked": (
        {"tools": [{"type": "function", "function": WEATHER}]},
        {"tools": [{"type": "function", **WEATHER, "strict": False}]},
    ),
    "a strict function": (
        {"tools": [{"type": "function", "function": {**WEATHER, "strict": True}}]},
        {"tools": [{"type": "function", **WEATHER, "strict": True}]},
    ),
    "a function without parameters": (
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {
            "tools": [
                {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}
            ]
        },
    ),
    "a custom tool with a grammar": (
        {"tools": [{"type": "custom", "custom": {"name": "g", "format": {"type": "grammar", "grammar": GRAMMAR}}}]},
        {"tools": [{"type": "custom", "name": "g", "format": {"type": "grammar", **GRAMMAR}}]},
    ),
    "a tool that runs at the service": (
        {"tools": [{"type": "web_search", "search_context_size": "low"}]},
        {"tools": [{"type": "web_search", "search_context_size": "low"}]},
    ),
    "search options become a tool": (
        {
            "web_search_options": {
                "search_context_size": "low",
                "user_location": {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}},
            }
        },
        {"tools": [{"type": "web_search", "search_context_size": "low", "user_location": PLACE}]},
    ),
    "a choice in a word": ({"tool_choice": "required"}, {"tool_choice": "required"}),
    "the choice of one tool": (
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": {"type": "function", "name": "f"}},
    ),
    "the choice of some tools": (
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            }
        },
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}},
    ),
    "log probabilities": (
        {"logprobs": True, "top_logprobs": 3},
        {"include": ["message.output_text.logprobs"], "top_logprobs": 3},
    ),
    "stream options": (
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
        {"stream": True, "stream_options": {"include_obfuscation": False}},
    ),
    "stream options that say nothing else": (
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True},
    ),
    "what was asked to be stored": ({"store": True}, {"store": True}),
    "what asks for nothing": (
        {
            "n": 1,
            "presence_penalty": 0,
            "frequency_penalty": 0,
            "logit_bias": {},
            "modalities": ["text"],
            "stop": [],
            "seed": 1,
            "logprobs": False,
        },
        {},
    ),
    "fields of Responses": (
        {"previous_response_id": "resp_1", "background": True, "truncation": "auto", "max_tool_calls": 2},
        {"previous_response_id": "resp_1", "background": True, "truncation": "auto", "max_tool_calls": 2},
    ),
}


@pytest.mark.parametrize(("message", "items"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_becomes_its_items(message: dict[str, Any], items: list[dict[str, Any]]) -> None:
    body = sent(messages=[message])
    assert body["input"] == items
    assert TAKEN.is_valid(body), [str(error) for error in TAKEN.iter_errors(body)]


@pytest.mark.parametrize(("given", "expected"), FIELDS.values(), ids=FIELDS)
def test_a_field_becomes_its_counterpart(given: dict[str, Any], expected: dict[str, Any]) -> None:
    body = sent(**given)
    assert body == {"model": "m", "input": [USER], "store": False, **expected}
    assert TAKEN.is_valid(body), [str(error) for error in TAKEN.iter_errors(body)]


def test_nothing_is_stored_unless_the_user_says_so() -> None:
    assert sent()["store"] is False


def test_the_result_of_a_custom_call_is_told_as_one() -> None:
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [CUSTOM, CALL]},
        {"role": "tool", "tool_call_id": "call_2", "content": "1"},
        {"role": "tool", "tool_call_id": "call_1", "content": "2"},
    ]
    assert [item["type"] for item in sent(messages=messages)["input"][2:]] == [
        "custom_tool_call_output",
        "function_call_output",
    ]


def test_what_nobody_knows_goes_as_it_is() -> None:
    assert sent(brand_new={"a": 1})["brand_new"] == {"a": 1}
