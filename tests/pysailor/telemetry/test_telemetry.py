"""A message is a span, a call one below it; the trace goes along with messages; a collector that is away harms none."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pysailor import CallReport
from pysailor.monitoring.observer import MessageReport
from pysailor.telemetry import open_telemetry
from pysailor.wire.headers import Incoming
from tests.support.collector import Collector, attributes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.telemetry.telemetry import Telemetry

IDENTITY = {"function": "ask", "step": "step_2", "flow": "flow-1"}
ATTRIBUTES = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "server.address": "api.openai.com"}
CALL = CallReport(
    "gpt-4.1", "ok", 0.5, 2, {"input_tokens": 12, "output_tokens": 5}, Decimal("0.01"), attributes=ATTRIBUTES
)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of W3C Trace Context


def opened(environ: Mapping[str, str]) -> Telemetry:
    telemetry = open_telemetry(environ, IDENTITY, "queue-1", "1.2.3")
    assert telemetry is not None
    return telemetry


def send(telemetry: Telemetry, headers: Mapping[str, str], outcome: str = "done", code: str = "") -> dict[str, str]:
    """Have one message go through; return the headers that go along with what it emits."""
    trace = telemetry.begin(Incoming.read(headers, "new"), headers)
    trace.call(CALL)
    trace.end(MessageReport(outcome, 1.0, code))
    return trace.headers


def test_a_message_and_its_call_are_two_spans_of_the_trace_that_came_with_it(collector: Collector) -> None:
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as telemetry:
        headers = send(telemetry, {"messageId": "m-1", "threadId": "t-1", "x-eio-meta-traceparent": PARENT})
    by_name = {span.name: span for span in collector.spans()}
    message, call = by_name["process step_2"], by_name["chat gpt-4.1"]
    assert message.trace_id.hex() == call.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert message.parent_span_id.hex() == "b7ad6b7169203331"
    assert call.parent_span_id == message.span_id
    assert headers["x-eio-meta-traceparent"] == f"00-{message.trace_id.hex()}-{message.span_id.hex()}-01"
    assert (
        attributes_of(message).items()
        >= {
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "process",
            "messaging.destination.name": "queue-1",
            "messaging.message.id": "m-1",
            "messaging.message.conversation_id": "t-1",
            "pysailor.outcome": "done",
        }.items()
    )
    assert (
        attributes_of(call).items()
        >= {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1",
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 5,
            "pysailor.cost": 0.01,
            "pysailor.tries": 2,
        }.items()
    )
    assert call.end_time_unix_nano - call.start_time_unix_nano == 500_000_000
    assert collector.resources()[0]["service.name"] == "ask"


def test_three_steps_of_a_flow_are_one_trace_also_if_the_one_between_is_another_sailor_s(collector: Collector) -> None:
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as telemetry:
        first = send(telemetry, {"messageId": "1"})
        by_node = {name: value for name, value in first.items() if name.startswith("x-eio-meta-")}
        second = send(telemetry, {"messageId": "2", **by_node})
        send(telemetry, {"messageId": "3", **second})
    messages = [span for span in collector.spans() if span.name.startswith("process")]
    assert len(messages) == 3
    assert len({span.trace_id for span in messages}) == 1


def test_metrics_have_the_conventions_names_and_buckets(collector: Collector) -> None:
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as telemetry:
        send(telemetry, {"messageId": "1"}, "failed", "quota")
    metrics = collector.metrics()
    (duration,) = metrics["gen_ai.client.operation.duration"]
    assert (duration.sum, duration.explicit_bounds[0], duration.explicit_bounds[-1]) == (0.5, 0.01, 81.92)
    tokens = {attributes_of(point)["gen_ai.token.type"]: point.sum for point in metrics["gen_ai.client.token.usage"]}
    assert tokens == {"input": 12, "output": 5}
    (message,) = metrics["messaging.process.duration"]
    assert attributes_of(message)["error.type"] == "quota"
    (span,) = [span for span in collector.spans() if span.name.startswith("process")]
    assert (span.status.code, span.status.message) == (2, "quota")


def test_an_answer_that_the_journal_had_is_no_failure_and_is_not_counted_again(collector: Collector) -> None:
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as telemetry:
        trace = telemetry.begin(Incoming.read({"messageId": "1"}, "new"), {})
        trace.call(CallReport("gpt-4.1", "replayed", 0.0, 0))
        trace.end(MessageReport("done", 1.0))
    (call,) = [span for span in collector.spans() if not span.name.startswith("process")]
    assert (call.status.code, attributes_of(call)["pysailor.replayed"]) == (0, True)
    assert "gen_ai.client.operation.duration" not in collector.metrics()


@pytest.mark.parametrize(
    ("environ", "is_on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True),
    ],
)
def test_it_is_off_unless_a_variable_names_a_collector(
    environ: dict[str, str], is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    telemetry = open_telemetry(environ, IDENTITY, "q", "1")
    assert (telemetry is not None) == is_on
    if telemetry is not None:
        telemetry._shut_down()


def test_a_collector_that_is_away_neither_slows_messages_nor_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    began = time.monotonic()
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) as telemetry:
        for number in range(3000):  # more than the queue holds
            send(telemetry, {"messageId": str(number)})
        assert time.monotonic() - began < 30
        began = time.monotonic()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("parent", ["", "no trace", "00-0-0-0", "x" * 10_000, 7, None, b"\xff"])
def test_a_context_that_is_none_begins_a_new_trace(collector: Collector, parent: object) -> None:
    with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as telemetry:
        headers = {"messageId": "1", "x-eio-meta-traceparent": parent}
        trace = telemetry.begin(Incoming.read(headers, "new"), headers)
        trace.end(MessageReport("done", 1.0))
    assert trace.headers["x-eio-meta-traceparent"].startswith("00-")
