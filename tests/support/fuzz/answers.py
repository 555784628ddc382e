"""What the API says, as random input: answers, refusals and streams."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from lib.api.sse import as_events
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import from_answer
from lib.responses.endpoint import RESPONSES

from .mutation import cut, mutate, mutate_bytes, odd
from .target import Target, text_of

if TYPE_CHECKING:
    from random import Random

ANSWER = {
    "id": "x",
    "object": "chat.completion",
    "model": "gpt-4.1",
    "created": 1,
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop", "logprobs": None}
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 0},
    },
    "service_tier": "default",
}
RESPONSE = {
    "id": "r",
    "object": "response",
    "status": "completed",
    "model": "gpt-4.1",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}
REFUSAL = {"error": {"message": "Please try again in 20s.", "type": "requests", "code": "rate_limit_exceeded"}}
_STATUSES = (200, 400, 401, 403, 404, 413, 429, 500, 503)
CHUNKS = [
    {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
    {
        "choices": [
            {
                "index": 0,
                "delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]},
            }
        ]
    },
    {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"id": "x", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
]
EVENTS = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"},
    {"type": "response.completed", "response": RESPONSE},
]
ENDPOINTS = {"chat": (COMPLETIONS, ANSWER, CHUNKS), "responses": (RESPONSES, RESPONSE, EVENTS)}
_HEADERS = {
    "retry-after": "1",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1s",
    "x-request-id": "i",
}


def _make_answer(chance: Random) -> Any:
    kind = chance.choice(list(ENDPOINTS))
    return {"kind": kind, "answer": mutate(ENDPOINTS[kind][1], chance)}


def _take_answer(case: Any) -> None:
    endpoint = ENDPOINTS[case["kind"]][0]
    if not isinstance(case["answer"], dict):
        return  # the client takes nothing else for an answer
    body, _ = endpoint.read_answer(case["answer"])
    endpoint.usage(body)
    json.dumps(endpoint.report(body, {"messages": []}))


def _make_refusal(chance: Random) -> Any:
    content = mutate_bytes(json.dumps(mutate(REFUSAL, chance)).encode(), chance)
    headers = {name: str(odd(chance))[:200] if chance.random() < 0.5 else value for name, value in _HEADERS.items()}
    return {
        "status": chance.choice(_STATUSES),
        "headers": headers,
        "body": text_of(content),
    }


def _take_refusal(case: Any) -> None:
    error = from_answer(case["status"], case["headers"], base64.b64decode(case["body"]), 1.8e9)
    json.dumps(error.to_json())
    str(error)


def _make_stream(chance: Random) -> Any:
    kind = chance.choice(list(ENDPOINTS))
    events = mutate(ENDPOINTS[kind][2], chance)
    content = as_events(events if isinstance(events, list) else [events]) + b"data: [DONE]\n\n"
    content = mutate_bytes(content, chance)
    return {"kind": kind, "pieces": [text_of(piece) for piece in cut(content, chance)]}


def _take_stream(case: Any) -> None:
    stream = ENDPOINTS[case["kind"]][0].read_stream()
    for piece in case["pieces"]:
        stream.feed(base64.b64decode(piece))
    stream.close()
    json.dumps(stream.finish())


ANSWER_TARGETS = {
    "answer": Target(_make_answer, _take_answer),
    "refusal": Target(_make_refusal, _take_refusal),
    "stream": Target(_make_stream, _take_stream),
}
