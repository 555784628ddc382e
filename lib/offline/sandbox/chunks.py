"""A completion cut into the events of a stream (server-sent events, one JSON chunk each)."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from .answers import tokens
from .reply import Packet, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DONE = b"data: [DONE]\n\n"
_FILLER = "sandboxsandboxsandbox"
_ALIKE = 12
_COPIED = ("id", "created", "model", "service_tier", "system_fingerprint")


def stream_packets(request: Mapping[str, Any], completion: Mapping[str, Any], wait: float = 0.0) -> list[Packet]:
    """Return the whole stream, one event a packet, `wait` seconds before each but the first."""
    chunks = list(_chunks(request, completion))
    events = [b"data: %b\n\n" % encode(chunk) for chunk in chunks]
    return [Packet(event, wait if index else 0.0) for index, event in enumerate([*events, DONE])]


def _chunks(request: Mapping[str, Any], completion: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the chunks: of several choices in turn, and the usage last if it was asked for."""
    options = request.get("stream_options") or {}
    is_filled = options.get("include_obfuscation") is not False
    head = {**{key: completion[key] for key in _COPIED}, "object": "chat.completion.chunk"}
    tail: dict[str, Any] = {"usage": None} if options.get("include_usage") else {}
    for round_ in zip_longest(*(_choice_chunks(choice) for choice in completion["choices"])):
        for choice in (choice for choice in round_ if choice is not None):
            filler = {"obfuscation": _filler(choice["delta"])} if is_filled else {}
            yield {**head, "choices": [choice], **tail, **filler}
    if "moderation" in completion:
        yield {**head, "choices": [], **tail, "moderation": completion["moderation"]}
    if tail:
        yield {**head, "choices": [], "usage": completion["usage"]}


def _filler(delta: Mapping[str, Any]) -> str:
    """Return as much filler as makes short packets equally long, so that their lengths tell nothing."""
    return _FILLER[: max(1, _ALIKE - len(delta.get("content") or ""))]


def _choice_chunks(choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for delta, logprobs in _deltas(choice):
        yield {"index": choice["index"], "delta": delta, "logprobs": logprobs, "finish_reason": None}
    yield {"index": choice["index"], "delta": {}, "logprobs": None, "finish_reason": choice["finish_reason"]}


def _deltas(choice: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    message = choice["message"]
    opening = "" if message["content"] is not None else None
    yield {"role": "assistant", "content": opening, "refusal": None}, None
    logprobs = (choice["logprobs"] or {}).get("content")
    for index, token in enumerate(tokens(message["content"] or "")):
        yield {"content": token}, {"content": [logprobs[index]], "refusal": None} if logprobs else None
    yield from (({"refusal": token}, None) for token in tokens(message["refusal"] or ""))
    for index, call in enumerate(message.get("tool_calls", ())):
        yield from (({"tool_calls": [{"index": index, **part}]}, None) for part in _call_parts(call))
    if "function_call" in message:
        yield {"function_call": {"name": message["function_call"]["name"], "arguments": ""}}, None
        for token in tokens(message["function_call"]["arguments"]):
            yield {"function_call": {"arguments": token}}, None


def _call_parts(call: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a call's first fragment, which names it, and then its arguments bit by bit."""
    kind = call["type"]
    field = "arguments" if kind == "function" else "input"
    yield {"id": call["id"], "type": kind, kind: {"name": call[kind]["name"], field: ""}}
    yield from ({kind: {field: token}} for token in tokens(call[kind][field]))
