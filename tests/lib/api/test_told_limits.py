"""What is left of the service's limits paces the calls; nobody waits longer than the limit asks for."""

from __future__ import annotations

from typing import Any

import pytest

from lib.api.connection import PUBLIC_API, Connection
from lib.api.pacer import Pacer
from lib.api.told_limits import read_limits
from pysailor.store.memory import MemoryValues

CONNECTION = Connection(PUBLIC_API, "key")


def told(left: int, reset: str, limit: int = 600, kind: str = "requests") -> dict[str, str]:
    names = {"limit": str(limit), "remaining": str(left), "reset": reset}
    return {f"x-ratelimit-{name}-{kind}": value for name, value in names.items()}


def after(headers: dict[str, str], tokens: int | None = None) -> Pacer:
    pacer = Pacer(CONNECTION, MemoryValues())
    pacer.learn(headers, 400, tokens, lambda _: None)
    return pacer


def waits(pacer: Pacer, count: int) -> list[float]:
    return [pacer.wait(400)[0] for _ in range(count)]


@pytest.mark.parametrize("headers", [{}, told(600, "0s"), told(121, "48s"), told(5, "odd"), told(5, "1s", limit=0)])
def test_nobody_waits_where_nothing_is_known_or_enough_is_left(headers: dict[str, str]) -> None:
    assert waits(after(headers), 400) == [0.0] * 400


def test_where_little_is_left_of_a_limit_that_refills_calls_go_at_its_rate() -> None:
    found = waits(after(told(100, "50s")), 70)
    assert found[:30] == [0.0] * 30
    assert 0 < max(found) < 1, "the rate is ten a second"


def test_none_left_of_a_limit_that_refills_is_no_reason_to_wait_for_all_of_it() -> None:
    assert 0 < waits(after(told(0, "60s")), 1)[0] < 1
    assert 2 < waits(after(told(0, "60s", 30_000, "tokens"), tokens=1500), 1)[0] < 4


def test_none_left_of_a_limit_that_is_lifted_as_a_whole_is_waited_for() -> None:
    assert 6 < waits(after(told(0, "7s")), 1)[0] < 8


@pytest.mark.parametrize("odd", ["-1", "1e3", "", "\u0663"])
def test_figures_that_are_none_are_left_out(odd: str) -> None:
    headers: dict[str, Any] = {**told(5, "60s"), "x-ratelimit-limit-requests": odd}
    assert list(read_limits(headers, 0.0)) == []


def test_a_picture_in_a_request_does_not_hold_up_those_after_it() -> None:
    pacer = after(told(3000, "54s", 30_000, "tokens"), tokens=100)
    pacer.wait(4_000_000)
    assert pacer.wait(400)[0] < 10
