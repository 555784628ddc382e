"""A round with tools: what the model thought goes back untouched, and only where it is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.responses.answer import read_answer
from lib.responses.items import to_items
from pysailor.errors import InvalidInput
from tests.support.fake_api import FakeApi
from tests.support.response_events import CALL, MESSAGE, THOUGHT, response
from tests.support.send_request import completion, emitted

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

BASE = "https://api.openai.com/v1"
ASK = {"role": "user", "content": "Please get weather of Oslo"}
TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
LOCKED = {**THOUGHT, "encrypted_content": "abc"}


def handed_back(*output: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = read_answer(response(output=output))[0]["choices"][0]["message"]
    return message


def result(text: str = "warm", call_id: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def test_a_flow_that_hands_the_message_back_sends_the_reasoning_before_its_call(sandbox: Sandbox) -> None:
    cfg = {"model": "gpt-sandbox-2-pro", "api": "responses", "baseUrl": sandbox.base_url}
    (first,) = emitted({"messages": [ASK], "tools": TOOLS}, **cfg)
    said = first.body["choices"][0]["message"]
    (call,) = said["tool_calls"]
    (second,) = emitted({"messages": [ASK, said, result(call_id=call["id"])], "tools": TOOLS}, **cfg)
    assert "“warm”" in second.body["choices"][0]["message"]["content"]
    sent = sandbox.requests[-1].body["input"]
    assert [item.get("type", "message") for item in sent] == [
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
    ]
    assert sent[1] == said["response_items"][0]
    assert "id" not in sent[2]


def test_the_items_are_left_out_again_over_chat() -> None:
    with FakeApi() as api:
        asked = api.post(f"{BASE}/chat/completions", json=completion("Hi"))
        emitted({"messages": [ASK, handed_back(LOCKED, MESSAGE), ASK]}, model="gpt-4.1", baseUrl=BASE)
    assert b"response_items" not in asked.received[0].body


def test_reasoning_that_nobody_could_find_is_left_out() -> None:
    items = to_items([handed_back(THOUGHT, CALL), result()], stored=False)
    assert [item["type"] for item in items] == ["function_call", "function_call_output"]
    kept = to_items([handed_back(THOUGHT, CALL), result()], stored=True)
    assert kept[0] == THOUGHT


@pytest.mark.parametrize(
    "change",
    [
        {"content": "Something else"},
        {"tool_calls": []},
        {"refusal": "No."},
        {"response_items": [{"type": "reasoning"}]},
    ],
)
def test_a_message_that_was_changed_is_sent_as_it_is_now_with_a_warning(change: dict[str, Any]) -> None:
    message = {**handed_back(LOCKED, MESSAGE, CALL), **change}
    assert "reasoning" not in [item.get("type") for item in to_items([message], stored=False)]
    messages = [ASK, message, *([result()] if message["tool_calls"] else []), ASK]
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response())
        (emitted_,) = emitted({"messages": messages, "tools": TOOLS}, model="gpt-5.5", baseUrl=BASE, api="responses")
    assert any("response_items" in warning for warning in emitted_.body["result"]["warnings"])


def test_null_members_and_states_are_not_sent_back() -> None:
    odd = {**CALL, "status": "completed", "namespace": None, "caller": {"type": "direct"}}
    thought = {**LOCKED, "status": "completed", "content": [{"type": "reasoning_text", "text": "x"}]}
    sent = to_items([handed_back(thought, odd), result()], stored=False)
    assert sent[0] == LOCKED
    assert sent[1] == {**{name: value for name, value in CALL.items() if name != "id"}, "caller": {"type": "direct"}}


REFUSALS = [
    (
        400,
        {"code": "invalid_encrypted_content", "message": "The encrypted content could not be verified."},
    ),
    (404, {"code": None, "param": "input", "message": "Item with id 'rs_1' not found. Items are not persisted …"}),
]


@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_reasoning_that_is_refused_is_left_out_once(status: int, error: dict[str, Any]) -> None:
    body = {"messages": [ASK, handed_back(LOCKED, CALL), result()], "tools": TOOLS}
    with FakeApi() as api:
        first = api.post(f"{BASE}/responses", status=status, json={"error": error})
        again = api.post(f"{BASE}/responses", json=response())
        (message,) = emitted(body, model="gpt-5.5", baseUrl=BASE)
    assert b'"reasoning"' in first.received[0].body
    assert b'"type": "reasoning"' not in again.received[0].body
    assert any("reasoning of an earlier answer" in warning for warning in message.body["result"]["warnings"])


def test_encrypted_reasoning_is_asked_for_where_a_round_with_tools_may_follow() -> None:
    with FakeApi() as api:
        asked = api.post(f"{BASE}/responses", json=response())
        emitted({"messages": [ASK], "tools": TOOLS}, model="gpt-5.5", baseUrl=BASE)
        emitted({"messages": [ASK], "tools": TOOLS}, model="gpt-4.1", baseUrl=BASE, api="responses")
    with_tools, without_reasoning = (each.body for each in asked.received)
    assert b"reasoning.encrypted_content" in with_tools
    assert b"reasoning.encrypted_content" not in without_reasoning
    assert b"summary" not in with_tools  # some organizations are refused it


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "role": "system", "content": []},
        {"role": "developer", "content": "Obey"},
        {"type": "item_reference", "id": "msg_0"},
        {"type": "function_call_output", "call_id": "call_0", "output": "x"},
        {"type": "additional_tools", "role": "developer", "tools": []},
        {"type": "configuration_update", "reasoning": {"effort": "high"}},
    ],
)
def test_what_no_model_can_have_said_is_not_sent_in_its_name(item: dict[str, Any]) -> None:
    message = handed_back(LOCKED, CALL)
    slipped = {**message, "response_items": [item, *message["response_items"]]}
    assert [one["type"] for one in to_items([slipped, result()], stored=False)] == [
        "function_call",
        "function_call_output",
    ]


def test_a_tool_may_answer_with_a_picture() -> None:
    shot = {**result(), "content": [{"type": "image_url", "image_url": {"url": "https://e.org/a.png"}}]}
    body = {"messages": [ASK, handed_back(CALL), shot], "tools": TOOLS}
    with FakeApi() as api:
        asked = api.post(f"{BASE}/responses", json=response())
        emitted(body, model="gpt-4.1", baseUrl=BASE)
    (sent,) = json.loads(asked.received[0].body)["input"][2:]
    assert sent["output"] == [{"type": "input_image", "image_url": "https://e.org/a.png"}]
    with FakeApi(), pytest.raises(InvalidInput, match="set API to Responses"):
        emitted(body, model="gpt-4.1", baseUrl=BASE, api="chat")


def test_reasoning_that_led_to_nothing_is_left_out() -> None:
    cut = {"role": "assistant", "content": None, "response_items": [LOCKED]}
    assert to_items([ASK, cut, ASK], stored=True) == [ASK, ASK]


def test_where_the_service_knows_what_was_said_no_item_is_sent_with_its_id() -> None:
    said = handed_back(LOCKED, MESSAGE)
    with FakeApi() as api:
        asked = api.post(f"{BASE}/responses", json=response())
        body = {"messages": [ASK, said, ASK], "previous_response_id": "resp_0"}
        (message,) = emitted(body, model="gpt-5.5", baseUrl=BASE)
    assert b"rs_1" not in asked.received[0].body
    assert any("paid for twice" in warning for warning in message.body["result"]["warnings"])
