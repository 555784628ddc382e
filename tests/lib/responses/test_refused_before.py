"""What Responses cannot do is told before sending, what it is sent without is a warning."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.errors import InvalidInput
from tests.support.fake_api import FakeApi
from tests.support.response_events import response
from tests.support.send_request import HELLO, USER, emitted

BASE = "https://api.openai.com/v1"
CFG = {"model": "gpt-5.5-pro", "baseUrl": BASE}
AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "several answers": ({"n": 2}, "/n"),
    "a stop text": ({"stop": ["END"]}, "/stop"),
    "a presence penalty": ({"presence_penalty": 0.5}, "/presence_penalty"),
    "a frequency penalty": ({"frequency_penalty": -1}, "/frequency_penalty"),
    "a bias": ({"logit_bias": {"50256": -100}}, "/logit_bias"),
    "a prediction": ({"prediction": {"type": "content", "content": "x"}}, "/prediction"),
    "a spoken answer": ({"modalities": ["text", "audio"], "audio": {"voice": "coral", "format": "mp3"}}, "/audio"),
    "functions of the old kind": ({"functions": [{"name": "f"}]}, "/functions"),
    "a recording": ({"messages": [{"role": "user", "content": [AUDIO]}]}, "/messages/0/content/0"),
    "a spoken answer of before": (
        {"messages": [USER, {"role": "assistant", "audio": {"id": "a"}}, USER]},
        "/messages/1/audio",
    ),
    "a tool that nobody could answer": ({"tools": [{"type": "mcp", "server_label": "x"}]}, "/tools/0/require_approval"),
    "a state twice": ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "/conversation"),
    "a window without background": (
        {"background_options": {"completion_window": "8h"}},
        "/background_options/completion_window",
    ),
    "a window on another tier": (
        {"background": True, "background_options": {"completion_window": "8h"}, "service_tier": "flex"},
        "/service_tier",
    ),
    "a format without its schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
        "/response_format/json_schema/schema",
    ),
}


@pytest.mark.parametrize(("body", "pointer"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_it_is_not_sent_and_the_place_is_named(body: dict[str, Any], pointer: str) -> None:
    with FakeApi(), pytest.raises(InvalidInput) as raised:
        emitted({**HELLO, **body}, **CFG)
    assert pointer in [fault.pointer for fault in raised.value.faults]


def test_where_tools_led_to_responses_the_message_says_what_else_would_do() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    with FakeApi(), pytest.raises(InvalidInput) as raised:
        emitted(
            {**HELLO, "prediction": {"type": "content", "content": "x"}, "tools": tools}, baseUrl=BASE, model="gpt-5.5"
        )
    assert "reasoning_effort" in str(raised.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"seed": 1}, "seed"),
        ({"messages": [{**USER, "name": "Ann"}]}, "names"),
        ({"max_completion_tokens": 5}, "16"),
    ],
)
def test_what_is_dropped_or_changed_is_a_warning(body: dict[str, Any], said: str) -> None:
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response())
        (message,) = emitted({**HELLO, **body}, **CFG)
    assert any(said in warning for warning in message.body["result"]["warnings"])


def test_a_result_without_its_call_is_taken_where_the_service_keeps_the_call() -> None:
    body = {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "warm"}]}
    with FakeApi(), pytest.raises(InvalidInput):
        emitted(body, **CFG)
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response())
        emitted({**body, "previous_response_id": "resp_0"}, **CFG)


def test_what_is_made_in_the_background_is_pending() -> None:
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response("queued", ()))
        (message,) = emitted({**HELLO, "background": True, "store": True}, **CFG)
    assert message.body["result"]["outcome"] == "pending"
    assert (message.body["id"], message.body["status"]) == ("resp_1", "queued")
