"""One delivery end to end, and the small parts of a worker, without a broker; tests/acceptance has the real one."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.component.component import Component
from pysailor.context import Data, Keys
from pysailor.errors import Rebound, SailorError, StepError
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.message import Message
from pysailor.platform.api import PlatformApiError
from pysailor.platform.object_storage import ObjectStorageError
from pysailor.platform.settings import StepIdentity, WorkerSettings
from pysailor.step import Step
from pysailor.transport.base import DeliveryOutcome, Refused, Stopped, Unroutable
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.envelope import Delivery, Publish
from pysailor.wire.passthrough import OBJECT_ID, Passthrough
from pysailor.worker import assembly
from pysailor.worker.assembly import identity
from pysailor.worker.bodies import Bodies
from pysailor.worker.delivery import Worker, describe_error, id_of
from pysailor.worker.emitter import Output, TooLate
from pysailor.worker.run import stay_on_one_cpu
from pysailor.worker.signals import StopSignal
from pysailor.worker.stopping import Stopping
from pysailor.worker.throttle import Rate, Throttle
from pysailor.worker.watchdog import Watchdog
from tests.support.stage import CIPHER, TINY

if TYPE_CHECKING:
    from collections.abc import Mapping

MINE = identity(StepIdentity("flow", "exec", "step_1", "container", "workspace", "user", "comp", "obey"), {})
ROUTES = Routes("to.data", "to.error", "to.rebound", "to.snapshot")


@dataclass
class Wire:
    """A transport that keeps what it is given; `failures` are raised first, by routing key."""

    sent: list[Any] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    told: threading.Event = field(default_factory=threading.Event)
    finished: list[tuple[Delivery, DeliveryOutcome]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def publish(self, publish: Publish) -> None:
        failures = self.failures.get(publish.routing_key)
        if failures:
            self.told.set()
            raise failures.pop(0)
        self.sent.append(publish)

    def tell_of(self, routing_key: str, failure: Exception) -> threading.Event:
        """Raise this for the next publish there; return what is set then."""
        self.failures[routing_key] = [failure]
        return self.told

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        self.finished.append((delivery, outcome))
        self.over.set()

    def routes(self) -> list[str]:
        return [publish.routing_key for publish in self.sent]


class NoStorage:
    """An object storage that must not be asked."""


@dataclass
class SlowStorage:
    """An object storage that gives a body when the gate is open."""

    gate: threading.Event

    def get_body(self, _object_id: str, **_: str) -> Any:
        self.gate.wait(10)
        return {"do": "many", "times": 0}


class AwayStorage:
    """An object storage that takes nothing."""

    def put_body(self, _plain: bytes, **_: str) -> str:
        raise ObjectStorageError("The platform is away")


@dataclass
class Bench:
    """A worker with its wire."""

    wire: Wire
    codec: Codec
    kept: list[Mapping[str, Any]] = field(default_factory=list)

    def worker(self, function: str = "obey", seconds: float | None = None) -> Worker:
        loaded = Component.find(TINY).function(function)
        storage: Any = NoStorage()
        transport: Any = self.wire
        output = Output(
            transport,
            self.codec,
            Throttle(),
            Passthrough("step_1"),
            Bodies(storage),
            self.kept.append,
        )
        return Worker(Step(loaded, {"password": "x", "tone": "soft"}), output, MINE, seconds)

    def error(self) -> dict[str, Any]:
        (report,) = [publish for publish in self.wire.sent if publish.routing_key == "to.error"]
        return dict(CIPHER.decode(json.loads(report.content)["error"].encode()))


@pytest.fixture
def bench() -> Bench:
    return Bench(Wire(), Codec(CIPHER, ROUTES))


def order(do: str, headers: dict[str, Any] | None = None, **body: Any) -> Delivery:
    return Delivery(1, CIPHER.encode({"body": {"do": do, **body}}), {"messageId": "m", **(headers or {})}, {})


# --- outcomes ------------------------------------------------------------------------------------------------------


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
    assert bench.wire.routes() == routes


def test_a_reply_reaches_whoever_waits_and_so_does_an_error(bench: Bench) -> None:
    assert bench.worker()(order("reply", {"reply_to": "them"})) is DeliveryOutcome.DONE
    assert bench.worker()(order("fail", {"reply_to": "them"})) is DeliveryOutcome.FAILED
    assert bench.wire.routes() == ["them", "to.error", "them"]


def test_a_publish_that_fails_fails_the_message_whatever_the_component_makes_of_it(bench: Bench) -> None:
    bench.wire.failures["nowhere"] = [Unroutable("no queue"), Unroutable("no queue")]
    assert bench.worker()(order("shrug", to="nowhere")) is DeliveryOutcome.FAILED
    assert bench.error()["code"] == "unroutable"


def test_a_worker_that_stops_returns_what_it_cannot_publish_and_tells_nobody(bench: Bench) -> None:
    for kind in ("to.data", "to.rebound", "to.error"):
        bench.wire.failures[kind] = [Stopped("the worker stops")]
    worker = bench.worker()
    assert worker(order("many", times=1)) is DeliveryOutcome.RETURNED
    assert worker(order("rebound")) is DeliveryOutcome.RETURNED
    assert worker(order("fail")) is DeliveryOutcome.RETURNED
    assert bench.wire.sent == []


def test_an_error_that_nobody_takes_is_not_waited_for_by_a_worker_that_stops(bench: Bench) -> None:
    bench.wire.failures["to.error"] = [Refused("never")]
    worker = bench.worker()
    worker.stop()
    assert worker(order("fail")) is DeliveryOutcome.RETURNED


def test_a_reply_that_nobody_takes_does_not_change_the_outcome(bench: Bench) -> None:
    bench.wire.failures["them"] = [Unroutable("gone")]
    assert bench.worker()(order("fail", {"reply_to": "them"})) is DeliveryOutcome.FAILED
    assert bench.wire.routes() == ["to.error"]


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
    worker = bench.worker(seconds=0.01)
    outcomes: list[DeliveryOutcome] = []
    with worker:
        worker._watchdog._seconds = 0.02
        thread = threading.Thread(target=lambda: outcomes.append(worker(order("hold", gate=str(gate)))))
        thread.start()
        assert bench.wire.over.wait(10)
        assert bench.error()["code"] == "deadline_exceeded"
        assert bench.wire.finished[0][1] is DeliveryOutcome.FAILED
        gate.touch()
        thread.join()
    assert outcomes == [DeliveryOutcome.FAILED]
    assert bench.wire.routes() == ["to.error"]  # what the component emitted too late went nowhere


def test_an_input_is_not_rejected_before_the_error_message_of_its_deadline_is_out(bench: Bench, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    worker = bench.worker(seconds=0.01)
    turned_down = bench.wire.tell_of("to.error", Refused("not now"))
    outcomes: list[DeliveryOutcome] = []
    with worker:
        worker._watchdog._seconds = 0.02
        thread = threading.Thread(target=lambda: outcomes.append(worker(order("hold", gate=str(gate)))))
        thread.start()
        assert turned_down.wait(10)
        gate.touch()
        thread.join(0.2)
        assert outcomes == []
        worker.stop()
        thread.join(10)
        assert bench.wire.over.wait(10)
    assert outcomes == [DeliveryOutcome.RETURNED]
    assert bench.wire.finished[0][1] is DeliveryOutcome.RETURNED
    assert bench.wire.routes() == []


def test_what_is_emitted_after_the_message_is_finished_goes_nowhere(bench: Bench) -> None:
    worker = bench.worker()
    contexts: list[Any] = []
    worker._step._process = lambda _msg, _cfg, _snapshot, ctx: contexts.append(ctx)
    assert worker(order("anything")) is DeliveryOutcome.DONE
    with pytest.raises(TooLate, match="before process returns"):
        contexts[0].emit_snapshot({"late": True})
    assert bench.wire.routes() == []


def test_the_time_runs_while_bodies_are_fetched_and_the_component_is_not_begun_when_it_is_over(
    bench: Bench, tmp_path: Any
) -> None:
    gate = threading.Event()
    worker = bench.worker(seconds=0.01)
    slow: Any = SlowStorage(gate)
    worker._output = replace(worker._output, bodies=Bodies(slow))
    begun = tmp_path / "begun"
    content = CIPHER.encode({"body": {"do": "many", "times": 0, "begun": str(begun)}, "headers": {OBJECT_ID: "id"}})
    outcomes: list[DeliveryOutcome] = []
    with worker:
        worker._watchdog._seconds = 0.02
        delivery = Delivery(1, content, {"messageId": "m"}, {})
        thread = threading.Thread(target=lambda: outcomes.append(worker(delivery)))
        thread.start()
        assert bench.wire.over.wait(10)
        assert bench.error()["code"] == "deadline_exceeded"
        gate.set()
        thread.join(10)
    assert outcomes == [DeliveryOutcome.FAILED]
    assert bench.wire.routes() == ["to.error"]
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
    bench.wire.failures["to.error"] = [RuntimeError("no words")]
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


# --- rates ---------------------------------------------------------------------------------------------------------


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


def test_whoever_waits_for_a_turn_hears_that_the_worker_stops_and_waits_on_only_for_what_can_be_in_time() -> None:
    stopping = Stopping()
    outcomes: list[str] = []

    def pause() -> None:
        try:
            stopping.pause(60)
        except Stopped:
            outcomes.append("stopped")

    thread = threading.Thread(target=pause)
    thread.start()
    stopping.request(time.monotonic() + 30)
    thread.join(10)
    assert outcomes == ["stopped"]
    stopping.pause(0.001)


def test_a_message_whose_turn_comes_too_late_for_a_worker_that_stops_is_returned(bench: Bench) -> None:
    worker = bench.worker()
    worker._output = replace(worker._output, throttle=Throttle({"data": Rate(1, 3600.0)}))
    worker.stop()
    assert worker(order("many", times=2)) is DeliveryOutcome.RETURNED
    assert bench.wire.routes() == ["to.data"]


# --- hooks, signals, watch -----------------------------------------------------------------------------------------


def test_a_signal_is_heard_however_early_it_comes_and_a_second_one_changes_nothing() -> None:
    with StopSignal(60) as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        stop.wait()
        assert stop.received
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.alarm(0) == 0


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
    assert over.wait(10)
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
    assert over.wait(10)
    watch.stop()
    assert "cannot be dealt with" in caplog.text


def test_without_a_limit_nothing_is_watched() -> None:
    watch = Watchdog[str](None, lambda _work: True)
    watch.start()
    watch.begin("held")
    watch.end("held")
    watch.stop()
    assert not watch._thread.is_alive()


# --- assembly ------------------------------------------------------------------------------------------------------


@pytest.fixture
def environ() -> dict[str, str]:
    names = (
        *("FLOW_ID", "EXEC_ID", "STEP_ID", "CONTAINER_ID", "WORKSPACE_ID", "USER_ID", "COMP_ID", "FUNCTION"),
        *("API_URI", "API_USERNAME", "API_KEY", "AMQP_URI", "LISTEN_MESSAGES_ON", "PUBLISH_MESSAGES_TO"),
        *("DATA_ROUTING_KEY", "ERROR_ROUTING_KEY", "REBOUND_ROUTING_KEY", "SNAPSHOT_ROUTING_KEY"),
        "MESSAGE_CRYPTO_PASSWORD",
    )
    return {f"ELASTICIO_{name}": name for name in names} | {
        "ELASTICIO_MESSAGE_CRYPTO_IV": "0123456789abcdef",
        "ELASTICIO_API_URI": "http://127.0.0.1:1",
        "ELASTICIO_AMQP_URI": "amqp://127.0.0.1:1",
    }


def test_the_parts_are_made_of_the_settings(environ: dict[str, str]) -> None:
    environ |= {
        "ELASTICIO_PROTOCOL_VERSION": "2",
        "ELASTICIO_INPUT_FORMAT": "error",
        "ELASTICIO_NO_ERROR_REPLIES": "true",
        "ELASTICIO_REBOUND_LIMIT": "3",
        "ELASTICIO_DATA_RATE_LIMIT": "7",
        "ELASTICIO_ERROR_RATE_LIMIT": "0",
    }
    settings = WorkerSettings.from_environment(environ)
    codec = assembly.codec(settings)
    assert (codec.protocol, codec.error_input, codec.error_replies, codec.backoff.limit) == (2, True, False, 3)
    assert codec.routes == Routes(
        "DATA_ROUTING_KEY", "ERROR_ROUTING_KEY", "REBOUND_ROUTING_KEY", "SNAPSHOT_ROUTING_KEY"
    )
    assert identity(settings.step, {})["taskId"] == "FLOW_ID"
    assert set(assembly.throttle(settings).rates) == {"data"}


def test_of_keys_that_are_renewed_the_last_two_generations_are_masked_in_the_log() -> None:
    redaction = Redaction(["for-ever"])
    for number in range(50):
        redaction.hide([f"token-{number:02}"], instead_of="keys")
    assert redaction.mask("for-ever token-47 token-48 token-49") == "*** token-47 *** ***"


def test_a_worker_that_stays_on_one_processor_has_its_threads_there_too() -> None:
    found: list[set[int]] = []

    def look() -> None:
        found.append(os.sched_getaffinity(0))

    def begin() -> None:  # on a thread of its own, as the test's has to keep its processors
        stay_on_one_cpu()
        look()
        inner = threading.Thread(target=look)
        inner.start()
        inner.join()

    outer = threading.Thread(target=begin)
    outer.start()
    outer.join()
    (here, there) = found
    assert here == there
    assert len(here) == 1
