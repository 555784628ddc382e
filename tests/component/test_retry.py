"""When to try again, and after how long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ApiError
from lib.kinds import KINDS
from lib.retry import Limits, hint, wait
from pysailor import InvalidConfig

RETRYING = Limits(max_retries=5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_the_service_s_hint_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert hint(headers, now=60) == seconds


def test_the_hint_is_kept_to() -> None:
    assert wait(ApiError("rate_limit", retry_after=3), 0, RETRYING, chance=0.1) == 3


@given(retries=st.integers(0, 4), chance=st.floats(0, 1))
def test_without_a_hint_the_wait_is_random_below_a_span_that_doubles(retries: int, chance: float) -> None:
    waited = wait(ApiError("server_error"), retries, RETRYING, chance)
    assert waited is not None
    assert 0 <= waited <= min(8, 0.5 * 2**retries)


def test_an_overloaded_service_gets_more_time() -> None:
    busy, failed = (wait(ApiError(code), 0, RETRYING, 1) or 0 for code in ("overloaded", "server_error"))
    assert busy > failed


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind.again == "no"])
def test_what_cannot_help_is_not_tried_again(code: str) -> None:
    assert wait(ApiError(code), 0, RETRYING, 1) is None


def test_what_may_have_been_billed_is_tried_again_only_if_the_step_says_so() -> None:
    assert wait(ApiError("timeout"), 0, RETRYING, 1) is None
    assert wait(ApiError("timeout"), 0, Limits(max_retries=1, after_timeout=True), 1) is not None


def test_an_answer_that_had_begun_is_not_asked_for_again() -> None:
    error = ApiError("server_error")
    error.begun = True
    assert wait(error, 0, RETRYING, 1) is None


def test_no_more_tries_than_allowed() -> None:
    assert wait(ApiError("server_error"), 5, RETRYING, 1) is None
    assert wait(ApiError("server_error"), 0, Limits(max_retries=0), 1) is None


@pytest.mark.parametrize(
    ("cfg", "pointer"),
    [({"timeout": 0}, "/timeout"), ({"timeout": 4000}, "/timeout"), ({"maxRetries": 1.5}, "/maxRetries")],
)
def test_limits_that_no_call_could_keep_to_are_named(cfg: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        Limits.of(cfg)
    assert raised.value.faults[0].pointer == pointer
