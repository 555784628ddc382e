"""Tool calls are told apart and completed, whatever a server leaves out, streamed or not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.completions.answer import calls

from ...support.asking import ask, ask_stream, chunk, event, whole

DONE = b"data: [DONE]\n\n"


def a_call(name: str = "ping", arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    return {"id": "call_a", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def without(call: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name not in names}


ENCODED_TWICE = json.dumps(json.dumps({"city": "Bonn"}))


@pytest.mark.parametrize(
    ("given", "expected", "warnings"),
    [
        ([a_call()], [("ping", "{}")], ()),
        ([a_call(id="")], [("ping", "{}")], (calls.WITHOUT_ID,)),
        ([a_call(id=None)], [("ping", "{}")], (calls.WITHOUT_ID,)),
        ([without(a_call(), "id")], [("ping", "{}")], (calls.WITHOUT_ID,)),
        ([a_call(id=7)], [("ping", "{}")], ()),
        ([a_call(), a_call("look")], [("ping", "{}"), ("look", "{}")], (calls.REPEATED_ID,)),
        ([a_call(), a_call()], [("ping", "{}"), ("ping", "{}")], (calls.REPEATED_ID,)),
        ([a_call(id=""), a_call("look", "", id="")], [("ping", "{}"), ("look", "")], (calls.WITHOUT_ID,)),
        ([a_call(arguments={"a": 1})], [("ping", '{"a": 1}')], (calls.ARGUMENTS_AS_OBJECT,)),
        ([a_call(arguments=ENCODED_TWICE)], [("ping", '{"city": "Bonn"}')], (calls.ENCODED_TWICE,)),
        ([a_call(arguments=json.dumps(ENCODED_TWICE))], [("ping", '{"city": "Bonn"}')], (calls.ENCODED_TWICE,)),
        ([a_call(arguments='"Bonn"')], [("ping", '"Bonn"')], ()),
        ([a_call(arguments='{"a": 1}{"a": 2}')], [("ping", '{"a": 1}'), ("ping", '{"a": 2}')], (calls.RUN_TOGETHER,)),
        ([a_call(arguments='{"a": "}{"}')], [("ping", '{"a": "}{"}')], ()),
        ([{"id": "x", "name": "ping", "arguments": "{}"}], [("ping", "{}")], (calls.FLAT_CALL,)),
    ],
)
def test_tool_calls_have_ids_of_their_own_and_arguments_encoded_once(
    given: list[dict[str, Any]], expected: list[tuple[str, str]], warnings: tuple[str, ...]
) -> None:
    document = json.dumps(whole(None, "tool_calls", tool_calls=given)).encode()
    indexed = [{**call, "index": place} for place, call in enumerate(given)]
    at_once = event(chunk({"role": "assistant", "tool_calls": indexed})) + event(chunk({}, "tool_calls")) + DONE
    one_by_one = b"".join(event(chunk({"tool_calls": [call]})) for call in indexed) + event(chunk({}, "tool_calls"))
    answers = [ask(document), ask_stream(at_once), ask_stream(one_by_one + DONE)]
    for answer in answers:
        found = answer.body["choices"][0]["message"]["tool_calls"]
        assert [(call["function"]["name"], call["function"]["arguments"]) for call in found] == expected
        ids = [call["id"] for call in found]
        assert all(isinstance(one, str) and one for one in ids)
        assert len(set(ids)) == len(ids)
        assert sorted(answer.warnings) == sorted(warnings)
    assert answers[0].body["choices"][0]["message"]["tool_calls"] == found


@pytest.mark.parametrize(
    "pieces",
    [
        [[without(a_call("ping", ""), "id"), without(a_call("look", ""), "id")]],
        [[without(a_call("ping", ""), "id")], [without(a_call("look", ""), "id")]],
        [[a_call("ping", "", index=0, id="")], [a_call("look", "", index=0, id="")]],
        [[a_call("ping", "{}", index=0, id=None)], [a_call("look", "{}", index=0, id=None)]],
        [[a_call("ping", "", index=0, id="a")], [a_call("look", "", index=0, id="b")]],
        [[a_call("ping", index=0, id="a"), a_call("look", index=0, id="b")]],
        [[a_call("ping", None, index=0, id=""), a_call("look", None, index=0, id="")]],
    ],
)
def test_two_calls_that_no_index_or_id_parts_stay_two(pieces: list[list[dict[str, Any]]]) -> None:
    body = b"".join(event(chunk({"tool_calls": piece})) for piece in pieces) + event(chunk({}, "tool_calls")) + DONE
    found = ask_stream(body).body["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in found] == ["ping", "look"]


def test_two_calls_of_one_function_without_arguments_stay_two() -> None:
    two = [a_call("ping", "", index=0, id=""), a_call("ping", "", index=0, id="")]
    body = event(chunk({"tool_calls": two})) + event(chunk({}, "tool_calls")) + DONE
    assert len(ask_stream(body).body["choices"][0]["message"]["tool_calls"]) == 2


def test_a_call_of_the_deprecated_kind_has_its_arguments_as_text() -> None:
    function = {"name": "ping", "arguments": {"a": 1}}
    document = json.dumps(whole(None, "function_call", function_call=function)).encode()
    streamed = event(chunk({"function_call": function})) + event(chunk({}, "function_call")) + DONE
    for answer in (ask(document), ask_stream(streamed)):
        assert answer.body["choices"][0]["message"]["function_call"] == {"name": "ping", "arguments": '{"a": 1}'}
        assert answer.warnings == (calls.ARGUMENTS_AS_OBJECT,)


def test_one_call_that_is_no_list_is_a_call() -> None:
    document = json.dumps(whole(None, "tool_calls", tool_calls=a_call())).encode()
    streamed = event(chunk({"tool_calls": a_call()})) + event(chunk({}, "tool_calls")) + DONE
    for answer in (ask(document), ask_stream(streamed)):
        assert [call["id"] for call in answer.body["choices"][0]["message"]["tool_calls"]] == ["call_a"]
