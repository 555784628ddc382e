"""A response as a chat completion, line by line as the reference maps it."""

from __future__ import annotations

from typing import Any

import pytest

from lib.errors.api_error import ApiError
from lib.responses.answer import read_answer

USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


def text(words: str, *marks: dict[str, Any], **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": words, "annotations": list(marks), **more}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def response(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 1760000000.5, "model": "gpt-5.5", "status": "completed"}
    return {**head, "error": None, "output": list(output), "usage": USAGE, **more}


def choice_of(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    completion, _ = read_answer(response(*output, **more))
    (choice,) = completion["choices"]
    assert choice["index"] == 0
    found: dict[str, Any] = choice
    return found


CITED = {"type": "url_citation", "start_index": 1, "end_index": 3, "url": "https://e.org", "title": "E"}
CALL = {"type": "function_call", "id": "fc_9", "call_id": "call_1", "name": "f", "arguments": "{}"}
CUSTOM = {"type": "custom_tool_call", "id": "ctc_9", "call_id": "call_2", "name": "g", "input": "x"}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}],
    "encrypted_content": "abc",
}
REFUSAL = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}


def test_the_head_is_that_of_a_completion() -> None:
    completion, doubts = read_answer(response(text("Hi"), service_tier="flex", metadata={"a": "b"}))
    assert (completion["id"], completion["object"], completion["created"]) == ("resp_1", "chat.completion", 1760000000)
    assert (completion["model"], completion["service_tier"], completion["metadata"]) == ("gpt-5.5", "flex", {"a": "b"})
    assert "system_fingerprint" not in completion
    assert not doubts


def test_the_usage_is_renamed_and_what_is_absent_stays_absent() -> None:
    given = {
        **USAGE,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens_details": {"reasoning_tokens": 3},
    }
    completion, _ = read_answer(response(text("Hi"), usage=given))
    assert completion["usage"] == {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    completion, _ = read_answer(response(text("Hi")))
    assert completion["usage"] == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ([text("Hi")], {"content": "Hi"}),
        ([text("a"), text("b")], {"content": "ab"}),
        ([], {"content": None}),
        ([REFUSAL], {"content": None, "refusal": "No."}),
        (
            [CALL, CUSTOM],
            {
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "call_2", "type": "custom", "custom": {"name": "g", "input": "x"}},
                ],
            },
        ),
        (
            [text("ab"), text("cdef", CITED)],
            {
                "content": "abcdef",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"start_index": 3, "end_index": 5, "url": "https://e.org", "title": "E"},
                    }
                ],
            },
        ),
        (
            [THOUGHT, text("Hi")],
            {"content": "Hi", "reasoning_content": "One.\n\nTwo.", "response_items": [THOUGHT, text("Hi")]},
        ),
        (
            [{**text("Let me see"), "phase": "commentary"}, {**text("42"), "phase": "final_answer"}],
            {
                "content": "42",
                "response_items": [
                    {**text("Let me see"), "phase": "commentary"},
                    {**text("42"), "phase": "final_answer"},
                ],
            },
        ),
        ([{**text("Let me see"), "phase": "commentary"}], {"content": "Let me see"}),
    ],
    ids=[
        *("one message", "messages are joined", "nothing", "a refusal", "calls", "citations are shifted"),
        *("reasoning", "no commentary beside a final answer", "commentary alone"),
    ],
)
def test_the_items_make_one_message(output: list[Any], message: dict[str, Any]) -> None:
    expected = {"role": "assistant", "refusal": None, **message}
    found = choice_of(*output)["message"]
    assert {name: found.get(name) for name in expected} == expected
    assert found.keys() - expected.keys() <= {"response_items"}


def test_of_several_messages_with_json_one_is_the_document() -> None:
    asked = {"text": {"format": {"type": "json_object"}}}
    assert choice_of(text('{"a":1}'), text('{"b":2}'), **asked)["message"]["content"] == '{"a":1}'
    final = {**text('{"b":2}'), "phase": "final_answer"}
    assert choice_of(text('{"a":1}'), final, **asked)["message"]["content"] == '{"b":2}'


@pytest.mark.parametrize(
    ("more", "output", "reason"),
    [
        ({}, [text("Hi")], "stop"),
        ({}, [text("Hi"), CALL], "tool_calls"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, [text("H")], "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, [text("H")], "content_filter"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_messages"}}, [text("H")], "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, [CALL], "length"),
        ({"status": "queued"}, [], None),
        ({"status": "in_progress"}, [], None),
    ],
)
def test_the_reason_follows_from_the_status(more: dict[str, Any], output: list[Any], reason: str | None) -> None:
    assert choice_of(*output, **more)["finish_reason"] == reason


def test_log_probabilities_are_kept() -> None:
    one = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
    assert choice_of(text("Hi", logprobs=[one]))["logprobs"] == {"content": [one], "refusal": None}
    assert choice_of(text("Hi"))["logprobs"] is None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (response(status="failed", error={"code": "server_error", "message": "Oops"}), "server_error"),
        (response(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow"}), "rate_limit"),
        (response(status="failed", error={"code": "insufficient_quota", "message": "Pay"}), "quota"),
        (response(status="failed"), "server_error"),
        (response(text("Half"), status="cancelled"), "response_cancelled"),
        ({"id": "x", "choices": []}, "unreadable"),
        ({"object": "error", "message": "model overloaded", "code": "server_is_overloaded"}, "overloaded"),
    ],
)
def test_what_is_no_answer_is_an_error_with_a_name(document: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError) as raised:
        read_answer(document)
    assert raised.value.code == code


def test_what_had_come_of_a_cancelled_answer_is_kept() -> None:
    with pytest.raises(ApiError) as raised:
        read_answer(response(text("Half"), status="cancelled"))
    assert raised.value.partial is not None
    assert raised.value.partial["choices"][0]["message"]["content"] == "Half"


def test_an_answer_of_which_nobody_says_how_it_ended_is_doubted() -> None:
    _, doubts = read_answer(response(text("Hi"), status=None))
    assert "no status" in doubts[0]
    completion, doubts = read_answer(response(text("Hi"), status="paused"))
    assert completion["choices"][0]["finish_reason"] == "paused"
    assert '"paused"' in doubts[0]
