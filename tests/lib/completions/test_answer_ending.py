"""An answer that broke off is never told as complete."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer import Outcome
from lib.completions.answer.outcome import outcome
from lib.completions.endpoint import read_answer
from lib.errors.api_error import ApiError


def ended(reason: str, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "finish_reason": reason, "message": {"content": "Hello"}, **more}]}


@pytest.mark.parametrize("reason", ["stop", "STOP", "end_turn", "eos", "FINISH_REASON_STOP", "stop-sequence"])
def test_a_good_end_is_complete_in_every_spelling(reason: str) -> None:
    assert outcome(ended(reason)) is Outcome.COMPLETE
    assert read_answer(ended(reason)) == ()


@pytest.mark.parametrize(
    ("reason", "worth"),
    [
        ("MAX_TOKENS", Outcome.TRUNCATED),
        ("abort", Outcome.TRUNCATED),
        ("insufficient_system_resource", Outcome.TRUNCATED),
        ("RECITATION", Outcome.FILTERED),
    ],
)
def test_an_end_that_breaks_off_is_told_as_that(reason: str, worth: Outcome) -> None:
    assert outcome(ended(reason)) is worth


def test_an_end_that_nobody_knows_is_not_complete_and_is_warned_of() -> None:
    assert outcome(ended("brand_new")) is Outcome.TRUNCATED
    assert "brand_new" in read_answer(ended("brand_new"))[0]


def test_tool_calls_that_did_not_come_are_warned_of() -> None:
    assert "no tool calls" in read_answer(ended("tool_calls"))[0]


def test_an_error_inside_a_choice_is_an_error() -> None:
    with pytest.raises(ApiError) as caught:
        read_answer(ended("error", error={"code": 502, "message": "The provider hung up"}))
    assert caught.value.text == "The provider hung up"
