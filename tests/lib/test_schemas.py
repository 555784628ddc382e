"""The step's schemas against the API's own, as OpenAI publishes them (tests/golden/chat-completions)."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
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


def the_api_allows(body: Mapping[str, Any]) -> bool:
    """Return what the published schema finds, on which both validators must agree."""
    request, schema = {"model": "some-model", **body}, golden("request.forward.json")
    fast = jsonschema_rs.Draft202012Validator(schema).is_valid(request)
    assert jsonschema.Draft202012Validator(schema).is_valid(request) is fast
    return fast


def we_allow(body: Any, name: str = REQUEST) -> bool:
    """Return what the step's schema finds, on which both validators and the report must agree."""
    schema = ours(name)
    verdict = schema.accepts(body)
    assert jsonschema.Draft202012Validator(schema.standard).is_valid(body) is verdict
    assert (schema.faults(body) == []) is verdict
    return verdict


def asking(**fields: Any) -> dict[str, Any]:
    return {"messages": SAY_HELLO, **fields}


def saying(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def showing(*parts: Any, role: str = "user", **members: Any) -> dict[str, Any]:
    return saying({"role": role, "content": list(parts), **members})


# --- what is declared ---------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", [REQUEST, COMPLETION])
def test_both_files_are_json_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(ours(name).standard)


def test_the_37_fields_of_the_api_are_declared_and_no_other() -> None:
    declared = ours(REQUEST).document["properties"]
    assert set(declared) == set(golden("request.forward.json")["properties"])
    assert len(declared) == 37


@pytest.mark.parametrize(
    ("name", "published"),
    [(REQUEST, "request.forward.json"), (COMPLETION, "response.json")],
)
def test_every_member_that_the_api_names_is_shown_in_the_mapper(name: str, published: str) -> None:
    document = ours(name).document
    declared = {place for place, _ in shown(document, document)}
    assert set(names(golden(published), golden(published))) - declared == set()


def test_the_request_declares_nothing_that_the_api_does_not_know_but_the_address_of_a_file() -> None:
    document, published = ours(REQUEST).document, golden("request.forward.json")
    added = {place for place, _ in shown(document, document)} - set(names(published, published))
    of_a_free_object = {place for place in added if place.startswith("/tool_choice/allowed_tools/tools/*/")}
    assert added - of_a_free_object == {"/messages/*/content/*/file/file_url"}


@pytest.mark.parametrize("name", [REQUEST, COMPLETION])
def test_every_property_has_a_title_and_a_help_that_is_a_sentence(name: str) -> None:
    document = ours(name).document
    for place, member in shown(document, document):
        assert member.get("title"), place
        assert member.get("help", {}).get("description", "").endswith((".", "…")), place


def test_messages_alone_are_required() -> None:
    assert ours(REQUEST).standard["required"] == ["messages"]
    assert we_allow({"messages": SAY_HELLO})


def test_the_request_asks_for_nothing_that_is_not_checked_and_knows_no_null() -> None:
    found = list(keywords(ours(REQUEST).document))
    assert not [value for key, value in found if key == "format" and isinstance(value, str)]
    assert not [value for key, value in found if key == "type" and value not in ({}, True) and "null" in value]


# --- requests -----------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("body", VALID.values(), ids=VALID)
def test_what_the_api_takes_is_accepted(body: dict[str, Any]) -> None:
    assert the_api_allows(body)
    assert we_allow(body), ours(REQUEST).faults(body)


def test_the_examples_use_every_field() -> None:
    used = {field for body in VALID.values() for field in body}
    assert set(ours(REQUEST).document["properties"]) <= used


REFUSED_BY_BOTH: dict[str, tuple[dict[str, Any], str]] = {
    "no messages": ({}, "/messages"),
    "an empty conversation": ({"messages": []}, "/messages"),
    "a message that is text": ({"messages": ["hello"]}, "/messages/0"),
    "no role": (saying({"content": "x"}), "/messages/0/role"),
    "a role that nobody has": (saying({"role": "users", "content": "x"}), "/messages/0/role"),
    "a user without content": (saying({"role": "user"}), "/messages/0/content"),
    "content that is a number": (saying({"role": "user", "content": 5}), "/messages/0/content"),
    "no parts": (showing(), "/messages/0/content"),
    "a part that is text": (showing("x"), "/messages/0/content/0"),
    "a part of no kind": (showing({"text": "x"}), "/messages/0/content/0/type"),
    "a part of an unknown kind": (showing({"type": "video"}), "/messages/0/content/0/type"),
    "a text part without text": (showing({"type": "text"}), "/messages/0/content/0/text"),
    "a picture without address": (
        showing({"type": "image_url", "image_url": {}}),
        "/messages/0/content/0/image_url/url",
    ),
    "a picture given as text": (showing({"type": "image_url", "image_url": "x"}), "/messages/0/content/0/image_url"),
    "a sound of an unknown kind": (
        showing({"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}),
        "/messages/0/content/0/input_audio/format",
    ),
    "a picture in a system message": (
        showing({"type": "image_url", "image_url": {"url": "x"}}, role="system"),
        "/messages/0/content/0/type",
    ),
    "a picture in a tool message": (
        showing({"type": "image_url", "image_url": {"url": "x"}}, role="tool", tool_call_id="c"),
        "/messages/0/content/0/type",
    ),
    "a picture from the assistant": (
        showing({"type": "image_url", "image_url": {"url": "x"}}, role="assistant"),
        "/messages/0/content/0/type",
    ),
    "a refusal from the user": (showing({"type": "refusal", "refusal": "x"}), "/messages/0/content/0/type"),
    "a tool message without id": (saying({"role": "tool", "content": "21"}), "/messages/0/tool_call_id"),
    "a function message without name": (saying({"role": "function", "content": "21"}), "/messages/0/name"),
    "parts in a function message": (
        showing({"type": "text", "text": "x"}, role="function", name="f"),
        "/messages/0/content",
    ),
    "arguments that are an object": (
        saying({"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}),
        "/messages/0/tool_calls/0/function/arguments",
    ),
    "a tool call without function": (
        saying({"role": "assistant", "tool_calls": [{"id": "c", "type": "function"}]}),
        "/messages/0/tool_calls/0/function",
    ),
    "temperature in words": (asking(temperature="hot"), "/temperature"),
    "too hot": (asking(temperature=2.1), "/temperature"),
    "top_p above 1": (asking(top_p=1.5), "/top_p"),
    "no answer at all": (asking(n=0), "/n"),
    "half an answer": (asking(n=1.5), "/n"),
    "a penalty below its bound": (asking(presence_penalty=-2.5), "/presence_penalty"),
    "five stops": (asking(stop=list("abcde")), "/stop"),
    "a stop that is a number": (asking(stop=3), "/stop"),
    "a bias that is a fraction": (asking(logit_bias={"5": 0.5}), "/logit_bias/5"),
    "logprobs as text": (asking(logprobs="yes"), "/logprobs"),
    "too many top_logprobs": (asking(top_logprobs=21), "/top_logprobs"),
    "a seed that is a fraction": (asking(seed=0.5), "/seed"),
    "an unknown effort": (asking(reasoning_effort="hard"), "/reasoning_effort"),
    "tools that are an object": (asking(tools=FUNCTION), "/tools"),
    "a tool without function": (asking(tools=[{"type": "function", "name": "f"}]), "/tools/0/function"),
    "a tool of an unknown type": (asking(tools=[{"type": "web_search"}]), "/tools/0/type"),
    "a text format with a grammar": (
        asking(tools=[{"type": "custom", "custom": {"name": "f", "format": {**GRAMMAR, "type": "text"}}}]),
        "/tools/0/custom/format/grammar",
    ),
    "a grammar format without grammar": (
        asking(tools=[{"type": "custom", "custom": {"name": "f", "format": {"type": "grammar"}}}]),
        "/tools/0/custom/format/grammar",
    ),
    "any tool, as another vendor says": (asking(tool_choice="any"), "/tool_choice"),
    "a choice without a name": (asking(tool_choice={"type": "function", "function": {}}), "/tool_choice/function/name"),
    "a choice without type": (asking(tool_choice={"function": {"name": "f"}}), "/tool_choice/type"),
    "no functions": (asking(functions=[]), "/functions"),
    "a required function call": (asking(function_call="required"), "/function_call"),
    "an unknown response format": (asking(response_format={"type": "xml"}), "/response_format/type"),
    "a response format as text": (asking(response_format="json_object"), "/response_format"),
    "a JSON schema left out": (asking(response_format={"type": "json_schema"}), "/response_format/json_schema"),
    "a JSON schema without name": (
        asking(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
        "/response_format/json_schema/name",
    ),
    "an unknown modality": (asking(modalities=["video"]), "/modalities/0"),
    "speech without format": (asking(audio={"voice": "alloy"}), "/audio/format"),
    "a voice with more than an id": (asking(audio={"voice": {"id": "v", "x": 1}, "format": "wav"}), "/audio/voice/x"),
    "a place without the word approximate": (
        asking(web_search_options={"user_location": {"approximate": {}}}),
        "/web_search_options/user_location/type",
    ),
    "a prediction that is text": (asking(prediction="x"), "/prediction"),
    "moderation by nobody": (asking(moderation={}), "/moderation/model"),
    "metadata that is no text": (asking(metadata={"order": 42}), "/metadata/order"),
    "a long safety identifier": (asking(safety_identifier="a" * 129), "/safety_identifier"),
    "a cache for a year": (asking(prompt_cache_options={"ttl": "1y"}), "/prompt_cache_options/ttl"),
    "an unknown tier": (asking(service_tier="gold"), "/service_tier"),
}


@pytest.mark.parametrize(("body", "pointer"), REFUSED_BY_BOTH.values(), ids=REFUSED_BY_BOTH)
def test_what_the_api_refuses_is_refused_at_the_right_place(body: dict[str, Any], pointer: str) -> None:
    assert not the_api_allows(body)
    assert not we_allow(body)
    assert ours(REQUEST).faults(body)[0].pointer == pointer


REFUSED_BY_THE_SERVICE: dict[str, tuple[dict[str, Any], str]] = {
    "an empty model name asks for nothing": (asking(model=""), "/model"),
    "an assistant says, calls or refuses something": (saying({"role": "assistant"}), "/messages/0"),
    "a file comes from somewhere": (
        showing({"type": "file", "file": {"filename": "a.pdf"}}),
        "/messages/0/content/0/file",
    ),
    "names have no blanks": (saying({**ASK, "name": "Anna K"}), "/messages/0/name"),
    "names have at most 64 characters": (saying({**ASK, "name": "a" * 65}), "/messages/0/name"),
    "at most 128 tool calls in a message": (
        saying({"role": "assistant", "tool_calls": [CALL] * 129}),
        "/messages/0/tool_calls",
    ),
    "a function's name in the history follows the rule too": (
        saying({"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "a.b", "arguments": "{}"}}]}),
        "/messages/0/tool_calls/0/function/name",
    ),
    "tools are not empty": (asking(tools=[]), "/tools"),
    "at most 128 tools": (asking(tools=[FUNCTION] * 129), "/tools"),
    "function names have a pattern": (
        asking(tools=[{"type": "function", "function": {"name": "get weather"}}]),
        "/tools/0/function/name",
    ),
    "the names of deprecated functions have it too": (asking(functions=[{"name": "ü"}]), "/functions/0/name"),
    "the name of a form has it too": (
        asking(response_format={"type": "json_schema", "json_schema": {"name": "a b"}}),
        "/response_format/json_schema/name",
    ),
    "tokens are numbers": (asking(logit_bias={"hello": 5}), "/logit_bias/hello"),
    "a bias goes to 100": (asking(logit_bias={"5": 101}), "/logit_bias/5"),
    "a bias goes down to -100": (asking(logit_bias={"5": -101}), "/logit_bias/5"),
    "a seed has 64 bits": (asking(seed=2**63), "/seed"),
    "a seed has 64 bits below zero too": (asking(seed=-(2**63) - 1), "/seed"),
    "at most 16 labels": (asking(metadata={str(n): "" for n in range(17)}), "/metadata"),
    "a label's value has at most 512 characters": (asking(metadata={"a": "b" * 513}), "/metadata/a"),
    "a label's name has at most 64 characters": (asking(metadata={"a" * 65: ""}), f"/metadata/{'a' * 65}"),
}


@pytest.mark.parametrize(("body", "pointer"), REFUSED_BY_THE_SERVICE.values(), ids=REFUSED_BY_THE_SERVICE)
def test_what_only_the_service_refuses_is_refused_before_it_is_sent(body: dict[str, Any], pointer: str) -> None:
    assert the_api_allows(body)
    assert not we_allow(body)
    assert ours(REQUEST).faults(body)[0].pointer == pointer


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        (saying({"role": "users", "content": "x"}), "/messages/0/role", ['"users"', "did you mean user?"]),
        (saying({"role": "user"}), "/messages/0/content", ["is missing", "text or a list"]),
        (saying({"role": "assistant"}), "/messages/0", ["one with content or", "one with tool_calls"]),
        (asking(temperature="hot"), "/temperature", ['text "hot"', "a number from 0 to 2"]),
        (asking(stop=list("abcde")), "/stop", ["a list of 5", "a list of 1 to 4 entries"]),
        (asking(logit_bias={"hello": 5}), "/logit_bias/hello", ["names here", "such as 50256"]),
        (asking(tool_choice="any"), "/tool_choice", ['"any"', "none, auto, required or an object"]),
        (
            asking(tools=[{"type": "function", "function": {"name": "get weather"}}]),
            "/tools/0/function/name",
            ['"get weather"', "such as get_weather"],
        ),
        (showing({"type": "file", "file": {}}), "/messages/0/content/0/file", ["file_url or", "file_data"]),
    ],
)
def test_the_first_fault_says_where_what_was_found_and_what_is_allowed(
    body: dict[str, Any], pointer: str, words: list[str]
) -> None:
    fault = ours(REQUEST).faults(body)[0]
    assert fault.pointer == pointer
    for word in words:
        assert word in fault.message


def test_a_line_break_after_a_function_name_is_refused_with_its_place() -> None:
    body = asking(tools=[{"type": "function", "function": {"name": "get_weather\n"}}])
    assert not ours(REQUEST).accepts(body)
    assert [fault.pointer for fault in ours(REQUEST).faults(body)] == ["/tools/0/function/name"]


def test_a_wrong_kind_of_part_is_told_once_with_what_the_role_allows() -> None:
    faults = ours(REQUEST).faults(showing({"type": "img"}))
    assert [fault.pointer for fault in faults] == ["/messages/0/content/0/type"]
    assert faults[0].message.endswith("text, image_url, input_audio, file")


def test_every_fault_of_a_request_is_told() -> None:
    faults = ours(REQUEST).faults({"messages": [{"role": "tool"}, {}], "n": 0, "stop": []})
    assert {fault.pointer for fault in faults} == {
        "/n",
        "/stop",
        "/messages/0/content",
        "/messages/0/tool_call_id",
        "/messages/1/role",
    }


def test_what_the_mapper_builds_becomes_what_the_api_takes() -> None:
    built = {
        "messages": {"role": "user", "content": {"type": "text", "text": "Hello"}},
        "temperature": "0.5",
        "n": "2",
        "stream": "true",
        "stop": {"first": "END", "second": "STOP"},
        "functions": {"name": "f", "description": "", "parameters": {}},
        "tools": FUNCTION,
        "logit_bias": {"50256": "-100"},
        "modalities": {"0": "text"},
    }
    assert ours(REQUEST).fit(built) == (
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
            "temperature": 0.5,
            "n": 2,
            "stream": True,
            "stop": ["END", "STOP"],
            "functions": [{"name": "f", "description": "", "parameters": {}}],
            "tools": [FUNCTION],
            "logit_bias": {"50256": -100},
            "modalities": ["text"],
        },
        [],
    )


def test_a_mistyped_member_is_noticed_at_any_depth() -> None:
    body = showing({"type": "image_url", "image_url": {"url": "x", "details": "low"}})
    body["temprature"] = 1
    told = {fault.pointer: fault.message for fault in ours(REQUEST).find_unknown(body)}
    assert "did you mean temperature?" in told["/temprature"]
    assert "did you mean detail?" in told["/messages/0/content/0/image_url/details"]


# --- laws ---------------------------------------------------------------------------------------------------------

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


@settings(max_examples=60, deadline=None)
@given(spoiled(list(VALID.values())))
def test_what_is_accepted_the_api_takes_too(body: Any) -> None:
    if we_allow(body):
        assert the_api_allows(body)


@settings(max_examples=60, deadline=None)
@given(spoiled(list(VALID.values())))
def test_mending_leaves_a_good_request_alone_and_a_mended_one_is_good_or_told(body: Any) -> None:
    before = deepcopy(body)
    mended, faults = ours(REQUEST).fit(body)
    assert body == before
    assert ours(REQUEST).accepts(mended) is (faults == [])


# --- completions --------------------------------------------------------------------------------------------------

TOKEN = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
MODERATED = {
    "type": "moderation_results",
    "model": "omni-moderation-latest",
    "results": [
        {
            "type": "moderation_result",
            "model": "omni-moderation-latest",
            "flagged": False,
            "categories": {"violence": False},
            "category_scores": {"violence": 0.01},
            "category_applied_input_types": {"violence": ["text"]},
        }
    ],
}
FULL_COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "gpt-5.6-luna",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"start_index": 0, "end_index": 2, "url": "https://example.com", "title": "T"},
                    }
                ],
                "audio": {"id": "audio_1", "expires_at": 1_790_003_600, "data": "AAAA", "transcript": "Hi"},
                "tool_calls": [CALL, {"id": "c", "type": "custom", "custom": {"name": "g", "input": "x"}}],
                "function_call": {"name": "f", "arguments": "{}"},
            },
            "logprobs": {"content": [TOKEN], "refusal": None},
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0},
    },
    "service_tier": "default",
    "system_fingerprint": "fp_1",
    "metadata": {"order": "42"},
    "moderation": {"input": MODERATED, "output": {"type": "error", "code": "x", "message": "y"}},
}


def answering(message: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, **members}]}


def test_the_full_completion_is_accepted_as_the_api_publishes_it() -> None:
    assert jsonschema.Draft202012Validator(golden("response.json")).is_valid(FULL_COMPLETION)
    assert we_allow(FULL_COMPLETION, COMPLETION)
    assert ours(COMPLETION).find_unknown(FULL_COMPLETION) == []


def test_whatever_a_server_leaves_empty_or_out_is_forgiven_but_the_answers() -> None:
    needed = {"choices", "message"}
    for *way, last in places(FULL_COMPLETION):
        if last in needed or isinstance(last, int):
            continue
        empty, without = deepcopy(FULL_COMPLETION), deepcopy(FULL_COMPLETION)
        for completion in (empty, without):
            holder: Any = completion
            for key in way:
                holder = holder[key]
            holder[last] = None
            if completion is without:
                del holder[last]
        assert we_allow(empty, COMPLETION), (*way, last)
        assert we_allow(without, COMPLETION), (*way, last)


@pytest.mark.parametrize(
    "completion",
    [
        {"choices": []},
        answering({}),
        answering({"content": "Hi", "tool_calls": None}, finish_reason="eos"),
        answering({"content": "Hi", "reasoning_content": "Hm."}, finish_reason=None),
        answering({"content": "Hi", "reasoning": "Hm.", "reasoning_details": [{}]}, native_finish_reason="stop"),
        answering({"content": [{"type": "text", "text": "Hi"}]}),
        {**answering({"content": "Hi"}), "usage": {"cost": 0.1}, "provider": "p", "prompt_filter_results": []},
    ],
)
def test_what_compatible_servers_answer_is_accepted(completion: dict[str, Any]) -> None:
    assert we_allow(completion, COMPLETION)


@pytest.mark.parametrize(
    ("answer", "pointer"),
    [
        ({}, "/choices"),
        ({"error": {"message": "no"}}, "/choices"),
        ({"choices": None}, "/choices"),
        ({"choices": {}}, "/choices"),
        ({"choices": [{"text": "Hi"}]}, "/choices/0/message"),
        ({"choices": [{"message": "Hi"}]}, "/choices/0/message"),
        (answering({"content": 5}), "/choices/0/message/content"),
        ([], ""),
        ("Hi", ""),
    ],
)
def test_what_is_no_completion_is_refused(answer: Any, pointer: str) -> None:
    assert not we_allow(answer, COMPLETION)
    assert ours(COMPLETION).faults(answer)[0].pointer == pointer


@settings(max_examples=60, deadline=None)
@given(spoiled([FULL_COMPLETION]))
def test_both_validators_agree_on_any_completion(completion: Any) -> None:
    we_allow(completion, COMPLETION)
