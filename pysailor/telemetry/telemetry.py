"""One span for each message and one for each call in it, and the metrics of the conventions.

Spans and numbers wait in memory, at most so many, and go to the collector from threads of the library's own: a message
never waits for a collector, and what it does not take is dropped. No body, no prompt and no answer is in them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from ..context import CallReport
from . import conventions as named
from .headers import read_context, write_context
from .providers import SCOPE, histograms, meter_provider, resource, tracer_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import Span

    from ..context import Measure
    from ..monitoring.observer import MessageReport
    from ..wire.headers import Incoming
    from .content import ContentCapture

LOG = logging.getLogger(__name__)

REPLAYED = "replayed"
"""The outcome of a call that was not made: the journal had its answer."""
_WELL = ("ok", REPLAYED)
_TIME_TO_FLUSH = 3.0
_NANO = 1_000_000_000
_ID = ("flow", "step", "function")


class MessageTrace:
    """What is told of one message while it is in work. `headers` carry the trace to the steps that follow."""

    __slots__ = ("_attributes", "_span", "_telemetry", "context", "headers")

    def __init__(self, telemetry: Telemetry, span: Span | None, attributes: Mapping[str, Any]) -> None:
        self._telemetry, self._span, self._attributes = telemetry, span, attributes
        self.context: Any = None
        self.headers: dict[str, str] = {}
        if span is not None:
            from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - the library is an extra
            from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - the same
                TraceContextTextMapPropagator,
            )

            self.context = set_span_in_context(span)
            carrier: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(carrier, self.context)
            self.headers = write_context(carrier)

    def call(self, told: CallReport | Measure) -> None:
        """Note a call that has just ended."""
        if isinstance(told, CallReport):
            self._telemetry.note_call(told, self.context)

    def end(self, report: MessageReport) -> None:
        """Note what became of the message."""
        self._telemetry.note_message(report, self._attributes)
        self.end_span(report.outcome, report.error_code)

    def end_span(self, outcome: str, code: str = "") -> None:
        """End the span alone, of something that is no message."""
        if self._span is None:
            return
        self._span.set_attribute("pysailor.outcome", outcome)
        if code:
            self._span.set_attribute(named.ERROR_TYPE, code)
            if outcome != "rebound":
                _mark_failed(self._span, code)
        self._span.end()


class Telemetry:
    """A context manager: its end sends what is left, within three seconds."""

    def __init__(
        self,
        signals: frozenset[str],
        identity: Mapping[str, str],
        queue: str,
        version: str,
        capture: ContentCapture | None = None,
    ) -> None:
        """Make the parts of the library; raise ModuleNotFoundError without it. `capture` puts what is said in spans."""
        self._capture = capture
        of = resource(identity, version)
        self._traces = tracer_provider(of) if "traces" in signals else None
        self._metrics = meter_provider(of) if "metrics" in signals else None
        self._tracer = None if self._traces is None else self._traces.get_tracer(SCOPE, version)
        self._name = f"process {identity.get('step') or identity.get('function', '')}".strip()
        self._attributes = {
            named.MESSAGING_SYSTEM: "rabbitmq",
            named.MESSAGING_OPERATION: "process",
            named.MESSAGING_OPERATION_NAME: "process",
            named.MESSAGING_DESTINATION: queue,
            **{f"pysailor.{name}": identity[name] for name in _ID if identity.get(name)},
        }
        self._histograms = {} if self._metrics is None else histograms(self._metrics, version)

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

    def begin_within(
        self, outer: MessageTrace | None, name: str, attributes: Mapping[str, str], message: str = ""
    ) -> MessageTrace:
        """Begin a span of this process within another one, or in a trace of its own. There are few `attributes`."""
        if self._tracer is None:
            return MessageTrace(self, None, attributes)
        context = None if outer is None else outer.context
        told = {**attributes, named.MESSAGE_ID: message} if message else dict(attributes)
        return MessageTrace(self, self._tracer.start_span(name, context, attributes=told), attributes)

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
        said = {} if self._capture is None else self._capture.attributes(call)
        told = {**attributes, **used, **cost, **said, "pysailor.tries": call.tries}
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


def _mark_failed(span: Span, code: str) -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - the library is an extra

    span.set_status(Status(StatusCode.ERROR, code))
