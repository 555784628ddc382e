"""How many tokens a request has, estimated without a network.

An estimate drifts by a token or two, and by more for pictures; what was really used is in the answer's usage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput, frozen

from .audio import audio_tokens
from .images import image_tokens
from .tokenizer import ENCODING, counter, encode, estimate_by_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..models.table import Family
    from .tokenizer import Count

_PER_MESSAGE = 3
_PER_NAME = 1
_PER_CALL = 3
_FOR_THE_ANSWER = 3
_FOR_PROPERTIES = 3
_PER_PROPERTY = 3
_FOR_AN_ENUM = -3
_PER_CHOICE = 3
_FOR_ALL_TOOLS = 12
_TOOL_TOKENS = 7
_BY_CHARACTERS = "no tokenizer is installed (extra: tokens): four characters were counted as a token"


@frozen
class Estimate:
    """About how many tokens the input has: what can be counted, in all and by part, at least, and at most.

    The parts are messages, tools, response_format and images; pictures count as the largest where their size is not
    known. `least` leaves them out, and is 0 if characters were counted, which `note` says. `audio` is the most that
    recordings and earlier spoken answers can have; it is not in `tokens`. `is_open` means that something is there,
    such as a file, of which nobody can say how many tokens it has.
    """

    tokens: int
    least: int = 0
    audio: int = 0
    is_open: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def most(self) -> int | None:
        """The most that the input can have; None if only the model's own limit ends it."""
        return None if self.is_open else self.tokens + self.audio


@dataclass(slots=True)
class _Unread:
    """What is not text, found on the way."""

    audio: int = 0
    is_open: bool = False

    def add_audio(self, tokens: int | None) -> None:
        """Count a recording; None makes the input impossible to count."""
        self.audio += tokens or 0
        self.is_open = self.is_open or tokens is None


def count(body: Mapping[str, Any], family: Family | None = None, *, quick: bool = False) -> Estimate:
    """Estimate the input tokens of a request; never raises, whatever the body. A `quick` count samples long texts."""
    encoding = family.encoding if family else ENCODING
    exactly = counter(encoding, quick=quick)
    how = exactly or estimate_by_characters
    unread = _Unread()
    longest_spoken = family.max_output if family else None
    parts = {
        "messages": _messages(body.get("messages"), how, unread, longest_spoken),
        "tools": _tools(body, how, family.tool_tokens if family else _TOOL_TOKENS),
        "response_format": _schema(body.get("response_format"), how),
        "images": sum(image_tokens(part, family) for part in _parts(body.get("messages"), "image_url")),
    }
    least = parts["messages"] + parts["tools"] if exactly else 0
    shown = {name: tokens for name, tokens in parts.items() if tokens}
    return Estimate(sum(parts.values()), least, unread.audio, unread.is_open, shown, "" if exactly else _BY_CHARACTERS)


def resolve_logit_bias(
    given: Mapping[str, Any],
    family: Family | None = None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Turn keys such as "text: hello" into token ids, and tell which; all other keys stay as they are.

    All that follows "text: " counts, a further blank too: within a sentence a word is written with its blank. A text
    of several tokens gives each of them the bias. An id that is given itself stands above one that a text leads to.
    """
    encoding = family.encoding if family else ENCODING
    plain = {key: value for key, value in given.items() if not key.startswith("text:")}
    resolved: dict[str, Any] = {}
    notes = []
    for key in (key for key in given if key not in plain):
        text = key.removeprefix("text:").removeprefix(" ")
        ids = encode(text, encoding)
        if not ids:
            raise InvalidInput(f'"{key}" holds no text after "text:"', pointer="/logit_bias")
        resolved.update({str(one): given[key] for one in ids})
        notes.append(_describe_bias(text, ids, encoding, known=family is not None))
    return {**resolved, **plain}, tuple(notes)


def _describe_bias(text: str, ids: list[int], encoding: str, *, known: bool) -> str:
    several = "" if len(ids) == 1 else f"; these are {len(ids)} tokens, which are parts of other words too"
    assumed = "" if known else ", assumed, since the model is unknown"
    return f"logit_bias: {text!r} became {', '.join(map(str, ids))} ({encoding}{assumed}){several}"


# --- the body ----------------------------------------------------------------------------------------------------


def _messages(messages: Any, how: Count, unread: _Unread, longest_spoken: int | None) -> int:
    if not isinstance(messages, list) or not messages:
        return 0
    tokens = _FOR_THE_ANSWER
    for message in messages:
        if isinstance(message, dict):
            tokens += _message(message, how, unread)
            if message.get("audio"):  # an answer that the service spoke, and keeps
                unread.add_audio(longest_spoken)
    return tokens


def _message(message: Mapping[str, Any], how: Count, unread: _Unread) -> int:
    tokens = _PER_MESSAGE + _text(message.get("role"), how) + _text(message.get("refusal"), how)
    if isinstance(message.get("name"), str):
        tokens += _PER_NAME + how(message["name"])
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            tokens += _part(part, how, unread)
    calls = message.get("tool_calls")
    called = [*(calls if isinstance(calls, list) else ()), *_legacy(message)]
    return tokens + _text(content, how) + sum(_call(call, how) for call in called)


def _part(part: Mapping[str, Any], how: Count, unread: _Unread) -> int:
    """Count a part's text; pictures are counted by themselves."""
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return _text(part.get(kind), how)
    if kind == "input_audio":
        unread.add_audio(audio_tokens(part))
    elif kind != "image_url":
        unread.is_open = True
    return 0


def _legacy(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"function": message["function_call"]}] if message.get("function_call") else []


def _call(call: Any, how: Count) -> int:
    called = (call.get("function") or call.get("custom")) if isinstance(call, dict) else None
    texts = [called.get(name) for name in ("name", "arguments", "input")] if isinstance(called, dict) else []
    return _PER_CALL + sum(_text(text, how) for text in texts)


def _text(value: Any, how: Count) -> int:
    return how(value) if isinstance(value, str) and value else 0


def _parts(messages: Any, kind: str) -> Iterator[dict[str, Any]]:
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == kind:
                yield part


def _tools(body: Mapping[str, Any], how: Count, per_tool: int) -> int:
    tools, functions = body.get("tools"), body.get("functions")
    offered = [_definition(tool) for tool in (tools if isinstance(tools, list) else ())]
    offered += functions if isinstance(functions, list) else []
    return (_FOR_ALL_TOOLS + sum(per_tool + _tool(tool, how) for tool in offered)) if offered else 0


def _definition(tool: Any) -> Any:
    return (tool.get("function") or tool.get("custom")) if isinstance(tool, dict) else None


def _tool(tool: Any, how: Count) -> int:
    if not isinstance(tool, dict):
        return 0
    line = f"{tool.get('name', '')}:{_description(tool)}"
    grammar = tool.get("format")  # of a custom tool
    return how(line) + (how(_json(grammar)) if grammar else 0) + _properties(tool.get("parameters"), how)


def _properties(parameters: Any, how: Count) -> int:
    """Count the properties of an object schema, and of those within it."""
    tokens, waiting = 0, [parameters]
    while waiting:
        schema = waiting.pop()
        properties = schema.get("properties") if isinstance(schema, dict) else None
        if not isinstance(properties, dict) or not properties:
            continue
        tokens += _FOR_PROPERTIES
        for name, one in properties.items():
            given = one if isinstance(one, dict) else {}
            tokens += _PER_PROPERTY + how(f"{name}:{given.get('type', '')}:{_description(given)}")
            choices = given.get("enum")
            if isinstance(choices, list):
                tokens += _FOR_AN_ENUM + sum(_PER_CHOICE + how(str(choice)) for choice in choices)
            waiting.extend((given, given.get("items")))
    return tokens


def _description(given: Mapping[str, Any]) -> str:
    return str(given.get("description") or "").removesuffix(".")


def _schema(response_format: Any, how: Count) -> int:
    given = response_format.get("json_schema") if isinstance(response_format, dict) else None
    return how(_json(given)) if given else 0


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return ""
