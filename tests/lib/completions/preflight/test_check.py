"""What the check of a request finds, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.preflight import RULES, adapt, check
from tests.support.preflight import (
    HELLO,
    MODELS,
    WEATHER,
    asking,
    chosen,
)


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_a_plain_request_has_no_findings() -> None:
    assert check({"model": "gpt-6-sol", "messages": [HELLO]}, family=MODELS.find("gpt-6-sol"), public_api=True) == []


def test_an_unknown_model_is_never_refused() -> None:
    body = {"model": "someone/llama", "messages": [HELLO], "max_tokens": 9**9, "temperature": 2, "stop": "x"}
    assert check(body, family=MODELS.find("someone/llama"), public_api=False) == []


def test_away_from_the_public_api_its_own_refusals_are_warnings() -> None:
    body = {"model": "x", "messages": [HELLO], "tool_choice": "auto", "tools": []}
    findings = check(body, family=None, public_api=False)
    assert {one.rule for one in findings} == {"no_tools", "choice_without_tools"}
    assert not any(one.certain for one in findings)


def test_what_no_server_can_do_is_an_error_everywhere() -> None:
    body = {"model": "x", "messages": [HELLO], "tools": [WEATHER], "tool_choice": chosen("time")}
    assert [one.certain for one in check(body, family=None, public_api=False)] == [True]


def test_certain_findings_come_first() -> None:
    body = {"model": "x", "messages": [HELLO], "colour": 1, "metadata": {"a": "b"}, "tools": []}
    certain = [one.certain for one in check(body, family=None, public_api=True)]
    assert certain == sorted(certain, reverse=True)
    assert len(set(certain)) == 2


def test_null_is_as_good_as_absent() -> None:
    body = {"model": "gpt-5", "messages": [HELLO], "temperature": None, "tool_choice": None, "max_tokens": None}
    assert check(body, family=MODELS.find("gpt-5"), public_api=True) == []


def test_nothing_is_fetched_for_a_schema() -> None:
    body = {"model": "x", "messages": [HELLO], **asking({"$ref": "http://127.0.0.1:9/x"})}
    told = check(body, family=None, public_api=False)
    assert "is not fetched" in told[0].message


def test_max_tokens_is_renamed_for_models_that_reason_and_that_is_said() -> None:
    body = {"model": "gpt-5", "max_tokens": 7, "messages": []}
    adapted, notes = adapt(body, MODELS.find("gpt-5"))
    assert adapted == {"model": "gpt-5", "max_completion_tokens": 7, "messages": []}
    assert list(notes) == ["max_tokens was sent as max_completion_tokens, as gpt-5 wants it"]
    assert "max_tokens" in body


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"max_tokens": 7}, "gpt-4o"),
        ({"max_tokens": 7}, "llama"),
        ({"max_tokens": 7, "max_completion_tokens": 8}, "gpt-5"),
        ({"max_completion_tokens": 8, "temperature": 0}, "gpt-5"),
        ({"max_tokens": None}, "gpt-5"),
    ],
)
def test_nothing_else_is_changed(body: dict[str, Any], model: str) -> None:
    assert adapt(body, MODELS.find(model)) == (body, ())
