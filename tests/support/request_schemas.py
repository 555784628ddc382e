"""The step's schemas and the API's own, as OpenAI publishes them, and requests that both take."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import jsonschema_rs
from hypothesis import strategies as st

from pysailor.metadata import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


ROOT = Path(__file__).parents[2]


REQUEST = "sendRequest.in.json"


COMPLETION = "sendRequest.out.json"


SAY_HELLO = [{"role": "user", "content": "Say hello."}]


ASK = {"role": "user", "content": "How warm is it in Oslo?"}


CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}


FUNCTION = {"type": "function", "function": {"name": "get_weather"}}


GRAMMAR = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[0-9]+"}}


@cache
def ours(name: str) -> Schema:
    return Schema.load(ROOT / "lib" / "schemas" / name)


@cache
def golden(name: str) -> dict[str, Any]:
    document = json.loads((ROOT / "tests" / "golden" / "chat-completions" / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@cache
def responses(name: str) -> dict[str, Any]:
    document = json.loads((ROOT / "tests" / "golden" / "responses" / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def the_api_allows(body: Mapping[str, Any]) -> bool:
    """Return what the published schema finds, on which both validators must agree."""
    request, schema = {"model": "some-model", **body}, golden("request.forward.json")
    fast = jsonschema_rs.Draft202012Validator(schema).is_valid(request)
    assert jsonschema.Draft202012Validator(schema).is_valid(request) is fast
    return fast


def we_allow(body: Any, name: str = REQUEST) -> bool:
    """Return what the step's schema finds, on which both validators and the report must agree."""
    schema = ours(name)
    checked = schema.accepts(body)
    assert jsonschema.Draft202012Validator(schema.standard).is_valid(body) is checked
    assert (schema.faults(body) == []) is checked
    return checked


def asking(**fields: Any) -> dict[str, Any]:
    return {"messages": SAY_HELLO, **fields}


def saying(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def showing(*parts: Any, role: str = "user", **members: Any) -> dict[str, Any]:
    return saying({"role": role, "content": list(parts), **members})


def names(node: Any, root: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Return every member that a schema knows, as `/choices/*/message`, whatever combination it stands in."""
    if "$ref" in node:
        target: Any = root
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        yield from names(target, root, place)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(keyword, []):
            yield from names(branch, root, place)
    for name, member in node.get("properties", {}).items():
        yield f"{place}/{name}"
        yield from names(member, root, f"{place}/{name}")
    if "items" in node:
        yield from names(node["items"], root, f"{place}/*")


def shown(node: Mapping[str, Any], root: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return every property that the mapper shows, with what it shows; rules (if, then, anyOf) are not shown."""
    definition = node.get("$ref", "").removeprefix("#/definitions/")
    node = {**root["definitions"][definition], **node} if definition else node
    if place and not place.endswith("*"):
        yield place, node
    for name, member in node.get("properties", {}).items():
        yield from shown(member, root, f"{place}/{name}")
    if "items" in node:
        yield from shown(node["items"], root, f"{place}/*")


def keywords(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    for member in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from keywords(member)


VALID: dict[str, dict[str, Any]] = {
    "one question": asking(),
    "a model of its own": asking(model="gpt-5.6-luna"),
    "all roles": saying(
        {"role": "developer", "content": "Be brief.", "name": "shop"},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {**ASK, "name": "Anna_K"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "21"}]},
        {"role": "assistant", "content": "21 degrees."},
        {"role": "function", "name": "get_weather", "content": "21"},
    ),
    "what an assistant may have said": saying(
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "refusal": "No."},
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]},
    ),
    "all parts": showing(
        {"type": "text", "text": "Compare.", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "original"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_url": "https://example.com/a.pdf"}},
    ),
    "sampling": asking(
        temperature=0, top_p=0.5, n=3, seed=-(2**63), presence_penalty=-2, frequency_penalty=2, stop="END"
    ),
    "the largest seed": asking(seed=2**63 - 1),
    "four stops": asking(stop=["a", "b", "c", "d"]),
    "token by token": asking(logprobs=True, top_logprobs=20, logit_bias={"50256": -100, "0": 100}),
    "caps": asking(max_completion_tokens=100),
    "the old cap": asking(max_tokens=100),
    "thinking": asking(reasoning_effort="xhigh", verbosity="low"),
    "tools": asking(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "", "parameters": {}, "strict": True}},
            {"type": "custom", "custom": {"name": "g", "description": "", "format": {"type": "text"}}},
            {"type": "custom", "custom": {"name": "h", "format": GRAMMAR}},
        ],
        tool_choice="required",
        parallel_tool_calls=False,
    ),
    "one tool by name": asking(tools=[FUNCTION], tool_choice=FUNCTION),
    "one custom tool by name": asking(tools=[FUNCTION], tool_choice={"type": "custom", "custom": {"name": "g"}}),
    "some of the tools": asking(
        tools=[FUNCTION],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION]}},
    ),
    "functions": asking(functions=[{"name": "f", "description": "", "parameters": {}}], function_call={"name": "f"}),
    "functions, as it likes": asking(functions=[{"name": "f"}], function_call="auto"),
    "text": asking(response_format={"type": "text"}),
    "JSON": asking(response_format={"type": "json_object"}),
    "JSON of a form": asking(
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "n", "description": "", "schema": {"type": "object"}, "strict": True},
        }
    ),
    "speech": asking(modalities=["text", "audio"], audio={"voice": "alloy", "format": "mp3"}),
    "speech in a voice of one's own": asking(modalities=["audio"], audio={"voice": {"id": "v"}, "format": "pcm16"}),
    "stream": asking(stream=True, stream_options={"include_usage": True, "include_obfuscation": False}),
    "prediction": asking(prediction={"type": "content", "content": "text"}),
    "prediction in parts": asking(prediction={"type": "content", "content": [{"type": "text", "text": "a"}]}),
    "web search": asking(
        web_search_options={
            "search_context_size": "low",
            "user_location": {
                "type": "approximate",
                "approximate": {"country": "DE", "region": "Bayern", "city": "Hof", "timezone": "Europe/Berlin"},
            },
        }
    ),
    "moderation": asking(
        moderation={
            "model": "omni-moderation-latest",
            "policy": {"input": {"mode": "block"}, "output": {"mode": "score"}},
        }
    ),
    "housekeeping": asking(
        service_tier="flex",
        store=True,
        metadata={"order": "42"},
        safety_identifier="a" * 128,
        prompt_cache_key="k",
        prompt_cache_options={"mode": "explicit", "ttl": "30m"},
        prompt_cache_retention="24h",
        user="u",
    ),
    "what other servers know": asking(top_k=40, chat_template_kwargs={"thinking": False}),
}


TAKEN_AWAY = object()


INTRUDERS = [TAKEN_AWAY, "", "x", "auto", "text", 0, -1, 1.5, 2**70, True, [], ["x"], [{}], {}, {"type": "function"}]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn, examples: list[dict[str, Any]]) -> Any:
    """Return a good example with something wrong, or not, at one or two places."""
    body: Any = deepcopy(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, 2))):
        path: list[Any] = list(draw(st.sampled_from(list(places(body)) or [("messages",)])))
        *way, last = path
        holder: Any = body
        for key in way:
            holder = holder[key]
        intruder = draw(st.sampled_from(INTRUDERS))
        if intruder is not TAKEN_AWAY:
            holder[last] = deepcopy(intruder)
        elif isinstance(holder, list) or last in holder:
            holder.pop(last)
    return body
