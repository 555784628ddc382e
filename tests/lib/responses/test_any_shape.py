"""Whatever comes, from a flow or from a server: a request is judged, an answer is read, or an error has a name."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.api.servers import OPENAI
from lib.endpoint import BuiltRequest
from lib.errors.api_error import ApiError
from lib.models.table import Models
from lib.responses.answer import read_answer
from lib.responses.endpoint import RESPONSES
from lib.responses.route import choose
from lib.responses.stream import ResponseStream
from tests.support.request_schemas import responses
from tests.support.response_events import answered, response, sse

MODELS = Models.load()
NOW = datetime(2026, 11, 29, tzinfo=UTC)
KEYS = st.sampled_from(
    [
        *(
            "type",
            "role",
            "content",
            "text",
            "refusal",
            "id",
            "call_id",
            "name",
            "arguments",
            "input",
            "summary",
            "phase",
        ),
        *("annotations", "start_index", "url", "logprobs", "status", "output", "error", "code", "message", "response"),
        *(
            "item",
            "part",
            "delta",
            "output_index",
            "content_index",
            "tool_calls",
            "function",
            "custom",
            "response_items",
        ),
        *(
            "reason",
            "incomplete_details",
            "usage",
            "input_tokens",
            "tool_usage",
            "web_search",
            "num_requests",
            "headers",
        ),
    ]
)
KINDS = st.sampled_from(
    [
        *("message", "function_call", "custom_tool_call", "reasoning", "output_text", "refusal", "url_citation", "mcp"),
        *("assistant", "tool", "user", "function", "custom", "web_search", "commentary", "final_answer", "completed"),
        *("failed", "incomplete", "json_object", "json_schema", "image_url", "file", "allowed_tools", "\ud83d"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats() | KINDS | st.text(max_size=5)
SHAPES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=15
)
BODY_FIELDS = sorted({*responses("request.closed.json")["properties"], "messages", "response_format", "n", "stop"})
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(st.dictionaries(st.sampled_from(BODY_FIELDS), SHAPES, max_size=6))
def test_any_body_is_judged_and_written(body: dict[str, Any]) -> None:
    given_body = {**body, "model": "gpt-5.5"}
    family = MODELS.find("gpt-5.5")
    choose(given_body, api="auto", server=OPENAI, family=family, refusals=())
    request = BuiltRequest(given_body, family)
    RESPONSES.check(request, public_api=True, strict=False, refusals=(), now=NOW)
    RESPONSES.surcharges(request)
    RESPONSES.write(given_body)
    RESPONSES.name_field("input[3].content", given_body)


@QUIET
@given(st.dictionaries(KEYS, SHAPES, max_size=6), st.lists(SHAPES, max_size=4))
def test_any_response_becomes_a_completion_or_an_error_with_a_name(members: dict[str, Any], output: list[Any]) -> None:
    for document in (members, {**response(output=()), **members, "output": output}):
        try:
            completion, _ = read_answer(document)
        except ApiError:
            continue
        RESPONSES.report(completion, {"messages": []})
        RESPONSES.usage(completion)


@QUIET
@given(st.lists(st.dictionaries(KEYS, SHAPES, max_size=5), max_size=4), st.data())
def test_any_events_between_are_passed_over_or_an_error_with_a_name(
    odd: list[dict[str, Any]], data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from([event["type"] for event in answered()]), min_size=4, max_size=4))
    events = [{**event, "type": kind} for event, kind in zip(odd, kinds, strict=False)]
    stream = ResponseStream()
    try:
        stream.feed(sse([*answered(), *events]))
        stream.feed(sse([{"type": "response.completed", "response": response()}]))
        stream.partial()
        assert stream.finish() == response()
    except ApiError as error:
        json.dumps(error.to_json())


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes_are_an_error_with_a_name(received: bytes) -> None:
    stream = ResponseStream()
    with suppress(ApiError):
        stream.feed(received)
        stream.finish()
