"""Rates."""

from __future__ import annotations

from pysailor.worker.throttle import Rate, Throttle


def test_a_rate_lets_so_many_through_in_each_interval() -> None:
    rate = Rate(2, 10.0)
    assert [rate.take(now) for now in (0.0, 1.0, 2.0, 3.0, 4.0)] == [0.0, 0.0, 8.0, 7.0, 16.0]
    assert rate.take(40.0) == 0.0


def test_what_has_no_rate_waits_for_nobody() -> None:
    slept: list[float] = []
    throttle = Throttle({"error": Rate(1, 5.0)}, lambda: 0.0)
    for name in ("data", None, "error", "error"):
        throttle.wait(name, slept.append)
    assert slept == [5.0]
