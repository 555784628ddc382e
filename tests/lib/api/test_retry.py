"""When to try again, and after how long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.retry import CallLimits, wait
from lib.errors.api_error import ApiError, from_answer
from lib.errors.catalog import CATALOG
from pysailor import InvalidConfig

RETRYING = CallLimits(max_retries=5)


@given(seconds=st.floats(0, 100), retries=st.integers(0, 4), chance=st.floats(0, 1))
def test_no_try_comes_before_the_hint_and_not_all_at_once(seconds: float, retries: int, chance: float) -> None:
    waited = wait(ApiError("rate_limit", retry_after=seconds), retries, RETRYING, chance)
    assert waited is not None
    assert seconds <= waited <= max(seconds, 0.1) + min(8, 0.5 * 2**retries)
    if chance > 0.1:
        assert waited > seconds


def test_a_hint_of_no_time_at_all_is_still_a_pause() -> None:
    waited = [wait(ApiError("rate_limit", retry_after=0), tried, CallLimits(max_retries=10), 0) for tried in range(10)]
    assert all(pause is not None and pause >= 0.1 for pause in waited)


def told_by_server(status: int, code: str, word: str) -> ApiError:
    body = json.dumps({"error": {"code": code}}).encode()
    return from_answer(status, {"x-should-retry": word}, body)


def test_what_the_server_says_of_trying_again_goes_first() -> None:
    assert wait(told_by_server(503, "server_is_overloaded", "false"), 0, RETRYING, 1) is None
    assert wait(told_by_server(400, "odd", "true"), 0, RETRYING, 1) is not None
    assert wait(told_by_server(400, "odd", "perhaps"), 0, RETRYING, 1) is None


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "insufficient_quota"), (500, "context_length_exceeded"), (503, "model_not_found"), (401, "invalid_api_key")],
)
def test_what_no_try_can_change_is_not_tried_again_whatever_the_server_says(status: int, code: str) -> None:
    assert wait(told_by_server(status, code, "true"), 0, RETRYING, 1) is None


def test_a_stream_that_sends_nothing_is_given_up_after_a_minute_or_half_of_the_time() -> None:
    assert CallLimits(timeout=30).silence == CallLimits(timeout=60).silence == CallLimits(timeout=120).silence == 60
    assert CallLimits(timeout=3600).silence == 1800


@given(retries=st.integers(0, 4), chance=st.floats(0, 1))
def test_without_a_hint_the_wait_is_random_below_a_span_that_doubles(retries: int, chance: float) -> None:
    waited = wait(ApiError("server_error"), retries, RETRYING, chance)
    assert waited is not None
    assert 0 <= waited <= min(8, 0.5 * 2**retries)


@pytest.mark.parametrize("code", ["server_error", "conflict", "overloaded"])
def test_what_failed_a_moment_ago_is_not_tried_at_once_without_a_hint_either(code: str) -> None:
    limits = CallLimits(max_retries=10)
    earliest, latest = ([wait(ApiError(code), tried, limits, chance) or 0 for tried in range(10)] for chance in (0, 1))
    assert min(earliest) >= 0.1
    assert all(early < late for early, late in zip(earliest, latest, strict=True))


def test_an_overloaded_service_gets_more_time() -> None:
    busy, failed = (wait(ApiError(code), 0, RETRYING, 1) or 0 for code in ("overloaded", "server_error"))
    assert busy > failed


@pytest.mark.parametrize("code", [code for code, kind in CATALOG.items() if kind.again == "no"])
def test_what_cannot_help_is_not_tried_again(code: str) -> None:
    assert wait(ApiError(code), 0, RETRYING, 1) is None


def test_what_may_have_been_billed_is_tried_again_only_if_the_step_says_so() -> None:
    assert wait(ApiError("timeout"), 0, RETRYING, 1) is None
    assert wait(ApiError("timeout"), 0, CallLimits(max_retries=1, after_timeout=True), 1) is not None


def test_an_answer_that_had_begun_is_not_asked_for_again() -> None:
    error = ApiError("server_error")
    error.characters = 1
    assert wait(error, 0, RETRYING, 1) is None


def test_no_more_tries_than_allowed() -> None:
    assert wait(ApiError("server_error"), 5, RETRYING, 1) is None
    assert wait(ApiError("server_error"), 0, CallLimits(max_retries=0), 1) is None


@pytest.mark.parametrize(
    ("cfg", "pointer"),
    [({"timeout": 0}, "/timeout"), ({"timeout": 4000}, "/timeout"), ({"maxRetries": 1.5}, "/maxRetries")],
)
def test_limits_that_no_call_could_keep_to_are_named(cfg: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        CallLimits.of({"timeout": 60, "maxRetries": 2, **cfg})
    assert raised.value.faults[0].pointer == pointer
