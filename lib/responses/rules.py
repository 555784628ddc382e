"""What a chat request holds that the Responses API cannot do, and what it is sent without. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault

from ..completions.answer.outcome import objects
from ..completions.preflight.facts.fields import wants_audio
from .contradictions import find_contradictions
from .items import ITEMS
from .message import agrees
from .request import LEAST_TOKENS, STATES, is_continued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..models.table import Family

_REMOVE: Final = "remove it, or choose a model that answers on Chat Completions"
_NEUTRAL: Final[Mapping[str, Callable[[Any], bool]]] = {
    "n": lambda value: value == 1,
    "stop": lambda value: value == [],
    "presence_penalty": lambda value: value == 0,
    "frequency_penalty": lambda value: value == 0,
    "logit_bias": lambda value: value == {},
    "prediction": lambda _value: False,
    "audio": lambda _value: False,
    "functions": lambda _value: False,
    "function_call": lambda _value: False,
}
"""Fields that only Chat Completions has, and when a value of theirs asks for nothing."""
_INSTEAD: Final = {
    "n": "send the request several times",
    "functions": "write them as tools",
    "function_call": "write tool_choice",
}
_WAITING: Final = ("computer", "computer_use_preview", "shell", "local_shell", "apply_patch")
"""Tools whose calls wait for a program beside the flow; they are no tool calls that a flow could answer."""
_ABOVE: Final = ("system", "developer")
_TIERS: Final = (None, "auto", "default")
_WINDOWS: Final = ("2h", "8h")


def find_impossible(body: Mapping[str, Any], family: Family | None = None) -> Iterator[Fault]:
    """Yield what the endpoint cannot do, or certainly refuses; `family` is what is known of the model."""
    because, remove = _way_back(body, family)
    for name in needs_chat(body):
        fix = _INSTEAD.get(name, remove)
        yield Fault(f"/{name}", f"{name} is not available for this model over the Responses API{because}; {fix}")
    if wants_audio(body):
        yield Fault("/modalities", f"a spoken answer is not available over the Responses API; {_REMOVE}")
    for index, message in enumerate(_messages(body)):
        yield from _in_message(f"/messages/{index}", message)
    for index, tool in enumerate(objects(body.get("tools"))):
        yield from _in_tool(f"/tools/{index}", tool)
    yield from _together(body)
    yield from find_contradictions(body)


def shows_results(body: Mapping[str, Any]) -> bool:
    """Return whether a tool answered with a picture or a file, which is text over chat."""
    results = [message.get("content") for message in _messages(body) if message.get("role") == "tool"]
    return any(part.get("type") != "text" for content in results for part in objects(content))


def _way_back(body: Mapping[str, Any], family: Family | None) -> tuple[str, str]:
    """Return why the request goes over Responses, if its tools are why, and what would do instead."""
    if family is None or family.endpoint == "responses" or not needs_responses_for_tools(body, family):
        return "", _REMOVE
    effort = ", or set reasoning_effort to none" if "none" in family.effort else ""
    return ", where this model takes function tools while it reasons", f"remove it, or the tools{effort}"


def needs_chat(body: Mapping[str, Any]) -> list[str]:
    """Return the fields that are set to what only Chat Completions does."""
    return [name for name, is_neutral in _NEUTRAL.items() if body.get(name) is not None and not is_neutral(body[name])]


def needs_responses_for_tools(body: Mapping[str, Any], family: Family | None) -> bool:
    """Return whether the model takes the request's function tools on Responses only, reasoning as it does."""
    if family is None or not any(tool.get("type") == "function" for tool in objects(body.get("tools"))):
        return False
    reasons = family.tools == "effort none" and body.get("reasoning_effort") != "none"
    return reasons or (family.tools == "never" and not family.takes_only)


def find_dropped(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that the request is sent without, or with another value."""
    if body.get("seed") is not None:
        yield "the Responses API has no seed; the request was sent without it"
    if any(message.get("name") is not None for message in _messages(body)):
        yield "the Responses API knows no names of speakers; the messages were sent without them"
    caps = [body[name] for name in ("max_completion_tokens", "max_tokens") if body.get(name) is not None]
    if caps and caps[0].__class__ is int and 0 < caps[0] < LEAST_TOKENS:
        yield f"the Responses API caps an answer at {LEAST_TOKENS} tokens or more; that was sent in place of {caps[0]}"
    if is_continued(body) and any(message.get("role") == "assistant" for message in _messages(body)):
        yield (
            "/messages: the service knows what was said before, and an earlier answer stands among the messages, too; "
            "what is sent twice is paid for twice"
        )
    instructions, said = body.get("instructions"), [one for one in _messages(body) if one.get("role") in _ABOVE]
    if instructions and said and all(one.get("content") != instructions for one in said):
        yield "/instructions: was sent before the messages, and so were the instructions among them: both hold"
    if isinstance(body.get("web_search_options"), dict):
        yield "web_search_options was sent as the tool web_search; the model decides whether it searches"
    for index, message in enumerate(_messages(body)):
        kept = message.get(ITEMS)
        if kept is not None and not (isinstance(kept, list) and agrees(kept, message)):
            yield (
                f"/messages/{index}/{ITEMS}: does not say what the message says; "
                "the message was sent, without the reasoning before it"
            )


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = body.get("messages")
    return [one if isinstance(one, dict) else {} for one in given] if isinstance(given, list) else []


def _in_message(pointer: str, message: Mapping[str, Any]) -> Iterator[Fault]:
    if message.get("role") == "function" or message.get("function_call"):
        fix = "write it as a tool call, and its result with the role tool"
        yield Fault(pointer, f"a call of the deprecated kind is not available over the Responses API; {fix}")
    if message.get("role") == "assistant" and message.get("audio"):
        yield Fault(f"{pointer}/audio", "a spoken answer cannot go back over the Responses API; send its transcript")
    content = message.get("content")
    for place, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and part.get("type") == "input_audio":
            problem = "a recording is not available over the Responses API; send its text, or choose an audio model"
            yield Fault(f"{pointer}/content/{place}", problem)


def _in_tool(pointer: str, tool: Mapping[str, Any]) -> Iterator[Fault]:
    kind = tool.get("type")
    if kind in _WAITING:
        fix = "describe what your flow can do as a function"
        yield Fault(f"{pointer}/type", f"calls of the tool {kind} cannot be answered by a flow; {fix}")
    if kind == "mcp" and tool.get("require_approval") != "never":
        problem = "a flow cannot approve calls while they wait; set require_approval to never, or leave the tool out"
        yield Fault(f"{pointer}/require_approval", problem)


def _together(body: Mapping[str, Any]) -> Iterator[Fault]:
    if all(body.get(name) is not None for name in STATES):
        yield Fault("/conversation", "does not go together with previous_response_id; keep one of the two")
    options = body.get("background_options")
    window = options.get("completion_window") if isinstance(options, dict) else None
    if window in _WINDOWS and (body.get("background") is not True or body.get("stream")):
        fix = "set background to true and stream to false"
        yield Fault("/background_options/completion_window", f"the window {window} is for the background only; {fix}")
    if window in _WINDOWS and body.get("service_tier") not in _TIERS:
        yield Fault("/service_tier", f"the window {window} is for the standard tier only; remove service_tier")
    wanted = body.get("response_format")
    schema = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if isinstance(schema, dict) and schema.get("schema") is None:
        yield Fault("/response_format/json_schema/schema", "is missing; the Responses API needs the schema itself")
