"""Laws: an answer is the same, warnings and all, streamed or not; nothing that comes breaks the reading."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.api.sse import EventTooLong
from lib.completions.answer import report
from lib.completions.endpoint import read_answer
from lib.completions.stream import Stream
from lib.cost.reported import read_cost
from lib.cost.spellings import find_usage
from lib.cost.usage import usage_of
from lib.errors.api_error import ApiError

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
WORD = st.text("abc_", min_size=1, max_size=5)
ARGUMENTS = st.sampled_from(
    ["", "{}", '{"a": 1}', '{"a": "}{"}', '{"a": 1}{"a": 2}', json.dumps('{"a": 1}'), '{"a": ', '"a"', "[1]", "null"]
)
ENDINGS = st.sampled_from(["stop", "STOP", "length", "tool_calls", "content_filter", "abort", "brand_new"])
USAGES = st.sampled_from(
    [
        {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11},
        {"input_tokens": 8, "output_tokens": 3, "cache_read_input_tokens": 4},
        {"promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 2},
        {},
        None,
    ]
)
IDS = st.sampled_from(["", None, "call_a", "call_b"])


@st.composite
def tool_calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {"id": draw(IDS), "type": "function", "function": {"name": draw(WORD), "arguments": draw(ARGUMENTS)}}
        for _ in range(draw(st.integers(0, 3)))
    ]


@st.composite
def choices(draw: st.DrawFn, index: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": draw(TEXT | st.none()),
        "refusal": draw(st.none() | TEXT),
    }
    calls = draw(tool_calls())
    if calls:
        message["tool_calls"] = calls
    if draw(st.booleans()):
        message["reasoning_content"] = draw(TEXT)
    return {"index": index, "message": message, "logprobs": None, "finish_reason": draw(ENDINGS)}


@st.composite
def completions(draw: st.DrawFn) -> dict[str, Any]:
    number = draw(st.integers(1, 2))
    head = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [draw(choices(index)) for index in range(number)], "usage": draw(USAGES)}


def cut(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in pairwise([0, *places, len(text)])]


@st.composite
def chunked(draw: st.DrawFn, completion: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the chunks that a completion is streamed in."""
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks = []
    for choice in completion["choices"]:
        message = choice["message"]
        deltas: list[dict[str, Any]] = [
            {"role": "assistant", "content": "" if message["content"] is not None else None}
        ]
        for name in ("reasoning_content", "content", "refusal"):
            if message.get(name) is not None:
                deltas += [{name: piece} for piece in cut(draw, message[name])]
        for index, call in enumerate(message.get("tool_calls", ())):
            first, *rest = cut(draw, call["function"]["arguments"])
            opened = {**call, "index": index, "function": {"name": call["function"]["name"], "arguments": first}}
            pieces = [opened, *({"index": index, "function": {"arguments": piece}} for piece in rest)]
            deltas += [{"tool_calls": [piece]} for piece in pieces]
        ending = {"delta": {}, "finish_reason": choice["finish_reason"]}
        of_choice = [*({"delta": delta, "finish_reason": None} for delta in deltas), ending]
        chunks += [{**head, "choices": [{"index": choice["index"], **one}]} for one in of_choice]
    return [*chunks, {**head, "choices": [], "usage": completion["usage"]}]


@st.composite
def streams(draw: st.DrawFn, completion: dict[str, Any]) -> list[bytes]:
    """Draw the bytes that a completion is streamed in, cut anywhere."""
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    prefix = draw(st.sampled_from([b"data: ", b"data:"]))
    escaped = draw(st.booleans())
    keepalive = draw(st.sampled_from([b"", b": ping" + end + end]))
    written = (json.dumps(chunk, ensure_ascii=escaped).encode() for chunk in draw(chunked(completion)))
    body = b"".join(prefix + chunk + end + end + keepalive for chunk in written)
    body += draw(st.sampled_from([b"", prefix + b"[DONE]" + end + end]))
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))
    return [body[start:stop] for start, stop in pairwise([0, *places, len(body)])]


def plain(completion: dict[str, Any]) -> dict[str, Any]:
    """Return a completion without the members that say nothing, which a stream adds or leaves out."""
    messages = [
        {name: value for name, value in choice["message"].items() if value not in (None, "", [])}
        for choice in completion["choices"]
    ]
    return {
        **completion,
        "choices": [{**c, "message": m} for c, m in zip(completion["choices"], messages, strict=True)],
    }


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data(), completion=completions())
def test_an_answer_is_the_same_streamed_or_not(data: st.DataObject, completion: dict[str, Any]) -> None:
    stream = Stream()
    for received in data.draw(streams(completion)):
        stream.feed(received)
    stream.close()
    streamed, its_warnings = read_answer(stream.finish())
    whole, warnings = read_answer(completion)
    assert plain(streamed) == plain(whole)
    assert sorted((*stream.remarks, *its_warnings)) == sorted(warnings)
    request = {"n": 2, "tool_choice": "required", "response_format": {"type": "json_object"}}
    assert report(streamed, request) == report(whole, request)


NAMES = st.sampled_from(
    [
        *("choices", "delta", "message", "content", "text", "type", "finish_reason", "finishReason", "tool_calls"),
        *("function", "name", "arguments", "id", "index", "error", "errors", "code", "usage", "prompt_tokens", "cost"),
        *("input_tokens", "prompt_tokens_details", "cached_tokens", "thinking", "refusal", "base_resp", "status_code"),
        *("logprobs", "audio"),
    ]
)
ATOMS = st.none() | st.booleans() | st.integers(-3, 10**6) | st.floats() | st.text(max_size=4)
JSON = st.recursive(
    ATOMS | st.sampled_from(["stop", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)
LISTED = st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=3)
CHOICES = st.builds(lambda choices: {"choices": choices}, LISTED)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(document=st.dictionaries(NAMES, JSON, max_size=6) | CHOICES, request=st.dictionaries(NAMES, JSON, max_size=3))
def test_any_document_is_an_answer_or_a_named_error(document: dict[str, Any], request: dict[str, Any]) -> None:
    usage_of(document), read_cost(document), find_usage(document)
    try:
        answer, warnings = read_answer(document)
    except ApiError:
        return
    assert all(isinstance(warning, str) for warning in warnings)
    json.dumps(report(answer, {**request, "response_format": {"type": "json_object"}}))
    again, _ = read_answer(answer)
    assert again == answer or "nan" in repr(answer)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    pieces=st.lists(
        st.sampled_from([b"data: ", *b'{ } "a" : 1 [DONE] \xff'.split(), b"\n", b"\n\n", b"\r", b"event: x"])
        | st.builds(lambda document: json.dumps(document).encode(), CHOICES),
        max_size=25,
    )
)
def test_any_bytes_are_an_answer_or_a_named_error(pieces: list[bytes]) -> None:
    stream = Stream()
    try:
        for received in pieces:
            stream.feed(received)
        stream.close()
        read_answer(stream.finish())
    except (ApiError, EventTooLong):
        pass
