"""One span for each message and one for each call in it, and the metrics of the conventions.

Spans and numbers wait in memory, at most so many, and go to the collector from threads of the library's own: a message
never waits for a collector, and what it does not take is dropped. No body, no prompt and no answer is in them.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from ..context import CallReport
from . import conventions as named
from .headers import read_context, write_context
from .settings import exported_signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from ..context import Measure
    from ..monitoring.observer import MessageReport
    from ..wire.headers import Incoming

LOG = logging.getLogger(__name__)

_SCOPE = "pysailor"
REPLAYED = "replayed"
"""The outcome of a call that was not made: the journal had its answer."""
_WELL = ("ok", REPLAYED)
_TIME_TO_FLUSH = 3.0
_NANO = 1_000_000_000
_ID = ("flow", "step", "function")


class MessageTrace:
    """What is told of one message while it is in work. `headers` carry the trace to the steps that follow."""

    __slots__ = ("_attributes", "_context", "_span", "_telemetry", "headers")

    def __init__(self, telemetry: Telemetry, span: Span | None, attributes: Mapping[str, Any]) -> None:
        self._telemetry, self._span, self._attributes = telemetry, span, attributes
        self._context: Any = None
        self.headers: dict[str, str] = {}
        if span is not None:
            from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - the library is an extra
            from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - the same
                TraceContextTextMapPropagator,
            )

            self._context = set_span_in_context(span)
            carrier: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(carrier, self._context)
            self.headers = write_context(carrier)

    def call(self, told: CallReport | Measure) -> None:
        """Note a call that has just ended."""
        if isinstance(told, CallReport):
            self._telemetry.note_call(told, self._context)

    def end(self, report: MessageReport) -> None:
        """Note what became of the message."""
        self._telemetry.note_message(report, self._attributes)
        if self._span is None:
            return
        self._span.set_attribute("pysailor.outcome", report.outcome)
        if report.error_code:
            self._span.set_attribute(named.ERROR_TYPE, report.error_code)
            if report.outcome != "rebound":
                _mark_failed(self._span, report.error_code)
        self._span.end()


class Telemetry:
    """A context manager: its end sends what is left, within three seconds."""

    def __init__(self, signals: frozenset[str], identity: Mapping[str, str], queue: str, version: str) -> None:
        """Make the parts of the library; raise ModuleNotFoundError without it."""
        resource = _resource(identity, version)
        self._traces = _tracer_provider(resource) if "traces" in signals else None
        self._metrics = _meter_provider(resource) if "metrics" in signals else None
        self._tracer = None if self._traces is None else self._traces.get_tracer(_SCOPE, version)
        self._name = f"process {identity.get('step') or identity.get('function', '')}".strip()
        self._attributes = {
            named.MESSAGING_SYSTEM: "rabbitmq",
            named.MESSAGING_OPERATION: "process",
            named.MESSAGING_OPERATION_NAME: "process",
            named.MESSAGING_DESTINATION: queue,
            **{f"pysailor.{name}": identity[name] for name in _ID if identity.get(name)},
        }
        self._histograms = {} if self._metrics is None else _histograms(self._metrics, version)

    def begin(self, incoming: Incoming, headers: Mapping[str, Any], *, redelivered: bool = False) -> MessageTrace:
        """Begin the span of a message, in the trace that it belongs to, or in a new one."""
        if self._tracer is None:
            return MessageTrace(self, None, self._attributes)
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - the library is an extra
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - the same

        parent = TraceContextTextMapPropagator().extract(read_context(headers, incoming.meta))
        attributes: dict[str, Any] = {
            **self._attributes,
            named.MESSAGE_ID: incoming.message_id,
            named.CONVERSATION_ID: incoming.thread_id,
            "pysailor.redelivered": redelivered,
        }
        span = self._tracer.start_span(self._name, parent, SpanKind.CONSUMER, attributes)
        return MessageTrace(self, span, self._attributes)

    def note_call(self, call: CallReport, context: Any) -> None:
        """Make the span of a call that has just ended, and count it."""
        attributes: dict[str, Any] = {**call.attributes, named.REQUEST_MODEL: call.target}
        failed: dict[str, Any] = {} if call.outcome in _WELL else {named.ERROR_TYPE: call.outcome}
        if self._tracer is not None:
            self._span_of(call, attributes | failed, context)
        if not self._histograms or call.outcome == REPLAYED:  # which was counted when it was made
            return
        few: dict[str, Any] = {name: attributes[name] for name in named.METRIC_ATTRIBUTES if name in attributes}
        self._histograms[named.DURATION].record(call.seconds, few | failed)
        for unit, kind in named.TOKEN_TYPES.items():
            if unit in call.units:
                self._histograms[named.TOKENS].record(call.units[unit], {**few, named.TOKEN_TYPE: kind})

    def note_message(self, report: MessageReport, attributes: Mapping[str, Any]) -> None:
        """Count a message."""
        if self._histograms:
            failed: dict[str, Any] = {named.ERROR_TYPE: report.error_code} if report.error_code else {}
            told = {**attributes, "pysailor.outcome": report.outcome, **failed}
            self._histograms[named.PROCESS_DURATION].record(report.seconds, told)

    def _span_of(self, call: CallReport, attributes: Mapping[str, Any], context: Any) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - the library is an extra

        used: dict[str, Any] = {named.USAGE[unit]: count for unit, count in call.units.items() if unit in named.USAGE}
        cost: dict[str, Any] = (
            {} if call.cost is None else {"pysailor.cost": float(call.cost), "pysailor.currency": call.currency}
        )
        end = time.time_ns()
        name = f"{attributes.get(named.OPERATION, 'call')} {call.target}"
        told = {**attributes, **used, **cost, "pysailor.tries": call.tries}
        assert self._tracer is not None  # noqa: S101 - whoever calls has looked
        begin = end - int(call.seconds * _NANO)
        span = self._tracer.start_span(name, context, SpanKind.CLIENT, told, start_time=begin)
        if call.outcome == REPLAYED:
            span.set_attribute("pysailor.replayed", True)
        if call.outcome not in _WELL:
            _mark_failed(span, call.outcome)
        span.end(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Send what is left, as far as that is possible within three seconds."""
        thread = threading.Thread(target=self._shut_down, name="pysailor-telemetry-end", daemon=True)
        thread.start()
        thread.join(_TIME_TO_FLUSH)
        if thread.is_alive():
            LOG.warning("the collector does not take the last traces and metrics; they are dropped")

    def _shut_down(self) -> None:
        for provider in (self._traces, self._metrics):
            if provider is not None:
                provider.shutdown()


def open_telemetry(
    environ: Mapping[str, str], identity: Mapping[str, str], queue: str, version: str
) -> Telemetry | None:
    """Return what tells a collector, None where no variable names one, or the extra is missing: that is logged."""
    signals = exported_signals(environ)
    if not signals:
        return None
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # a line for each try; outage.py tells it in one
    try:
        telemetry = Telemetry(signals, identity, queue, version)
    except ModuleNotFoundError as error:
        LOG.warning("a collector is named (OTEL_…), but %s is missing; traces need the extra [telemetry]", error.name)
        return None
    except Exception as error:  # noqa: BLE001 - a wrong variable must not keep a worker from its messages
        LOG.warning("no traces and no metrics are sent, since what the OTEL_… variables say cannot be used: %s", error)
        return None
    LOG.info("OpenTelemetry: %s go to the collector", " and ".join(sorted(signals)))
    return telemetry


def _resource(identity: Mapping[str, str], version: str) -> Resource:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the library is an extra

    named_outside = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    own = {} if named_outside else {"service.name": identity.get("function") or _SCOPE}
    return Resource.create({**own, "service.version": version})


def _tracer_provider(resource: Resource) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    from .outage import ToldExporter  # noqa: PLC0415 - as above

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(ToldExporter(OTLPSpanExporter())))
    return provider


def _meter_provider(resource: Resource) -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415 - as above

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    return MeterProvider([reader], resource, shutdown_on_exit=False)


def _histograms(provider: MeterProvider, version: str) -> dict[str, Any]:
    meter = provider.get_meter(_SCOPE, version)
    wanted = (
        (named.DURATION, "s", "How long a call took, all its tries included", named.DURATION_BUCKETS),
        (named.TOKENS, "{token}", "How many tokens a call used", named.TOKEN_BUCKETS),
        (named.PROCESS_DURATION, "s", "Time from a delivery to its outcome", named.PROCESS_BUCKETS),
    )
    return {
        name: meter.create_histogram(name, unit, text, explicit_bucket_boundaries_advisory=list(buckets))
        for name, unit, text, buckets in wanted
    }


def _mark_failed(span: Span, code: str) -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - the library is an extra

    span.set_status(Status(StatusCode.ERROR, code))
