"""What is left of the service's limits paces the calls; nobody waits longer than the limit asks for."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lib.api.call import HeldBack
from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.pacer import Pacer
from lib.api.retry import CallLimits
from lib.api.told_limits import read_limits
from lib.completions.endpoint import COMPLETIONS
from pysailor.store.memory import MemoryValues
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, completion

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


def test_a_client_that_was_told_so_puts_off_the_call_that_would_be_too_soon() -> None:
    options = CallOptions(
        CallLimits(timeout=10), logging.getLogger(__name__), pacer=Pacer(CONNECTION), may_rebound=True
    )
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion("Hi"), headers=told(1, "48s", limit=5))
        client = Client(CONNECTION)
        client.ask(COMPLETIONS, HELLO, options)  # nothing is known yet
        client.ask(COMPLETIONS, HELLO, options)  # as the rate allows
        with pytest.raises(HeldBack, match="the service asked this credential to wait"):
            client.ask(COMPLETIONS, HELLO, options)
