"""How often and how late a message comes back."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.wire.rebound import Backoff, ReboundLimitExceeded


@pytest.mark.parametrize(("iteration", "ms"), [(1, 15_000), (2, 30_000), (3, 60_000), (20, 7_864_320_000)])
def test_the_rest_doubles_each_time(iteration: int, ms: int) -> None:
    assert Backoff().expiration_ms(iteration) == ms


def test_the_rest_never_exceeds_what_the_broker_accepts() -> None:
    assert Backoff(limit=1000).expiration_ms(1000) == 315_360_000_000


def test_the_rest_is_no_longer_than_the_step_wishes() -> None:
    rests = [Backoff().expiration_ms(iteration, 7200) for iteration in range(1, 21)]
    assert rests[:10] == [15_000 * 2**n for n in range(9)] + [7_200_000]
    assert rests[10:] == [7_200_000] * 10
    assert sum(rests) >= 24 * 3_600_000, "a day is lasted for with the platform's 20 rebounds"


def test_a_wish_never_makes_the_rest_shorter_than_the_first() -> None:
    assert Backoff().expiration_ms(5, 0) == 15_000


def test_no_rest_at_all_can_be_set() -> None:
    assert Backoff(initial_ms=0).expiration_ms(5) == 0


@pytest.mark.parametrize(
    ("counted", "iteration"),
    [(None, 1), ("2", 1), (True, 1), (float("nan"), 1), (-1, 1), (0, 1), (2, 3), (2.0, 3), (19, 20)],
)
def test_the_count_goes_on_from_a_number_and_begins_anew_from_anything_else(counted: Any, iteration: int) -> None:
    assert Backoff().next_iteration({"reboundIteration": counted}) == iteration


@pytest.mark.parametrize(("backoff", "counted"), [(Backoff(), 20), (Backoff(), 100), (Backoff(limit=0), None)])
def test_beyond_the_limit_the_message_fails(backoff: Backoff, counted: int | None) -> None:
    with pytest.raises(ReboundLimitExceeded, match=r"^Rebound limit exceeded"):
        backoff.next_iteration({"reboundIteration": counted})


def test_a_message_whose_error_may_pass_comes_back_as_often_as_is_set() -> None:
    assert not Backoff().may_retry({})
    assert [Backoff(retries=2).may_retry({"reboundIteration": count}) for count in (None, 1, 2)] == [True, True, False]
