"""What goes wrong around a worker: nothing is lost, and nothing is done that was not passed on.

The longer ones are in tests/soak.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pysailor.wire.headers import EVENT_ID
from tests.support.broker import Cable, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.stage import Stage

    Tell = Callable[[str], None]


def numbers(stage: Stage, count: int, within: float = 30) -> Counter[int]:
    """Return how often each number has come out, once each has."""
    came: Counter[int] = Counter()

    def all_there() -> bool:
        for each in stage.take(count=max(1, stage.count("data"))) if stage.count("data") else ():
            came[each.body["number"]] += 1
        return len(came) == count

    eventually(all_there, within)
    return came


def test_a_worker_that_is_killed_under_load_loses_nothing(stage: Stage, tell: Tell) -> None:
    count = 600
    for number in range(count):
        stage.put({"body": {"number": number}})
    with stage.worker() as worker:
        eventually(lambda: stage.count("data") > 50)
        worker.process.send_signal(signal.SIGKILL)
        worker.end()
    assert eventually(stage.count) > 0
    with stage.worker():
        came = numbers(stage, count)
    twice = sum(came.values()) - count
    tell(f"{twice} of {count} processed twice")
    assert twice <= 20  # what was in work, and no more
    assert stage.nothing_left()


def test_a_broker_that_restarts_is_waited_for_and_loses_nothing(stage: Stage, tell: Tell) -> None:
    count = 300
    for number in range(count):
        stage.put({"body": {"number": number}})
    with stage.worker() as worker:
        eventually(lambda: stage.count("data") > 20)
        stage.rabbit.ctl("stop_app")
        eventually(lambda: worker.said("connecting again"))
        stage.rabbit.ctl("start_app")
        stage.reconnect()
        came = numbers(stage, count)
        assert worker.process.poll() is None
    tell(f"{sum(came.values()) - count} of {count} passed on twice")
    assert stage.nothing_left()


def test_connections_that_are_cut_and_closed_come_back_and_each_message_is_run_once(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with Cable(stage.rabbit.uri) as cable, stage.worker(AMQP_URI=cable.uri) as worker:
        stage.order("hold", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        begun.unlink()
        assert cable.cut() == 2
        eventually(lambda: worker.said("consuming again"))
        if stage.rabbit.node is not None:
            stage.rabbit.ctl("close_all_connections", "the test wants it")
            stage.reconnect()
            eventually(lambda: len(worker.said("consuming again")) == 2)
        gate.touch()
        assert stage.one().body == {"held": str(gate)}
        stage.put({"body": {"after": "it"}})
        assert stage.one().body == {"after": "it"}
        assert not begun.exists()
    assert stage.nothing_left()


def test_a_consumer_that_the_broker_cancels_consumes_again(stage: Stage) -> None:
    with stage.worker() as worker:
        stage.channel.queue_delete(stage.queue)
        eventually(lambda: worker.said("the broker cancelled consuming"))
        stage.channel.queue_declare(stage.queue, durable=True)
        stage.put({"body": {"after": "it"}})
        assert stage.one().body == {"after": "it"}
    assert stage.nothing_left()


def test_a_queue_that_is_full_is_waited_for(stage: Stage) -> None:
    stage.channel.queue_delete(f"{stage.name}.data")
    stage.declare("data", **{"x-max-length": 5, "x-overflow": "reject-publish"})
    for number in range(40):
        stage.put({"body": {"number": number}})
    with stage.worker() as worker:
        eventually(lambda: worker.said("publish turned down"))
        came = numbers(stage, 40)
    assert set(came.values()) == {1}
    assert stage.nothing_left()


def test_an_exchange_that_is_missing_is_waited_for(stage: Stage) -> None:
    stage.channel.exchange_delete(stage.name)
    with stage.worker() as worker:
        eventually(lambda: worker.said("NOT_FOUND"))
        stage.channel.exchange_declare(stage.name, "direct", durable=True)
        stage.declare("data")
        stage.declare("error")
        stage.put({"body": {"number": 0}})  # not before its queues are there: what nobody gets is an error
        numbers(stage, 1)
    assert stage.nothing_left()


def test_a_channel_that_the_broker_closes_because_work_takes_long_does_not_run_it_twice(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with _impatient(stage), stage.worker() as worker:
        stage.order("hold", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        begun.unlink()
        eventually(lambda: worker.said("channel closed") and worker.said("consuming again"))
        gate.touch()
        assert stage.one().body == {"held": str(gate)}
        assert not begun.exists()
    assert stage.nothing_left()


@contextmanager
def _impatient(stage: Stage) -> Iterator[None]:
    """Have the broker close channels after a second of work instead of half an hour."""
    before = stage.rabbit.ctl("eval", "application:get_env(rabbit, consumer_timeout, undefined).").strip()
    stage.rabbit.ctl("eval", _set(1000, 200))
    try:
        yield
    finally:
        stage.rabbit.ctl("eval", _set(before, 60_000))


def _set(timeout: object, tick: int) -> str:
    return (
        f"application:set_env(rabbit, consumer_timeout, {timeout}), "
        f"application:set_env(rabbit, channel_tick_interval, {tick})."
    )


def test_a_message_whose_headers_outgrow_a_frame_fails_alone(stage: Stage) -> None:
    with stage.worker(PYSAILOR_INPUT_HEADER_BYTES_LIMIT="200000"):
        stage.put({"body": {"n": 1}}, {"x-eio-meta-big": "x" * 130_850})
        for number in (2, 3, 4):
            stage.put({"body": {"n": number}})
        stage.take("data", 3)
        assert "must fit into one frame" in stage.one("error").error()["message"]
        eventually(lambda: stage.count("in") == 0)


def test_what_is_passed_on_twice_after_a_crash_has_the_same_name_and_never_the_same_id(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with stage.worker() as worker:
        stage.order("emit and hold", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        first = stage.one()
        worker.process.send_signal(signal.SIGKILL)
        worker.end()
    gate.touch()
    with stage.worker() as worker:
        again, last = stage.take(count=2)
        assert worker.said("brought again")
    assert (again.body, again.headers[EVENT_ID]) == (first.body, first.headers[EVENT_ID])
    assert last.headers[EVENT_ID] != first.headers[EVENT_ID]
    assert len({each.headers["messageId"] for each in (first, again, last)}) == 3
    assert stage.nothing_left()


def test_a_stop_takes_no_longer_than_it_may_when_the_broker_takes_nothing(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with stage.worker(PYSAILOR_SHUTDOWN_DEADLINE="2") as worker:
        stage.order("hold", gate=str(gate), begun=str(begun))
        eventually(begun.exists)
        stage.rabbit.ctl("set_disk_free_limit", str(10**15))
        try:
            eventually(lambda: "disk" in stage.rabbit.ctl("eval", "rabbit_alarm:get_alarms()."))
            gate.touch()
            eventually(lambda: worker.said("takes no messages for now"))
            told = time.monotonic()
            worker.process.terminate()
            assert worker.end() == 0
            assert time.monotonic() - told < 2 + 20
        finally:
            stage.rabbit.ctl("set_disk_free_limit", str(50 * 10**6))
    eventually(lambda: stage.count() == 1)
