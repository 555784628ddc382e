"""Answers that the sandbox alters: refused, broken off, with a tool's call, or lacking something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answers import MARK, call, prompt_tokens, question, text_choice, usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    Json = dict[str, Any]

_LOOK_UP = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}


def _with_choices(request: Mapping[str, Any], completion: Json, choices: list[Json]) -> Json:
    return {**completion, "choices": choices, "usage": usage(prompt_tokens(request), choices)}


def refuse(request: Mapping[str, Any], completion: Json) -> Json:
    """Refuse in `refusal`, with no content."""
    message = {"role": "assistant", "content": None, "refusal": f"{MARK} I'm sorry, I can't assist with that request."}
    choices = [
        {**choice, "message": message, "logprobs": None, "finish_reason": "stop"} for choice in completion["choices"]
    ]
    return _with_choices(request, completion, choices)


def _half(request: Mapping[str, Any], completion: Json, reason: str) -> Json:
    choices = []
    for choice in completion["choices"]:
        text = choice["message"]["content"] or f"{MARK} An answer that breaks off."
        choices.append({**text_choice(request, choice["index"], text[: len(text) // 2]), "finish_reason": reason})
    return _with_choices(request, completion, choices)


def truncate(request: Mapping[str, Any], completion: Json) -> Json:
    """End the answer midway with `length`."""
    return _half(request, completion, "length")


def filter_content(request: Mapping[str, Any], completion: Json) -> Json:
    """End the answer midway with `content_filter`."""
    return _half(request, completion, "content_filter")


def call_tool(request: Mapping[str, Any], completion: Json) -> Json:
    """Call the first tool of the request; one of the sandbox's own if it brings none."""
    tool = (request.get("tools") or [_LOOK_UP])[0]
    calls = [call(tool, f"call_{completion['id'][9:31]}", question(request))]
    message = {"role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": calls}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    return _with_choices(request, completion, [choice])


def drop_choices(_request: Mapping[str, Any], completion: Json) -> Json:
    """Leave the choices out."""
    return {key: value for key, value in completion.items() if key != "choices"}


def add_awkward_text(request: Mapping[str, Any], completion: Json) -> Json:
    """Add text that a careless reader of streams breaks: other line ends, and characters of two to four bytes."""
    choices = [
        choice
        if choice["message"]["content"] is None
        else text_choice(
            request, choice["index"], choice["message"]["content"] + " Naïve café\u2028日本語\u0085🙂🙃 end."
        )
        for choice in completion["choices"]
    ]
    return _with_choices(request, completion, choices)
