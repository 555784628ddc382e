"""An answer that broke off is never told as complete."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer import Outcome, report
from lib.completions.answer.outcome import outcome
from lib.completions.endpoint import read_answer
from lib.errors.api_error import ApiError

PING = {"id": "call_a", "type": "function", "function": {"name": "ping", "arguments": "{}"}}


def ended(reason: Any, content: Any = "Hello", **more: Any) -> dict[str, Any]:
    calls = more.pop("tool_calls", None)
    message = {"content": content, **({"tool_calls": calls} if calls else {})}
    return {"choices": [{"index": 0, "finish_reason": reason, "message": message, **more}]}


def doubts(completion: dict[str, Any]) -> tuple[str, ...]:
    return read_answer(completion)[1]


@pytest.mark.parametrize(
    "reason",
    [
        *("stop", "STOP", " Stop ", "stop_sequence", "stop-sequence", "end_turn", "endTurn", "end_of_turn", "COMPLETE"),
        *("eos", "eos_token", "<|im_end|>", "<|eot_id|>"),
        *("FINISH_REASON_STOP", "FinishReason.STOP", "StopReason.END_TURN"),
    ],
)
def test_a_good_end_is_complete_in_every_spelling(reason: str) -> None:
    assert outcome(ended(reason)) is Outcome.COMPLETE
    assert not doubts(ended(reason))


@pytest.mark.parametrize("reason", ["tool_calls", "tool_use", "toolCalls", "FINISH_REASON_TOOL_CALLS", "stop", None])
def test_calls_that_came_are_calls_however_the_answer_ended(reason: str | None) -> None:
    assert outcome(ended(reason, None, tool_calls=[PING])) is Outcome.TOOL_CALLS


@pytest.mark.parametrize("reason", [None, "", "null", "None"])
def test_an_end_that_is_not_told_is_a_doubt(reason: str | None) -> None:
    assert outcome(ended(reason)) is Outcome.COMPLETE
    assert "did not say why it ended" in doubts(ended(reason))[0]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("MAX_TOKENS", Outcome.TRUNCATED),
        ("maxTokens", Outcome.TRUNCATED),
        ("FinishReason.MAX_TOKENS", Outcome.TRUNCATED),
        ("abort", Outcome.TRUNCATED),
        ("insufficient_system_resource", Outcome.TRUNCATED),
        ("MALFORMED_FUNCTION_CALL", Outcome.TRUNCATED),
        ("RECITATION", Outcome.FILTERED),
        ("ContentFilter", Outcome.FILTERED),
        ("guardrail_intervened", Outcome.FILTERED),
        ("refusal", Outcome.REFUSED),
    ],
)
def test_an_end_that_breaks_off_is_told_as_that(reason: str, expected: Outcome) -> None:
    assert outcome(ended(reason)) is expected
    assert outcome(ended(reason, None, tool_calls=[PING])) is expected


@pytest.mark.parametrize("reason", ["abort", "error", "TIMEOUT", "overloaded", "user_cancel"])
def test_an_answer_that_the_service_broke_off_is_warned_of(reason: str) -> None:
    assert doubts(ended(reason)) == (f'choice 0 was broken off by the service ("{reason}")',)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("brand_new", Outcome.TRUNCATED),
        ("hate_speech_filter_v2", Outcome.FILTERED),
        ("too_many_tokens_for_plan", Outcome.TRUNCATED),
        (0, Outcome.TRUNCATED),
        (True, Outcome.TRUNCATED),
        ({"type": "brand_new"}, Outcome.TRUNCATED),
    ],
)
def test_an_end_that_nobody_knows_is_not_complete_and_is_warned_of(reason: Any, expected: Outcome) -> None:
    assert outcome(ended(reason)) is expected
    assert f"not known; it counts as {expected}" in doubts(ended(reason))[0]


@pytest.mark.parametrize("more", [{"finishReason": "MAX_TOKENS"}, {"done_reason": "length"}])
def test_the_end_is_found_under_another_name(more: dict[str, Any]) -> None:
    assert outcome(ended(None, **more)) is Outcome.TRUNCATED


def test_tool_calls_that_did_not_come_are_warned_of_and_not_complete() -> None:
    assert outcome(ended("tool_calls")) is Outcome.TRUNCATED
    assert outcome(ended("tool_calls", "")) is Outcome.EMPTY
    assert "no tool calls" in doubts(ended("tool_calls"))[0]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (ended("error", error={"code": 502, "message": "The provider hung up"}), "The provider hung up"),
        ({"object": "error", "message": "No such model"}, "No such model"),
        ({"code": 429, "message": "Slow down"}, "Slow down"),
        ({"detail": "Not here"}, "Not here"),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, "insufficient"),
        ({"errors": [{"message": "One"}, {"message": "Two"}]}, "One; Two"),
        ({"response": {"error": {"message": "Within"}}}, "Within"),
        ({**ended("stop"), "error": {"message": "Beside"}}, "Beside"),
    ],
)
def test_an_error_inside_a_good_answer_is_an_error_in_the_service_s_words(document: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_answer(document)
    assert text in caught.value.text


@pytest.mark.parametrize("error", [None, {}, "", {"message": "", "code": 0}])
def test_an_error_that_tells_nothing_beside_an_answer_is_none(error: Any) -> None:
    assert not doubts({**ended("stop"), "error": error})


@pytest.mark.parametrize("document", [{}, {"id": "x", "usage": {}}, {"choices": None}, {"choices": {}}])
def test_an_answer_without_choices_is_an_error(document: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="no choices"):
        read_answer(document)


# --- asked for and not come --------------------------------------------------------------------------------------


NAMED = {"tool_choice": {"type": "function", "function": {"name": "look_up"}}}


@pytest.mark.parametrize(
    ("completion", "request_", "warning"),
    [
        (ended("stop"), {"n": 3}, "3 answers were asked for (n), 1 came"),
        ({"choices": []}, {}, "1 answer was asked for (n), none came"),
        (ended("stop"), {"logprobs": True}, "logprobs were asked for"),
        (ended("stop"), {"tool_choice": "required"}, "a tool call was required"),
        (ended("stop"), {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required"}}}, "required"),
        (ended("stop"), NAMED, "the tool look_up was asked for (tool_choice), and did not come"),
        (ended("stop", None, tool_calls=[PING]), NAMED, "look_up was asked for (tool_choice), and ping came instead"),
        (ended("stop"), {"function_call": {"name": "look_up"}}, "look_up"),
        (ended("stop", None, tool_calls=[PING, PING]), {"parallel_tool_calls": False}, "one tool call at a time"),
        (ended("stop"), {"modalities": ["text", "audio"]}, "a spoken answer"),
        (ended("stop"), {"response_format": {"type": "json_object"}}, "JSON was asked for"),
    ],
)
def test_what_was_asked_for_and_did_not_come_is_told(
    completion: dict[str, Any], request_: dict[str, Any], warning: str
) -> None:
    assert any(warning in told for told in report(completion, request_)["warnings"])


@pytest.mark.parametrize(
    ("completion", "request_"),
    [
        (ended("stop"), {"n": 1, "logprobs": False, "tool_choice": "auto", "modalities": ["text"]}),
        (ended("stop", logprobs={"content": [{"token": "Hello"}]}), {"logprobs": True}),
        (ended("tool_calls", None, tool_calls=[PING]), {"tool_choice": "required", "logprobs": True}),
        (ended("length"), {"tool_choice": "required", "modalities": ["audio"]}),
        (ended("stop"), {"n": "many", "tool_choice": 7, "modalities": 7, "function_call": "auto"}),
    ],
)
def test_nothing_is_told_where_nothing_is_missing(completion: dict[str, Any], request_: dict[str, Any]) -> None:
    assert "warnings" not in report(completion, request_)


@pytest.mark.parametrize(
    ("native", "told"),
    [
        ("SAFETY", Outcome.FILTERED),
        ("MAX_TOKENS", Outcome.TRUNCATED),
        ("STOP", Outcome.COMPLETE),
        ("?", Outcome.COMPLETE),
    ],
)
def test_a_gateway_s_stop_does_not_hide_how_the_model_ended(native: str, told: Outcome) -> None:
    assert outcome(ended("stop", native_finish_reason=native)) is told
