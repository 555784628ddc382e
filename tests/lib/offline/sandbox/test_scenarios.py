"""Everything that may go wrong with a server can be had by name, over a real socket."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lib.offline.sandbox import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Draft202012Validator

    from lib.offline.sandbox import Sandbox

    Ask = Callable[..., requests.Response]
    Golden = Callable[[str], Draft202012Validator]


def message(response: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["choices"][0]["message"]
    return found


def reason(response: requests.Response) -> str:
    return str(response.json()["choices"][0]["finish_reason"])


@pytest.mark.parametrize(
    ("scenario", "status", "kind", "code"),
    [
        ("bad_key", 401, "invalid_request_error", "invalid_api_key"),
        ("forbidden", 403, "invalid_request_error", None),
        ("quota", 429, "insufficient_quota", "insufficient_quota"),
        ("rate_limit_always", 429, "requests", "rate_limit_exceeded"),
        ("rate_limit_long", 429, "requests", "rate_limit_exceeded"),
        ("server_error_always", 500, "server_error", None),
        ("context_length", 400, "invalid_request_error", "context_length_exceeded"),
        ("error_in_ok", 200, "service_unavailable_error", "server_is_overloaded"),
    ],
)
def test_a_refusal_by_scenario_has_the_apis_body(
    ask: Ask, golden: Golden, scenario: str, status: int, kind: str, code: str | None
) -> None:
    for _ in range(2):
        response = ask(scenario)
        error = response.json()["error"]
        assert (response.status_code, error["type"], error["code"]) == (status, kind, code)
        assert golden("error").is_valid(response.json())


@pytest.mark.parametrize(("scenario", "status"), [("rate_limit", 429), ("server_error", 500), ("overloaded", 503)])
def test_a_passing_failure_is_over_for_the_same_request(ask: Ask, scenario: str, status: int) -> None:
    assert [ask(scenario, seed=1).status_code for _ in range(4)] == [status, 200, status, 200]
    assert ask(scenario, seed=2).status_code == status
    assert ask(scenario, seed=3).status_code == status
    assert ask(scenario, seed=2).status_code == 200


def test_a_rate_limit_says_when_to_come_back(ask: Ask) -> None:
    headers = ask("rate_limit_always").headers
    assert int(headers["retry-after-ms"]) <= 100
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert ask("rate_limit_long").headers["retry-after"] == "3600"


def test_a_refusing_model_says_so_in_its_own_field(ask: Ask, golden: Golden) -> None:
    response = ask("refusal")
    assert (message(response)["content"], reason(response)) == (None, "stop")
    assert "not a model" in message(response)["refusal"]
    assert golden("response").is_valid(response.json())


@pytest.mark.parametrize(("scenario", "expected"), [("truncated", "length"), ("content_filter", "content_filter")])
def test_an_answer_that_breaks_off_says_why(ask: Ask, golden: Golden, scenario: str, expected: str) -> None:
    response = ask(scenario)
    assert reason(response) == expected
    assert message(ask())["content"].startswith(message(response)["content"])
    assert golden("response").is_valid(response.json())


def test_a_tool_is_called_even_if_none_was_brought(ask: Ask, golden: Golden) -> None:
    own = ask("tool_call")
    brought = ask("tool_call", tools=[{"type": "function", "function": {"name": "mine"}}])
    assert message(own)["tool_calls"][0]["function"]["name"] == "look_up"
    assert message(brought)["tool_calls"][0]["function"]["name"] == "mine"
    assert reason(own) == "tool_calls"
    assert golden("response").is_valid(own.json())


def test_a_field_that_a_reasoning_model_refuses_is_named_with_its_successor(ask: Ask) -> None:
    refused = ask("unsupported_parameter", max_tokens=50)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"], error["code"]) == (400, "max_tokens", "unsupported_parameter")
    assert "max_completion_tokens" in error["message"]
    assert ask("unsupported_parameter", temperature=0.5).json()["error"]["code"] == "unsupported_value"
    assert ask("unsupported_parameter", max_completion_tokens=50, temperature=1).ok


def test_a_proxys_page_comes_as_html(ask: Ask) -> None:
    for scenario, status in (("html", 502), ("html_ok", 200)):
        response = ask(scenario)
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("text/html")
        assert response.text.startswith("<!DOCTYPE html>")


def test_an_answer_may_be_empty_or_broken_or_lack_its_choices(ask: Ask) -> None:
    assert ask("empty").content == b""
    with pytest.raises(json.JSONDecodeError):
        json.loads(ask("invalid_json").content)
    assert "choices" not in ask("no_choices").json()
    assert ask("no_choices").status_code == 200


def test_the_connection_may_be_closed_before_or_within_the_answer(ask: Ask) -> None:
    for scenario in ("drops", "drops_midway"):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            ask(scenario)
    with pytest.raises(requests.ConnectionError):
        ask("drops_once")
    assert ask("drops_once").ok


def test_a_slow_answer_comes_late(ask: Ask) -> None:
    started = time.monotonic()
    assert ask("slow").ok
    assert time.monotonic() - started >= 0.2


def test_a_scenario_can_be_chosen_by_header_too_and_the_header_wins(
    sandbox: Sandbox, session: requests.Session
) -> None:
    url = f"{sandbox.base_url_of('quota')}/models"
    response = session.get(url, headers={"X-Sandbox-Scenario": "forbidden"}, timeout=60)
    assert response.status_code == 403


def test_a_scenario_holds_for_the_models_too(sandbox: Sandbox, session: requests.Session) -> None:
    for scenario, status in (("bad_key", 401), ("html", 502), ("quota", 429), ("refusal", 200)):
        assert session.get(f"{sandbox.base_url_of(scenario)}/models", timeout=60).status_code == status


def test_an_unknown_scenario_is_refused_with_the_names_there_are(ask: Ask, golden: Golden) -> None:
    response = ask("nonsense")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown_scenario")
    assert all(name in response.json()["error"]["message"] for name in SCENARIOS)
    assert golden("error").is_valid(response.json())


def test_every_scenario_has_its_line_of_help() -> None:
    assert all(text and "\n" not in text for text in SCENARIOS.values())
