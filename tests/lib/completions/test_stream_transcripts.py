"""Bytes cut anywhere become the completion that the answer would be without streaming."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors.api_error import ApiError

from ...support.streams import TRANSCRIPTS, bytes_of, cut, event, expected_of, read, told, words


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_becomes_what_it_should(name: str) -> None:
    expected = expected_of(name)
    stream, shown, result = read([bytes_of(name)])
    if "completion" in expected:
        assert isinstance(result, dict)
        assert result == expected["completion"]
        assert words(shown) == expected.get("text", words(shown))
        unexplained = [choice for choice in result["choices"] if choice["finish_reason"] is None]
        assert bool(unexplained) == bool(expected.get("warnings"))
    else:
        error = told(result) | {"text": getattr(result, "text", ""), "characters": getattr(result, "characters", None)}
        assert {key: error[key] for key in expected["error"]} == expected["error"]
        texts = [choice["message"]["content"] for choice in stream.partial()["choices"]]
        assert next(iter(texts), None) == expected["partial"]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_byte_by_byte_gives_the_same(name: str) -> None:
    data = bytes_of(name)
    _, shown, result = read([data[place : place + 1] for place in range(len(data))])
    _, shown_at_once, result_at_once = read([data])
    assert told(result) == told(result_at_once)
    if isinstance(result, dict):  # before an error, a stream fed at once shows nothing of that feed
        assert shown == shown_at_once


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_line_ends_may_be_of_any_kind(name: str) -> None:
    data = bytes_of(name)
    if name != "odd_framing":
        for ending in (b"\r\n", b"\r"):
            assert told(read([data.replace(b"\n", ending)])[2]) == told(read([data])[2])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(name=st.sampled_from(TRANSCRIPTS), places=st.lists(st.integers(0, 10_000), max_size=12))
def test_cuts_at_any_places_give_the_same(name: str, places: list[int]) -> None:
    data = bytes_of(name)
    assert told(read(cut(data, places))[2]) == told(read([data])[2])


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_stream_shown_piece_by_piece_is_its_completion(name: str) -> None:
    _, shown, result = read([bytes_of(name)])
    if isinstance(result, dict):
        for choice in result["choices"]:
            content = [piece.text for piece in shown if piece.choice == choice["index"] and piece.kind == "content"]
            assert "".join(content) == (choice["message"]["content"] or "")


NAMES = (
    *("choices", "delta", "index", "message", "finish_reason", "logprobs", "usage", "error", "code", "x"),
    *("role", "content", "refusal", "tool_calls", "function_call", "function", "custom", "id", "name", "arguments"),
    *("input", "audio", "data", "transcript", "annotations"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=4) | st.just("stop"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(pieces=st.lists(st.binary(max_size=40), max_size=6))
def test_random_bytes_end_in_a_named_error(pieces: list[bytes]) -> None:
    _, _, result = read(pieces)
    assert isinstance(result, ApiError)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    lines=st.lists(
        st.sampled_from(
            [b"data", b":", b" ", b"\n", b"\r", b"\r\n", b"event: error", b"[DONE]", b"{}", b"\xff", b"[1]"]
        ),
        max_size=30,
    )
)
def test_random_framing_ends_in_a_named_error(lines: list[bytes]) -> None:
    _, _, result = read(lines)
    assert isinstance(result, ApiError)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(documents=st.lists(JSON | st.builds(lambda inner: {"choices": [{"delta": inner}]}, JSON), max_size=5))
def test_random_chunks_end_in_a_completion_or_a_named_error(documents: list[Any]) -> None:
    stream, _, result = read([*map(event, documents), b"data: [DONE]\n\n"])
    json.dumps(stream.partial())
    assert isinstance(result, (dict, ApiError))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(name=st.sampled_from(TRANSCRIPTS), place=st.integers(0, 10_000), byte=st.binary(min_size=1, max_size=3))
def test_a_damaged_transcript_ends_in_a_completion_or_a_named_error(name: str, place: int, byte: bytes) -> None:
    data = bytes_of(name)
    place %= len(data)
    _, _, result = read([data[:place] + byte + data[place + 1 :]])
    assert isinstance(result, (dict, ApiError))
