"""On which processor a worker's threads run."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysailor import pool
from pysailor.worker.placement import BETWEEN_TRIALS, Choice, Placement, busy_seconds
from tests.support.broker import eventually

QUIET = {0: 0.0, 1: 0.1}


def test_an_idle_worker_is_left_to_the_kernel_and_a_busy_one_goes_where_least_is_done() -> None:
    choice = Choice()
    assert choice.next(QUIET, 0.05, 0) is None
    assert choice.next({0: 0.9, 1: 0.2}, 0.6, 1) == 1
    assert choice.next({0: 0.2, 1: 0.6}, 0.6, 2) == 1, "its own work does not drive it away"
    assert choice.next(QUIET, 0.05, 3) is None


def test_it_moves_when_others_want_its_processor_and_another_is_clearly_less_busy() -> None:
    choice = Choice(processor=0)
    assert choice.next({0: 0.9, 1: 0.1}, 0.6, 0) == 0, "30 % of others' work here, 10 % there: not worth it"
    assert choice.next({0: 1.0, 1: 0.1}, 0.4, 1) == 1


def test_a_full_worker_is_let_go_now_and_then_and_stays_free_while_it_uses_several_processors() -> None:
    choice = Choice(processor=0)
    assert choice.next(QUIET, 0.95, 0) is None
    assert choice.next(QUIET, 1.9, 1) is None
    assert choice.next(QUIET, 1.9, 2) is None
    assert choice.next(QUIET, 1.05, 3) == 0
    assert choice.next(QUIET, 0.95, 4) == 0, "it was tried just now"
    assert choice.next(QUIET, 0.95, 4 + BETWEEN_TRIALS) is None


def test_workers_that_begin_together_do_not_all_go_to_the_same_processor() -> None:
    loads = {0: 0.9, **dict.fromkeys(range(1, 32), 0.02)}
    chosen = {Choice().next(loads, 0.6, 0) for _ in range(64)}
    assert len(chosen) > 8
    assert 0 not in chosen


@given(st.lists(st.tuples(st.floats(0, 8), st.dictionaries(st.integers(0, 3), st.floats(0, 1), min_size=1))))
def test_who_always_keeps_to_one_is_never_let_go_and_always_on_one_that_there_is(
    looks: list[tuple[float, dict[int, float]]],
) -> None:
    choice = Choice(always=True)
    for now, (used, loads) in enumerate(looks):
        assert choice.next(loads, used, now) in loads


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor only")
def test_all_threads_are_where_the_choice_says_and_free_again_afterwards() -> None:
    before = os.sched_getaffinity(0)
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()

    def places() -> list[set[int]]:
        return [os.sched_getaffinity(int(thread.name)) for thread in Path("/proc/self/task").iterdir()]

    with Placement(Choice(always=True), pause=0.01):
        eventually(lambda: max(map(len, places())) == 1)
        assert os.sched_getaffinity(other.native_id or 0) == os.sched_getaffinity(0)
    assert all(place == before for place in places())
    over.set()
    other.join()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor only")
@pytest.mark.skipif(pool.current().name == "greenlets", reason="one thread needs no placement")
def test_a_busy_process_is_kept_to_one_processor_without_being_asked() -> None:
    until = time.monotonic() + 120
    with Placement(pause=0.05):
        while len(os.sched_getaffinity(0)) > 1:
            assert time.monotonic() < until
    assert len(os.sched_getaffinity(0)) > 1


def test_how_busy_processors_were_is_read_from_the_system(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    tick = os.sysconf("SC_CLK_TCK")
    file.write_text("cpu  9 9 9 9\ncpu0 100 0 50 1000 7 1 2 3 4 5\ncpu2 1 1 1 1\nintr 5\n", encoding="ascii")
    assert busy_seconds(file) == {0: 156 / tick, 2: 3 / tick}
    file.write_text("cpu0 a\n", encoding="ascii")
    assert busy_seconds(file) == {}
    assert busy_seconds(tmp_path / "none") == {}
