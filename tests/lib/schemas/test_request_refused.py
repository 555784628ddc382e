"""What the API refuses is refused at the right place, in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.request_schemas import (
    ASK,
    CALL,
    FUNCTION,
    GRAMMAR,
    REQUEST,
    asking,
    ours,
    saying,
    showing,
    the_api_allows,
    we_allow,
)

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
    "a sound in a tool message": (
        showing({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, role="tool", tool_call_id="c"),
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
    "a tool of an unknown type": (asking(tools=[{"type": "web_find"}]), "/tools/0/type"),
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
