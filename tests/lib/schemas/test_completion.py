"""Completions as servers send them, against the declared output."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from tests.support.request_schemas import (
    CALL,
    COMPLETION,
    golden,
    ours,
    places,
    spoiled,
    we_allow,
)

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
