"""One delivery, end to end, without a broker; tests/acceptance has the real one."""

from __future__ import annotations

import io
import threading
from contextlib import suppress
from dataclasses import replace
from queue import Empty
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.component.component import Component
from pysailor.context import Data, Keys
from pysailor.errors import Rebound, SailorError, StepError
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.message import Message
from pysailor.platform.api import PlatformApiError
from pysailor.step import Step
from pysailor.transport.base import DeliveryOutcome, Refused, Stopped, Unroutable
from pysailor.wire.envelope import Delivery
from pysailor.wire.passthrough import OBJECT_ID
from pysailor.worker.bodies import Bodies
from pysailor.worker.delivery import id_of
from pysailor.worker.emitter import TooLate
from pysailor.worker.failure import describe_error
from pysailor.worker.throttle import Rate, Throttle
from tests.support.stage import CIPHER, TINY

if TYPE_CHECKING:
    from collections.abc import Mapping

from tests.support.worker_bench import AwayStorage, Bench, SlowStorage, order


@pytest.mark.parametrize(
    ("do", "outcome", "routes"),
    [
        ("many", DeliveryOutcome.DONE, ["to.data", "to.data"]),
        ("remember", DeliveryOutcome.DONE, ["to.snapshot", "to.data"]),
        ("rebound", DeliveryOutcome.DONE, ["to.rebound"]),
        ("fail", DeliveryOutcome.FAILED, ["to.error"]),
        ("crash", DeliveryOutcome.FAILED, ["to.error"]),
        ("exit", DeliveryOutcome.FAILED, ["to.error"]),
        ("reply", DeliveryOutcome.FAILED, ["to.error"]),
    ],
)
def test_the_outcome_follows_what_the_component_did(
    bench: Bench, do: str, outcome: DeliveryOutcome, routes: list[str]
) -> None:
    assert bench.worker()(order(do, times=2)) is outcome
    assert bench.routes() == routes


def test_a_reply_reaches_whoever_waits_and_so_does_an_error(bench: Bench) -> None:
    assert bench.worker()(order("reply", {"reply_to": "them"})) is DeliveryOutcome.DONE
    assert bench.worker()(order("fail", {"reply_to": "them"})) is DeliveryOutcome.FAILED
    assert bench.routes() == ["them", "to.error", "them"]


def test_a_publish_that_fails_fails_the_message_whatever_the_component_makes_of_it(bench: Bench) -> None:
    bench.transport.fail("nowhere", Unroutable("no queue"), Unroutable("no queue"))
    assert bench.worker()(order("shrug", to="nowhere")) is DeliveryOutcome.FAILED
    assert bench.error()["code"] == "unroutable"


def test_a_worker_that_stops_returns_what_it_cannot_publish_and_tells_nobody(bench: Bench) -> None:
    for kind in ("to.data", "to.rebound", "to.error"):
        bench.transport.fail(kind, Stopped("the worker stops"))
    worker = bench.worker()
    assert worker(order("many", times=1)) is DeliveryOutcome.RETURNED
    assert worker(order("rebound")) is DeliveryOutcome.RETURNED
    assert worker(order("fail")) is DeliveryOutcome.RETURNED
    assert bench.transport.published == []


def test_an_error_that_nobody_takes_is_not_waited_for_by_a_worker_that_stops(bench: Bench) -> None:
    bench.transport.fail("to.error", Refused("never"))
    worker = bench.worker()
    worker.stop()
    assert worker(order("fail")) is DeliveryOutcome.RETURNED


def test_a_reply_that_nobody_takes_does_not_change_the_outcome(bench: Bench) -> None:
    bench.transport.fail("them", Unroutable("gone"))
    assert bench.worker()(order("fail", {"reply_to": "them"})) is DeliveryOutcome.FAILED
    assert bench.routes() == ["to.error"]


def test_an_error_that_cannot_even_be_told_is_told_as_a_defect(bench: Bench) -> None:
    class Unspeakable(StepError):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    worker = bench.worker()

    def process(*_: object) -> None:
        raise Unspeakable

    worker._step._process = process
    assert worker(order("anything")) is DeliveryOutcome.FAILED
    assert bench.error()["code"] == "defect"


def test_the_deadline_settles_a_message_that_its_component_holds(bench: Bench, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    with bench.worker(seconds=0.01) as worker:
        worker._watchdog._seconds = 0.02
        delivery = bench.begin(worker, order("hold", gate=str(gate)))
        assert bench.settled(delivery) is DeliveryOutcome.FAILED
        assert bench.error()["code"] == "deadline_exceeded"
        gate.touch()
        assert bench.returned.get(timeout=60) is DeliveryOutcome.FAILED
    assert bench.routes() == ["to.error"]  # what the component emitted too late went nowhere


def test_an_input_is_not_rejected_before_the_error_message_of_its_deadline_is_out(bench: Bench, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    turned_down = bench.transport.fail("to.error", Refused("not now"))
    with bench.worker(seconds=0.01) as worker:
        worker._watchdog._seconds = 0.02
        delivery = bench.begin(worker, order("hold", gate=str(gate)))
        assert turned_down.wait(60)
        gate.touch()
        with pytest.raises(Empty):
            bench.returned.get(timeout=0.2)
        bench.transport.stop_consuming()
        worker.stop()
        assert bench.returned.get(timeout=60) is DeliveryOutcome.RETURNED
        assert bench.settled(delivery) is DeliveryOutcome.RETURNED
    assert bench.routes() == []


def test_what_is_emitted_after_the_message_is_finished_goes_nowhere(bench: Bench) -> None:
    worker = bench.worker()
    contexts: list[Any] = []
    worker._step._process = lambda _msg, _cfg, _snapshot, ctx: contexts.append(ctx)
    assert worker(order("anything")) is DeliveryOutcome.DONE
    with pytest.raises(TooLate, match="before process returns"):
        contexts[0].emit_snapshot({"late": True})
    assert bench.routes() == []


def test_the_time_runs_while_bodies_are_fetched_and_the_component_is_not_begun_when_it_is_over(
    bench: Bench, tmp_path: Any
) -> None:
    gate = threading.Event()
    worker = bench.worker(seconds=0.01)
    slow: Any = SlowStorage(gate)
    worker._output = replace(worker._output, bodies=Bodies(slow))
    begun = tmp_path / "begun"
    content = CIPHER.encode({"body": {"do": "many", "times": 0, "begun": str(begun)}, "headers": {OBJECT_ID: "id"}})
    with worker:
        worker._watchdog._seconds = 0.02
        delivery = bench.begin(worker, Delivery(1, content, {"messageId": "m"}, {}))
        assert bench.settled(delivery) is DeliveryOutcome.FAILED
        assert bench.error()["code"] == "deadline_exceeded"
        gate.set()
        assert bench.returned.get(timeout=60) is DeliveryOutcome.FAILED
    assert bench.routes() == ["to.error"]
    assert not begun.exists()


@pytest.mark.parametrize("event", [Keys({"a": 1}), Data(Message(body={"text": "x" * 100}))])
def test_keys_or_a_body_that_cannot_be_stored_fail_the_message_whatever_the_component_makes_of_it(
    bench: Bench, event: Any
) -> None:
    def broken(_keys: Mapping[str, Any]) -> None:
        raise PlatformApiError("The platform is away")

    def process(_msg: Message, _cfg: object, _snapshot: object, ctx: Any) -> None:
        with suppress(SailorError):
            ctx.emit(event)

    worker = bench.worker()
    worker._step._process = process
    away: Any = AwayStorage()
    worker._output = replace(worker._output, store_keys=broken, bodies=Bodies(away, threshold=10))
    assert worker(order("anything")) is DeliveryOutcome.FAILED
    assert bench.error()["message"] == "The platform is away"


def test_what_a_component_chokes_on_is_in_the_error_message_and_not_in_the_log(bench: Bench) -> None:
    stream = io.StringIO()
    with LogTo(stream, BunyanFormatter({}, Redaction())):
        assert bench.worker()(order("jane@example.com")) is DeliveryOutcome.FAILED
    assert "The component has a defect" in stream.getvalue()
    assert "obey.py" in stream.getvalue()
    assert "jane" not in stream.getvalue()
    assert "jane@example.com" in bench.error()["message"]


def test_a_failure_at_telling_a_failure_rejects_and_raises_nothing(bench: Bench) -> None:
    worker = bench.worker()
    bench.transport.fail("to.error", RuntimeError("no words"))
    assert worker(order("fail")) is DeliveryOutcome.FAILED


@pytest.mark.parametrize(("value", "known_by"), [("a", "a"), (7, "7"), ("", None), (None, None), (["a"], "['a']")])
def test_a_delivery_is_known_by_its_message_id_whatever_type_that_has(value: Any, known_by: str | None) -> None:
    assert id_of(Delivery(1, b"", {"messageId": value})) == known_by


def test_the_log_is_told_the_kind_of_a_failure_and_not_its_text() -> None:
    component = Component.find(TINY)
    with pytest.raises(StepError) as caught:
        Step(component.function("obey"), {})
    assert describe_error(caught.value) == "InvalidConfig (invalid_config) at /password, /tone"
    assert describe_error(ValueError("the body")) == "ValueError"
    assert describe_error(Rebound("the body")) == "Rebound (rebound)"
    assert describe_error(Unroutable("no queue takes it")) == "Unroutable: no queue takes it"


def test_a_message_whose_turn_comes_too_late_for_a_worker_that_stops_is_returned(bench: Bench) -> None:
    worker = bench.worker()
    worker._output = replace(worker._output, throttle=Throttle({"data": Rate(1, 3600.0)}))
    worker.stop()
    assert worker(order("many", times=2)) is DeliveryOutcome.RETURNED
    assert bench.routes() == ["to.data"]
