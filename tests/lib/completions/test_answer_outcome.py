"""The outcome of an answer follows from what it holds before what it says of its end."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer import Outcome, report
from lib.completions.answer.outcome import outcome

from ...support.answers import answer, call, calling, choice


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (answer("Hello"), Outcome.COMPLETE),
        (answer("Hello", None), Outcome.COMPLETE),
        (answer("Hello", "something new"), Outcome.TRUNCATED),
        (answer([{"type": "text", "text": "Hello"}]), Outcome.COMPLETE),
        (answer(None, audio={"transcript": "Hello"}), Outcome.COMPLETE),
        (answer("Hel", "length"), Outcome.TRUNCATED),
        (answer("", "length", reasoning_content="Let me think"), Outcome.TRUNCATED),
        (answer(None, "length"), Outcome.TRUNCATED),
        (answer("Hel", "MAX_TOKENS"), Outcome.TRUNCATED),
        (answer("Hel", "error"), Outcome.TRUNCATED),
        (answer("Hel", "content_filter"), Outcome.FILTERED),
        (answer(None, refusal="I can't"), Outcome.REFUSED),
        (answer(None, "length", refusal="I can"), Outcome.REFUSED),
        (answer([{"type": "refusal", "refusal": "No"}]), Outcome.REFUSED),
        (calling(call()), Outcome.TOOL_CALLS),
        (calling(call(), reason="stop"), Outcome.TOOL_CALLS),
        (calling(call(), reason="length"), Outcome.TRUNCATED),
        (answer("Wait", "stop", tool_calls=[call()]), Outcome.TOOL_CALLS),
        (answer(None, "function_call", function_call={"name": "ping", "arguments": ""}), Outcome.TOOL_CALLS),
        (answer("Hello", tool_calls=None, refusal=""), Outcome.COMPLETE),
        (answer("", reasoning="Hm"), Outcome.EMPTY),
        (answer(" \n"), Outcome.EMPTY),
        (answer(None, "tool_calls", tool_calls=[]), Outcome.EMPTY),
        ({"choices": []}, Outcome.EMPTY),
        ({"choices": [None]}, Outcome.EMPTY),
        ({}, Outcome.EMPTY),
    ],
)
def test_an_answer_is_worth_what_it_holds(completion: dict[str, Any], expected: Outcome) -> None:
    assert outcome(completion) is expected


def test_every_choice_has_its_own_outcome() -> None:
    completion = {"choices": [choice("a"), choice("b", "length"), choice()]}
    assert [one["outcome"] for one in report(completion, {})["choices"]] == ["complete", "truncated", "empty"]
    assert outcome(completion) == "complete"
