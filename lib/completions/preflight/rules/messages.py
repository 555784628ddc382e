"""Rules between messages: who answers whom, and what each may carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..facts.toolbox import is_valid_name
from ..facts.transcript import LONGEST_TEXT, call_id, results_after
from ..rule import Basis, Rule, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts

_MOST_CALLS = 128
_LONGEST_NAME = 64
_LONGEST_CALL_ID = 64
_MOST_BREAKPOINTS = 4
_FILES = ("file_url", "file_id", "file_data")  # of a file_url the content is sent
_BAD_IN_NAMES = re.compile(r"[\s<|\\/>]")


def _tool_message_without_call(facts: RequestFacts) -> Iterator[Breach]:
    transcript = facts.transcript
    asked: dict[int, set[str | None]] = {}
    for index, calls in transcript.calls:
        ids = {call_id(call) for call in calls}
        asked.update((place, ids) for place, _ in results_after(transcript, index))
    for place, answered in transcript.tool_results.items():
        wanted = asked.get(place)
        if wanted is None:
            problem = "this tool message does not follow an assistant's message with tool_calls"
            yield f"/messages/{place}/role", problem, "put the assistant's message that asked for the tool before it"
        elif not isinstance(answered, str) or answered not in wanted:
            listed = ", ".join(sorted(quote(one) for one in wanted if one))
            problem = f"answers the call {quote(answered)}, but the assistant's message before it asked for {listed}"
            yield f"/messages/{place}/tool_call_id", problem, "give the id of one of these calls"


def _tool_calls_unanswered(facts: RequestFacts) -> Iterator[Breach]:
    transcript = facts.transcript
    for index, calls in transcript.calls:
        answered = [one for _, one in results_after(transcript, index)]
        for place, call in enumerate(calls):
            one = call_id(call)
            if one is not None and one not in answered:
                problem = f"the tool call {quote(one)} has no tool message that answers it before the next message"
                fix = "add a message with role tool and this tool_call_id right after it"
                yield f"/messages/{index}/tool_calls/{place}/id", problem, fix


def _call_answered_twice(facts: RequestFacts) -> Iterator[Breach]:
    transcript = facts.transcript
    for index, _ in transcript.calls:
        seen: dict[str, int] = {}
        for place, one in results_after(transcript, index):
            if isinstance(one, str) and one in seen:
                problem = f"the call {quote(one)} is answered twice, first by /messages/{seen[one]}"
                yield f"/messages/{place}/tool_call_id", problem, "keep one of the two tool messages"
            elif isinstance(one, str):
                seen[one] = place


def _call_id_twice(facts: RequestFacts) -> Iterator[Breach]:
    for index, calls in facts.transcript.calls:
        seen: set[str] = set()
        for place, call in enumerate(calls):
            one = call_id(call)
            if one is not None and one in seen:
                problem = f"two tool calls of this message have the id {quote(one)}"
                yield f"/messages/{index}/tool_calls/{place}/id", problem, "give each call an id of its own"
            elif one is not None:
                seen.add(one)


def _too_many_tool_calls(facts: RequestFacts) -> Iterator[Breach]:
    for index, calls in facts.transcript.calls:
        if len(calls) > _MOST_CALLS:
            problem = f"holds {len(calls)} tool calls, at most {_MOST_CALLS} are allowed in one message"
            yield f"/messages/{index}/tool_calls", problem, "spread them over several turns"


def _called_name(facts: RequestFacts) -> Iterator[Breach]:
    for index, calls in facts.transcript.calls:
        for place, call in enumerate(calls):
            kind = "custom" if isinstance(call, dict) and "custom" in call else "function"
            called = call.get(kind) if isinstance(call, dict) else None
            name = called.get("name") if isinstance(called, dict) else None
            if isinstance(name, str) and not is_valid_name(name):
                problem = f"the name {quote(name)} is not allowed: letters, digits, _ and -, at most 64 of them"
                fix = "rename the function in the history too; a model sometimes makes such names up"
                yield f"/messages/{index}/tool_calls/{place}/{kind}/name", problem, fix


def _call_id_length(facts: RequestFacts) -> Iterator[Breach]:
    for index, calls in facts.transcript.calls:
        for place, call in enumerate(calls):
            one = call_id(call)
            if one is not None and len(one) > _LONGEST_CALL_ID:
                problem = f"the id has {len(one)} characters; more than {_LONGEST_CALL_ID} have been refused"
                fix = "shorten it, here and in the tool message; another vendor's history has such ids"
                yield f"/messages/{index}/tool_calls/{place}/id", problem, fix


def _assistant_says_nothing(facts: RequestFacts) -> Iterator[Breach]:
    for index in facts.transcript.empty_replies:
        problem = "this assistant's message has no content, tool_calls, refusal or audio"
        yield f"/messages/{index}/content", problem, 'give it content ("" will do), or leave the message out'


def _message_name(facts: RequestFacts) -> Iterator[Breach]:
    for index, name in facts.transcript.names:
        if not isinstance(name, str):
            continue
        if len(name) > _LONGEST_NAME:
            problem = f"the name has {len(name)} characters, at most {_LONGEST_NAME} are allowed"
            yield f"/messages/{index}/name", problem, "shorten it"
        elif not name or _BAD_IN_NAMES.search(name):
            problem = f"the name {quote(name)} is not allowed: no blanks and none of < > | \\ /, and not empty"
            yield f"/messages/{index}/name", problem, "write _ instead of a blank, or leave the name out"


def _refusal_stands_alone(facts: RequestFacts) -> Iterator[Breach]:
    for index, content in facts.transcript.parts:
        kinds = [part.get("type") for part in content if isinstance(part, dict)]
        if "refusal" in kinds and len(content) > 1:
            problem = f"a refusal must be the only part of its message, here are {len(content)}"
            yield f"/messages/{index}/content", problem, "keep the refusal or the text, not both"


def _file_without_content(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, part in facts.transcript.each_part("file"):
        given = part.get("file")
        if isinstance(given, dict) and not any(given.get(name) for name in _FILES):
            problem = f"this file part has none of {', '.join(_FILES)}"
            yield (
                f"{pointer}/file",
                problem,
                "give an address, the id of an uploaded file, or the content as a data URL",
            )


def _file_without_name(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, part in facts.transcript.each_part("file"):
        given = part.get("file")
        if isinstance(given, dict) and given.get("file_data") and not given.get("filename"):
            yield f"{pointer}/file/filename", "file_data comes without a filename", "add one, such as report.pdf"


def _text_too_long(facts: RequestFacts) -> Iterator[Breach]:
    for index, text in facts.transcript.texts:
        if len(text) > LONGEST_TEXT:
            problem = f"this content has {len(text)} characters; more than {LONGEST_TEXT} have been refused"
            yield f"/messages/{index}/content", problem, "shorten it, or split it into several parts"
    for pointer, part in facts.transcript.each_part("text"):
        written = part.get("text")
        if isinstance(written, str) and len(written) > LONGEST_TEXT:
            problem = f"this text has {len(written)} characters; more than {LONGEST_TEXT} have been refused"
            yield f"{pointer}/text", problem, "shorten it, or split it into several parts"


def _audio_expired(facts: RequestFacts) -> Iterator[Breach]:
    for index, voice in facts.transcript.audio_replies:
        end = voice.get("expires_at") if isinstance(voice, dict) else None
        if facts.now and isinstance(end, (int, float)) and end < facts.now.timestamp():
            problem = "the audio of this earlier answer has expired on the server"
            yield f"/messages/{index}/audio/id", problem, "send its transcript as content instead"


def _too_many_breakpoints(facts: RequestFacts) -> Iterator[Breach]:
    marked = [
        f"/messages/{index}/content/{place}/prompt_cache_breakpoint"
        for index, content in facts.transcript.parts
        for place, part in enumerate(content)
        if isinstance(part, dict) and part.get("prompt_cache_breakpoint")
    ]
    if len(marked) > _MOST_BREAKPOINTS:
        problem = f"there are {len(marked)} prompt_cache_breakpoint marks, {_MOST_BREAKPOINTS} are written per request"
        yield marked[_MOST_BREAKPOINTS], problem, "keep the four that matter most"


def _developer_unknown(facts: RequestFacts) -> Iterator[Breach]:
    if not facts.public_api and facts.family is None and "developer" in facts.transcript.roles:
        place = next(index for index, role in _roles(facts) if role == "developer")
        problem = "many servers of other vendors do not know the role developer"
        yield f"/messages/{place}/role", problem, "write system, if this server refuses it"


def _roles(facts: RequestFacts) -> Iterator[tuple[int, Any]]:
    messages: list[Any] = facts.body["messages"]
    return ((index, message.get("role")) for index, message in enumerate(messages) if isinstance(message, dict))


def _tool_result_parts(facts: RequestFacts) -> Iterator[Breach]:
    for index, content in facts.transcript.parts:
        for place, part in enumerate(content if index in facts.transcript.tool_results else ()):
            kind = part.get("type") if isinstance(part, dict) else None
            if kind != "text":
                where = f"/messages/{index}/content/{place}/type"
                problem = f"a tool's result is text on Chat Completions; found {quote(kind)}"
                yield where, problem, "set API to Responses, or tell it in words"


_ORDER = "answered with 400, param messages.[i].role"

RULES = (
    Rule("tool_result_parts", _tool_result_parts, "API reference: tool message", about=("tool_results",)),
    Rule("tool_message_without_call", _tool_message_without_call, _ORDER, about=("tool_results",)),
    Rule(
        "tool_calls_unanswered", _tool_calls_unanswered, "answered with 400; the text lists the ids", about=("calls",)
    ),
    Rule(
        "call_answered_twice",
        _call_answered_twice,
        "answered with 400: Duplicate value for 'tool_call_id'",
        about=("calls",),
    ),
    Rule("call_id_twice", _call_id_twice, "answered with 400: duplicate ids", about=("calls",)),
    Rule("too_many_tool_calls", _too_many_tool_calls, "array_above_max_length (openai-dotnet#317)", about=("calls",)),
    Rule("called_name", _called_name, "answered with 400, code invalid_value", about=("calls",)),
    Rule(
        "call_id_length",
        _call_id_length,
        "string_above_max_length, not always (vercel/ai#17233)",
        Basis.HEURISTIC,
        about=("calls",),
    ),
    Rule(
        "assistant_says_nothing",
        _assistant_says_nothing,
        "API reference: content of an assistant message",
        about=("empty_replies",),
    ),
    Rule(
        "message_name",
        _message_name,
        "invalid_value or string_above_max_length, param messages[i].name",
        about=("names",),
    ),
    Rule(
        "refusal_stands_alone",
        _refusal_stands_alone,
        "API reference: assistant content parts",
        Basis.HEURISTIC,
        about=("parts",),
    ),
    Rule("file_without_content", _file_without_content, "API reference: file content part", about=("parts",)),
    Rule(
        "file_without_name", _file_without_name, "API reference: file content part", Basis.HEURISTIC, about=("parts",)
    ),
    Rule(
        "text_too_long",
        _text_too_long,
        "string_above_max_length, as seen",
        Basis.HEURISTIC,
        about=("long_text", "parts"),
    ),
    Rule(
        "audio_expired",
        _audio_expired,
        "API reference: expires_at of an audio answer",
        Basis.HEURISTIC,
        about=("audio_replies",),
    ),
    Rule("too_many_breakpoints", _too_many_breakpoints, "API guide: prompt caching", Basis.HEURISTIC, about=("parts",)),
    Rule(
        "developer_unknown",
        _developer_unknown,
        "servers other than the public API",
        Basis.HEURISTIC,
        about=("developer",),
    ),
)
