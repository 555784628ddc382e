"""Whole workers under faults that take their time: nothing is lost, nothing is done that was not passed on.

Each test reports how many messages were processed twice; that is what at least once costs.
"""

from __future__ import annotations

import signal
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.broker import eventually
from tests.support.stage import CIPHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stage import Stage, StartedWorker

    Tell = Callable[[str], None]

pytestmark = pytest.mark.soak


def put(stage: Stage, count: int) -> None:
    for number in range(count):
        stage.put({"body": {"number": number}})


def numbers(stage: Stage, count: int, within: float = 600) -> Counter[int]:
    """Return how often each number has come out, once each has."""
    came: Counter[int] = Counter()

    def all_there() -> bool:
        while True:
            method, properties, content = stage.channel.basic_get(f"{stage.name}.data", auto_ack=True)
            if method is None:
                return len(came) == count
            came[CIPHER.decode(content, properties.headers["protocolVersion"])["body"]["number"]] += 1

    eventually(all_there, within)
    return came


def twice(came: Counter[int]) -> int:
    return sum(came.values()) - len(came)


def memory(worker: StartedWorker) -> int:
    """Return the process' resident memory, in KiB."""
    lines = Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def test_a_broker_that_is_away_for_half_a_minute_is_waited_for(stage: Stage, tell: Tell) -> None:
    put(stage, 3000)
    with stage.worker(PYSAILOR_RECONNECT_MAX_DELAY="2000") as worker:
        eventually(lambda: stage.count("data") > 100)
        stage.rabbit.ctl("stop_app")
        threading.Event().wait(30)
        assert worker.process.poll() is None
        stage.rabbit.ctl("start_app")
        stage.reconnect()
        came = numbers(stage, 3000)
    tell(f"{twice(came)} of {len(came)} passed on twice")
    assert stage.nothing_left()


def test_workers_that_are_killed_again_and_again_lose_nothing(stage: Stage, tell: Tell) -> None:
    put(stage, 6000)
    for _ in range(5):
        before = stage.count("data")
        with stage.worker() as worker:
            eventually(lambda: stage.count("data") > before + 200)  # noqa: B023 - called at once
            worker.process.send_signal(signal.SIGKILL)
    with stage.worker(), stage.worker():
        came = numbers(stage, 6000)
    tell(f"{twice(came)} of {len(came)} processed twice")
    assert twice(came) <= 5 * 20
    assert stage.nothing_left()


def test_connections_that_are_closed_every_moment_lose_nothing(stage: Stage, tell: Tell) -> None:
    put(stage, 4000)
    with stage.worker() as worker:
        for _ in range(6):
            before = len(worker.said("consuming again"))
            stage.rabbit.ctl("close_all_connections", "the test wants it")
            eventually(lambda: len(worker.said("consuming again")) > before)  # noqa: B023 - called at once
        stage.reconnect()
        came = numbers(stage, 4000)
    tell(f"{twice(came)} of {len(came)} passed on twice")
    assert stage.nothing_left()


def test_a_disk_that_is_full_is_waited_for(stage: Stage) -> None:
    with stage.worker() as worker:
        stage.rabbit.ctl("set_disk_free_limit", str(10**15))
        try:
            eventually(lambda: "disk" in stage.rabbit.ctl("eval", "rabbit_alarm:get_alarms()."))
            # Whoever publishes is blocked, and this test would be, too: the message comes in by the back door.
            content = CIPHER.encode({"body": {"number": 0}}).decode()
            stage.rabbit.ctl("eval", _delivered(stage.queue, content))
            eventually(lambda: worker.said("takes no messages for now"), within=120)
            assert worker.process.poll() is None
        finally:
            stage.rabbit.ctl("set_disk_free_limit", str(50 * 10**6))
        assert numbers(stage, 1) == {0: 1}
    assert stage.nothing_left()


def _delivered(queue: str, content: str) -> str:
    """Return the Erlang that puts a message into a queue."""
    exchange = 'rabbit_misc:r(<<"/">>, exchange, <<"">>)'
    return (
        f'rabbit_basic:publish({exchange}, <<"{queue}">>, '
        f'[{{headers, [{{<<"messageId">>, longstr, <<"m">>}}]}}, {{delivery_mode, 2}}], <<"{content}">>).'
    )


def test_poison_among_good_messages_stops_nobody(stage: Stage) -> None:
    poison: list[Any] = [b"", b"\xff" * 31, CIPHER.encode(None), {"body": {"do": "crash"}}, {"body": {"do": "exit"}}]
    for number in range(1500):
        stage.put({"body": {"number": number}})
        stage.put(poison[number % len(poison)])
    stage.put({"body": {"text": "x" * 11_000_000}})
    with stage.worker() as worker:
        came = numbers(stage, 1500)
        errors = stage.take("error", 601, within=300)
        assert len(worker.said("rejected:")) == 900
    assert twice(came) == 0
    assert Counter(each.error()["code"] for each in errors) == {"defect": 600, "message_too_large": 1}
    assert stage.nothing_left()


def test_memory_stays_flat_over_a_hundred_thousand_messages(stage: Stage, tell: Tell) -> None:
    import pika  # noqa: PLC0415 - collecting tests must not need it

    count, text = 100_000, "x" * 1000
    content = CIPHER.encode({"body": {"number": 0, "text": text}})
    with stage.worker(PYSAILOR_MESSAGE_DEADLINE="60") as worker:
        known: list[int] = []
        for done in range(count):
            headers = {"messageId": str(done), "threadId": "t"}
            stage.channel.basic_publish("", stage.queue, content, pika.BasicProperties(headers=headers))
            if done % 10_000 == 9_999:
                eventually(lambda: stage.count() == 0, within=600)
                stage.channel.queue_purge(f"{stage.name}.data")
                known.append(memory(worker))
    tell(f"KiB after each 10,000 messages: {known}")
    assert max(known[2:]) - known[1] < 10_000  # 80,000 messages, of each of which 128 bytes stayed
