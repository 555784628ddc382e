"""A worker with greenlets, as a process: the faults that matter most, and what is its own.

All other tests of workers run with greenlets in tests/pysailor/pool, the long ones under `make soak`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance import test_faults, test_life
from tests.support.broker import eventually
from tests.support.monitoring import Probed

if TYPE_CHECKING:
    from tests.support.stage import Stage

pytest.importorskip("gevent")

test_a_worker_that_is_killed_under_load_loses_nothing = (
    test_faults.test_a_worker_that_is_killed_under_load_loses_nothing
)
test_connections_that_are_cut_come_back = (
    test_faults.test_connections_that_are_cut_and_closed_come_back_and_each_message_is_run_once
)
test_a_queue_that_is_full_is_waited_for = test_faults.test_a_queue_that_is_full_is_waited_for
test_what_is_in_work_is_finished_and_what_waits_is_left = (
    test_life.test_what_is_in_work_is_finished_and_what_waits_is_left
)
test_a_step_that_waits_ends_with_its_worker = (
    test_life.test_a_step_that_waits_ends_with_its_worker_and_its_message_goes_back
)
test_what_is_not_finished_in_time_goes_back = test_life.test_what_is_not_finished_in_time_goes_back
test_a_component_that_misses_the_deadline_is_left_behind = (
    test_life.test_a_component_that_does_not_is_left_behind_and_its_place_is_taken
)
test_told_to_stop_while_the_broker_is_away_it_ends = (
    test_life.test_told_to_stop_while_the_broker_is_away_from_the_start_it_ends_at_once
)


@pytest.fixture(autouse=True)
def greenlets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_POOL", "greenlets")


def test_the_log_says_that_it_runs_on_greenlets(stage: Stage) -> None:
    with stage.worker() as worker:
        assert eventually(lambda: worker.said("each on a greenlet"))


def test_a_function_that_declares_nothing_gets_threads_and_a_warning(stage: Stage) -> None:
    with stage.worker(FUNCTION="glance") as worker:
        assert eventually(lambda: worker.said("does not declare glance to be cooperative"))
        stage.put({"body": {"works": True}})
        assert stage.one().body == {"works": True}
    assert not worker.said("each on a greenlet")


def test_a_pool_that_nobody_knows_ends_it_with_what_was_meant(stage: Stage) -> None:
    worker = stage.worker(PYSAILOR_POOL="greenlet")
    assert worker.end() == 1
    assert "did you mean greenlets?" in worker.text


def test_a_step_that_computes_is_named_and_the_probes_answer_meanwhile(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with stage.worker(PYSAILOR_METRICS_PORT="0") as worker:
        probed = Probed(worker)
        message_id = stage.order("compute", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        asked = time.monotonic()
        assert probed.get("/healthz").status_code == 200
        assert time.monotonic() - asked < 20
        (line,) = eventually(lambda: worker.said("has been held"))
        assert (line["messageId"], line["level"]) == (message_id, 40)
        assert "obey.py" in line["stack"]
        gate.touch()
        stage.one()
        probed.until(1, "pysailor_loop_holds_total")
        assert worker.said("was held")


def test_told_to_stop_while_a_step_computes_it_ends_when_that_has(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with stage.worker() as worker:
        stage.order("compute", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        worker.process.terminate()
        gate.touch()
        assert worker.end() == 0
    assert stage.one().body == {"computed": str(gate)}


def test_a_time_limit_of_gevents_own_fails_its_message_and_no_other(stage: Stage) -> None:
    with stage.worker(RABBITMQ_PREFETCH_SAILOR="1"):
        stage.order("time out")
        stage.put({"body": {"next": True}})
        assert "Timeout" in stage.one("error").error()["message"]
        assert stage.one().body == {"next": True}


def test_a_large_message_goes_through_as_it_does_with_threads(stage: Stage) -> None:
    with stage.worker():
        stage.put({"body": {"text": "x" * 2_000_000}})
        assert len(stage.one().body["text"]) == 2_000_000
