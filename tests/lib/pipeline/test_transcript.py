"""Requests and answers of both APIs as messages with parts, by the conventions' names."""

from __future__ import annotations

from typing import Any

import pytest

from lib.offline.sandbox import KEY, Sandbox
from lib.pipeline.transcript import transcript
from tests.support.bring import Reports, bring
from tests.support.journaled import journal

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"


def test_tool_calls_their_results_and_pictures_have_parts_of_their_own() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bonn"}'}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    ]
    answer = {"choices": [{"message": {"role": "assistant", "content": "Rain"}, "finish_reason": "stop"}]}
    assert transcript({"messages": messages}, answer) == {
        INPUT: [
            {"role": "user", "parts": [{"type": "text", "content": "Look"}, {"type": "image_url", "left_out": True}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Bonn"}}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "rain"}]},
        ],
        OUTPUT: [{"role": "assistant", "parts": [{"type": "text", "content": "Rain"}], "finish_reason": "stop"}],
    }


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_what_a_step_asked_and_was_answered_is_told_over_both_apis(sandbox: Sandbox, api: str) -> None:
    reports = Reports()
    cfg: dict[str, Any] = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2", "api": api}
    body = {"messages": [{"role": "user", "content": "Say blue"}]}
    emitted = bring(journal(), "sendRequest", body, reports, **cfg)
    (report,) = reports
    assert report.content is not None
    told = report.content()
    assert told[INPUT] == [{"role": "user", "parts": [{"type": "text", "content": "Say blue"}]}]
    (answer,) = [one for one in told[OUTPUT] if one["parts"] and one["parts"][0]["type"] == "text"]
    assert answer["parts"][0]["content"] == emitted.body["choices"][0]["message"]["content"]


@pytest.mark.parametrize("odd", [{}, {"messages": None}, {"messages": [None, 7, {"content": [None, {"type": 1}]}]}])
def test_what_is_no_request_fails_nobody(odd: dict[str, Any]) -> None:
    assert set(transcript(odd, {})) == {INPUT, OUTPUT}
