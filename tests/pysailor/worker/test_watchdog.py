"""Work whose time is over."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pysailor.worker.watchdog import Watchdog

if TYPE_CHECKING:
    import pytest


def test_a_watch_asks_again_about_what_was_not_dealt_with() -> None:
    asked: list[str] = []
    over = threading.Event()

    def overdue(work: str) -> bool:
        asked.append(work)
        if len(asked) == 3:
            over.set()
        return len(asked) == 3

    watch = Watchdog[str](0.01, overdue, again=0.01)
    watch.start()
    watch.begin("ended")
    watch.end("ended")
    watch.begin("held")
    assert over.wait(60)
    watch.stop()
    assert asked == ["held", "held", "held"]


def test_a_watch_outlives_a_failure_to_deal_with_what_is_overdue(caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()
    failures = [MemoryError("no thread to be had")]

    def overdue(_work: str) -> bool:
        if failures:
            raise failures.pop()
        over.set()
        return True

    watch = Watchdog[str](0.01, overdue, again=0.01)
    watch.start()
    watch.begin("held")
    assert over.wait(60)
    watch.stop()
    assert "cannot be dealt with" in caplog.text


def test_without_a_limit_nothing_is_watched() -> None:
    watch = Watchdog[str](None, lambda _work: True)
    watch.start()
    watch.begin("held")
    watch.end("held")
    watch.stop()
    assert not watch._thread.is_alive()
