"""The parts of a beginning that go side by side."""

from __future__ import annotations

import threading

import pytest

from pysailor.worker.background import InBackground, attempt


def test_what_is_done_in_the_background_is_waited_for_and_its_error_raised() -> None:
    gate, done = threading.Event(), []

    def act() -> None:
        gate.wait(60)
        done.append(threading.current_thread())

    background = InBackground(act)
    assert not done
    gate.set()
    background.wait()
    assert done != [threading.current_thread()]

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        InBackground(fail).wait()


def test_an_error_waits_until_the_result_is_wanted() -> None:
    def fail() -> int:
        raise ValueError("no")

    assert attempt(lambda: 3)() == 3
    later = attempt(fail)
    with pytest.raises(ValueError, match="no"):
        later()
