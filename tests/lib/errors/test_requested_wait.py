"""The wait that a service asks for is read in all its forms."""

from __future__ import annotations

from typing import Any

import pytest

from lib.errors.api_error import from_answer
from lib.errors.requested_wait import from_body, from_headers

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7s"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:40 GMT"}, 40),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": ""}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "120ms",
                "x-ratelimit-remaining-tokens": "500",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            0.12,
        ),
        ({"x-ratelimit-reset": "1800000012"}, 12),
        ({"x-ratelimit-reset": "1800000012000"}, 12),
        ({"ratelimit-reset": "12"}, 12),
        ({"ratelimit": '"default";r=0;t=12'}, 12),
        ({"ratelimit": "limit=10, remaining=0, reset=12"}, 12),
        ({"anthropic-ratelimit-requests-reset": "2027-01-15T08:00:12Z"}, 12),
        ({"x-ratelimit-reset-after": "12"}, 12),
    ],
)
def test_headers_tell_it(headers: dict[str, str], seconds: float | None) -> None:
    assert from_headers(headers, NOW, 429) == (None if seconds is None else pytest.approx(seconds))


def test_headers_that_every_answer_carries_say_nothing_where_no_limit_was_met() -> None:
    assert from_headers({"x-ratelimit-reset-tokens": "6m0s"}, NOW, 400) is None


@pytest.mark.parametrize(
    ("document", "seconds"),
    [
        ({"retry_after": 12}, 12),
        ({"error": {"retry_after": "12"}}, 12),
        ({"error": {"retryAfterMs": 1500}}, 1.5),
        ({"error": {"details": [{"@type": "google.rpc.RetryInfo", "retryDelay": "7s"}]}}, 7),
        ({"error": {"details": [{"retryDelay": {"seconds": 7, "nanos": 500_000_000}}]}}, 7.5),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1800000012000"}}}}, 12),
        ({"error": {"metadata": {"raw": '{"error": {"retry_after_seconds": 3}}'}}}, 3),
        ({"error": "loading", "estimated_time": 20.5}, 20.5),
        ({"error": {"retry_after": True}}, None),
        ([{"error": {"retry_after": 2}}], 2),
    ],
)
def test_a_member_of_the_body_tells_it(document: Any, seconds: float | None) -> None:
    assert from_body(document, "", NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 20s.", 20),
        ("Please try again in 6.57s. Visit us.", 6.57),
        ("Please try again in 1m30.5s", 90.5),
        ("Please try again in 120ms.", 0.12),
        ("Try again in 6 minutes and 3 seconds.", 363),
        ("Please retry after 7 seconds.", 7),
        ("Please retry after 7", 7),
        ("Please wait 30 seconds before sending", 30),
        ("Please retry in 7.2s", 7.2),
        ("Your limit resets in 2 hours", 7200),
        ("Request timed out after 60 seconds", None),
        ("try again later", None),
        ("Please try again with at most 5 images", None),
    ],
)
def test_words_tell_it(text: str, seconds: float | None) -> None:
    assert from_body(None, text, NOW) == (None if seconds is None else pytest.approx(seconds))


def test_the_longer_of_two_waits_counts_and_none_is_told_where_waiting_is_no_use() -> None:
    body = b'{"error": {"message": "Rate limit. Please try again in 20s."}}'
    assert from_answer(429, {"retry-after": "1"}, body).retry_after == 20
    assert from_answer(429, {"retry-after": "30"}, body).retry_after == 30
    refused = from_answer(402, {"retry-after": "30"}, b"")
    assert (refused.code, refused.retry_after) == ("quota", None)
