"""The completion that the sandbox gives to a request: no thinking, only what the request itself says.

It has the API's shape in full: choices, finish reasons, token caps, stop texts, JSON, tool calls, usage. The same
request gets the same bytes. Tokens are counted as four characters each, and nothing claims to be more exact.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from .generate import generate
from .rules import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FINGERPRINT = "fp_sandbox_not_a_model"
MARK = "(sandbox, not a model)"
CREATED = 1_767_225_600  # 2026-01-01, as a clock would make two equal requests differ
CHARACTERS_A_TOKEN = 4
_TOKENS_A_MESSAGE, _TOKENS_A_REPLY, _TOKENS_AN_IMAGE = 3, 3, 85
_LONGEST_QUOTE = 300
_PLACEHOLDERS = {"image_url": "[image]", "input_audio": "[audio]", "file": "[file]", "refusal": ""}
_TIERS = {None: "default", "auto": "default", "fast": "priority"}


def completion(request: Mapping[str, Any], body: bytes, model: str) -> dict[str, Any]:
    """Return the completion object; `body` is the request as it came, from which the ids are made."""
    digest = hashlib.sha256(body).hexdigest()
    choices = [_choice(request, index, digest) for index in range(int(request.get("n") or 1))]
    answer = {
        "id": f"chatcmpl-{digest[:29]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": choices,
        "usage": usage(prompt_tokens(request), choices),
        "service_tier": _TIERS.get(request.get("service_tier"), request.get("service_tier")),
        "system_fingerprint": FINGERPRINT,
    }
    if request.get("metadata"):
        answer["metadata"] = request["metadata"]
    if request.get("moderation"):
        answer["moderation"] = _moderation(request["moderation"]["model"])
    return answer


def _choice(request: Mapping[str, Any], index: int, digest: str) -> dict[str, Any]:
    calls = [] if _is_answering_tools(request) else list(_calls(request, index, digest))
    if calls:
        return _choice_with_calls(request, index, calls)
    return text_choice(request, index, _text(request, index))


def text_choice(request: Mapping[str, Any], index: int, text: str) -> dict[str, Any]:
    """Return a choice that says the text, cut at the first stop text and at the token cap."""
    content, reason = _cut_to_limit(request, text)
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    return {
        "index": index,
        "message": message,
        "logprobs": _logprobs(request, content) if request.get("logprobs") else None,
        "finish_reason": reason,
    }


def _cut_to_limit(request: Mapping[str, Any], text: str) -> tuple[str, str]:
    stops = request.get("stop") or ()
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(stop, 1)[0] if stop else text
    cap = token_cap(request)
    if cap is not None and count(text) > cap:
        return text[: int(cap) * CHARACTERS_A_TOKEN], "length"
    return text, "stop"


def token_cap(request: Mapping[str, Any]) -> int | None:
    """Return the most tokens that the request lets the answer have."""
    cap = request.get("max_completion_tokens")
    return request.get("max_tokens") if cap is None else cap


# --- what is said ----------------------------------------------------------------------------------------------------


def _text(request: Mapping[str, Any], index: int) -> str:
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return _json(generate(wanted["json_schema"].get("schema") or {"type": "object"}))
    if wanted.get("type") == "json_object":
        return _json({"sandbox": True, "note": "not a model", "question": question(request)})
    if _is_answering_tools(request):
        return f"{MARK} The tool answered: {' | '.join(_tool_answers(request))}"
    numbered = f" This is choice {index + 1}." if (request.get("n") or 1) > 1 else ""
    return f"{MARK} You asked: “{question(request)}”{_instructions(request)} A model would answer here.{numbered}"


def question(request: Mapping[str, Any]) -> str:
    """Return what was last said by a user, shortened."""
    asked = [message for message in request["messages"] if message["role"] == "user"]
    return _shorten(message_text(asked[-1])) if asked else ""


def message_text(message: Mapping[str, Any]) -> str:
    """Return a message's content as one text; what is not text gets a placeholder."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(part["text"] if part["type"] == "text" else _PLACEHOLDERS[part["type"]] for part in content)
    return content or ""


def _instructions(request: Mapping[str, Any]) -> str:
    told = [message_text(message) for message in request["messages"] if message["role"] in ("system", "developer")]
    return f" You told me: “{_shorten(' '.join(told))}”" if told else ""


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# --- tools -----------------------------------------------------------------------------------------------------------


def _is_answering_tools(request: Mapping[str, Any]) -> bool:
    return request["messages"][-1]["role"] in ("tool", "function")


def _tool_answers(request: Mapping[str, Any]) -> list[str]:
    """Return what the tools said at the end of the conversation, in order."""
    answers: list[str] = []
    for message in reversed(request["messages"]):
        if message["role"] not in ("tool", "function"):
            break
        answers.append(f"“{_shorten(message_text(message))}”")
    return answers[::-1]


def _calls(request: Mapping[str, Any], index: int, digest: str) -> Iterator[dict[str, Any]]:
    """Call the tools that must be called, and those whose name the last question mentions."""
    for position, tool in enumerate(_choose_tools(request)):
        yield call(tool, f"call_{index}{position}{digest[:20]}", question(request))


def call(tool: Mapping[str, Any], identifier: str, text: str) -> dict[str, Any]:
    """Return one call of a tool, with arguments that its schema takes; `text` is the input of a custom tool."""
    if tool["type"] == "custom":
        return {"id": identifier, "type": "custom", "custom": {"name": tool["custom"]["name"], "input": text}}
    function = tool["function"]
    arguments = _json(generate(function.get("parameters") or {"type": "object"}))
    return {"id": identifier, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _choose_tools(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tools: list[Mapping[str, Any]] = request.get("tools") or _legacy_tools(request)
    choice = request.get("tool_choice", request.get("function_call", "auto"))
    is_needed = choice == "required"
    if choice == "none":
        return []
    if isinstance(choice, dict):
        tools = _select_named(tools, choice)
        is_needed = choice.get("allowed_tools", {}).get("mode") != "auto"
    mentioned = [tool for tool in tools if _is_mentioned(tool_name(tool), question(request))]
    chosen = mentioned or (tools[:1] if is_needed else [])
    return chosen if request.get("parallel_tool_calls", "tools" in request) else chosen[:1]


def _select_named(tools: Sequence[Mapping[str, Any]], choice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    allowed = choice.get("allowed_tools", {}).get("tools", [choice if "type" in choice else {"function": choice}])
    names = [entry.get(entry.get("type", "function"), {}).get("name") for entry in allowed]
    return [tool for tool in tools if tool_name(tool) in names]


def _legacy_tools(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"type": "function", "function": function} for function in request.get("functions", ())]


def tool_name(tool: Mapping[str, Any]) -> str:
    """Return the name of a function tool or of a custom one."""
    return str(tool[tool["type"]]["name"])


def _is_mentioned(name: str, text: str) -> bool:
    words = r"[\s_-]+".join(map(re.escape, re.split(r"[_-]+", name.lower())))
    return re.search(rf"(?<!\w){words}(?!\w)", text.lower()) is not None


def _choice_with_calls(request: Mapping[str, Any], index: int, calls: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    choice = request.get("tool_choice", request.get("function_call"))
    reason = "tool_calls"
    if "tools" not in request:
        message["function_call"], reason = calls[0]["function"], "function_call"
    else:
        message["tool_calls"] = calls
    if isinstance(choice, dict) and "allowed_tools" not in choice:
        reason = "stop"  # the API says so after a named choice
    return {"index": index, "message": message, "logprobs": None, "finish_reason": reason}


# --- counting --------------------------------------------------------------------------------------------------------


def count(text: str) -> int:
    """Return the estimated tokens of a text."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def tokens(text: str) -> list[str]:
    """Cut a text into what counts as its tokens."""
    return [text[start : start + CHARACTERS_A_TOKEN] for start in range(0, len(text), CHARACTERS_A_TOKEN)]


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """Return the estimated tokens of messages, tools and the wanted format."""
    total = _TOKENS_A_REPLY + sum(_TOKENS_A_MESSAGE + _message_tokens(message) for message in request["messages"])
    described = [request[name] for name in ("tools", "functions", "response_format") if request.get(name)]
    return total + sum(count(_json(value)) for value in described)


def _message_tokens(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = len(content) - sum(1 for _ in texts(message)) if isinstance(content, list) else 0
    total = count(message["role"]) + count(message.get("name", "")) + parts * _TOKENS_AN_IMAGE
    total += sum(count(text) for text in texts(message))
    return total + (count(_json(message["tool_calls"])) if message.get("tool_calls") else 0)


def usage(prompt: int, choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the usage of a prompt and all that was answered to it."""
    answered = sum(_answer_tokens(choice["message"]) for choice in choices)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answered,
        "total_tokens": prompt + answered,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _answer_tokens(message: Mapping[str, Any]) -> int:
    made = [each[each["type"]] for each in message.get("tool_calls", ())]
    made += [message["function_call"]] if "function_call" in message else []
    said_and_made = [
        message["content"] or "",
        message["refusal"] or "",
        *(part for each in made for part in each.values()),
    ]
    return sum(map(count, said_and_made))


def _logprobs(request: Mapping[str, Any], text: str) -> dict[str, Any]:
    others = int(request.get("top_logprobs") or 0)
    return {"content": [_logprob(token, others) for token in tokens(text)], "refusal": None}


def _logprob(token: str, others: int) -> dict[str, Any]:
    likely = [_likely(token if rank == 0 else f"{token}?{rank}", rank) for rank in range(others)]
    return {**_likely(token, 0), "top_logprobs": likely}


def _likely(token: str, rank: int) -> dict[str, Any]:
    return {"token": token, "logprob": -0.25 - rank, "bytes": list(token.encode("utf-8", "replace"))}


def _moderation(model: str) -> dict[str, Any]:
    result = {
        "type": "moderation_result",
        "model": model,
        "flagged": False,
        "categories": {},
        "category_scores": {},
        "category_applied_input_types": {},
    }
    nothing = {"type": "moderation_results", "model": model, "results": [result]}
    return {"input": nothing, "output": nothing}
