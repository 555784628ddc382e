"""What holds the loop is named."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from pysailor import pool
from pysailor.pool.loop_watch import LoopWatch
from tests.support.broker import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def holds() -> Iterator[list[float]]:
    found: list[float] = []
    with LoopWatch(found.append):
        yield found


def compute_for(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_a_step_that_computes_is_named_by_its_message_its_time_and_its_place(
    holds: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def step() -> None:
        pool.current().work_on(lambda: {"messageId": "the-message"})
        compute_for(0.3)

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    seconds = eventually(lambda: max(holds, default=0))
    assert 0.3 <= seconds < 20
    (line,) = eventually(lambda: [each for each in caplog.records if vars(each).get("messageId") == "the-message"])
    assert "the loop was held" in line.getMessage()
    assert "compute_for" in vars(line)["stack"]
    assert f"{seconds * 1000:.0f}"[:2] in line.getMessage()


def test_a_hold_that_lasts_is_told_while_it_lasts(holds: list[float], caplog: pytest.LogCaptureFixture) -> None:
    compute_for(1.3)
    assert [each for each in caplog.records if "the loop has been held" in each.getMessage()]
    time.sleep(0)
    assert eventually(lambda: holds)


def test_neither_waiting_nor_short_work_is_a_hold(holds: list[float]) -> None:
    def none_is_found() -> bool:
        """Return whether none was; a machine that stands still for a moment makes one of anything."""
        holds.clear()
        for _ in range(5):
            compute_for(0.02)
            time.sleep(0.05)
        pool.offload(compute_for, 0.2)
        time.sleep(0.15)
        return holds == []

    assert any(none_is_found() for _ in range(20))
