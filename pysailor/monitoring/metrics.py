"""A worker's numbers as Prometheus reads them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily

from ..context import CallReport
from .labels import LabelValues
from .measures import Measures
from .observer import LoopHold, MessageReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .health import Health
    from .observer import Notes

OUTCOMES: Final = ("done", "rebound", "failed", "rejected", "returned")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600)


class Metrics:
    """Counts what was noted, and reads the rest when it is asked."""

    def __init__(self, notes: Notes, health: Health, prefetch: int, identity: Mapping[str, str]) -> None:
        self._notes, self._health, self._prefetch, self._identity = notes, health, prefetch, identity
        self._lock = threading.Lock()
        self._targets, self._codes, self._units, self._currencies = (LabelValues() for _ in range(4))
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began tells nothing
        self._registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        self._messages = Counter("pysailor_messages", "Messages by what became of them", ["outcome"], registry=registry)
        self._message_seconds = Histogram(
            "pysailor_message_seconds",
            "Time from a delivery to its outcome",
            ["outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._errors = Counter(
            "pysailor_errors", "Messages that did not end well, by the error's code", ["code"], registry=registry
        )
        self._redelivered = Counter(
            "pysailor_redelivered", "Messages that the broker had delivered before", registry=registry
        )
        self._replayed, self._unknown, self._journal_writes, self._journal_failures = (
            Counter(f"pysailor_{name}", text, registry=registry)
            for name, text in (
                ("replayed", "Calls that were not made, since the journal had their answer"),
                ("unknown_fates", "Calls that an earlier attempt made, and whose answer is not known"),
                ("journal_writes", "Records written into the journal"),
                ("journal_failures", "Records that the journal could not take"),
            )
        )
        self._calls = Counter(
            "pysailor_calls", "Calls of services, by what was asked", ["target", "outcome"], registry=registry
        )
        self._tries = Counter("pysailor_call_tries", "Tries that those calls took", ["target"], registry=registry)
        self._call_seconds = Histogram(
            "pysailor_call_seconds",
            "Time of a call, all its tries included",
            ["target"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._used = Counter(
            "pysailor_call_units", "What calls used, such as tokens", ["target", "unit"], registry=registry
        )
        self._cost = Counter(
            "pysailor_call_cost", "What calls cost, as far as it is known", ["target", "currency"], registry=registry
        )
        self._unpriced = Counter(
            "pysailor_calls_unpriced", "Calls that went well and whose cost is not known", ["target"], registry=registry
        )
        self._holds = Counter("pysailor_loop_holds", "Times that a step held the loop over 100 ms", registry=registry)
        self._held_seconds = Counter("pysailor_loop_held_seconds", "Time that those took", registry=registry)
        self._measures = Measures(registry)
        Gauge("pysailor_info", "Who this worker is", list(identity), registry=registry).labels(*identity.values()).set(
            1
        )
        for outcome in OUTCOMES:  # a rate over what has not happened yet is 0, not missing
            self._messages.labels(outcome)
        registry.register(self)

    def count(self) -> None:
        """Count what was noted."""
        with self._lock:
            for note in self._notes.take():
                if isinstance(note, MessageReport):
                    self._count_message(note)
                elif isinstance(note, CallReport):
                    self._count_call(note)
                elif isinstance(note, LoopHold):
                    self._holds.inc()
                    self._held_seconds.inc(note.seconds)
                else:
                    self._measures.set(note)

    def render(self) -> bytes:
        """Return all of it, in Prometheus' text format."""
        self.count()
        return generate_latest(self._registry)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield what is so at this moment; the registry asks."""
        health, state = self._health, self._health.state
        for name, text, value in (
            ("in_flight", "Messages in work", self._notes.in_flight),
            ("prefetch", "Messages that may be in work at a time", self._prefetch),
            ("oldest_in_flight_seconds", "Age of the message longest in work", self._notes.oldest_seconds),
            ("io_silence_seconds", "Time since the I/O loop last turned", health.silence),
            ("consuming", "Whether the broker brings messages", health.is_ready),
            ("broker_blocked", "Whether the broker takes no messages for now", state.blocked),
        ):
            yield GaugeMetricFamily(f"pysailor_{name}", text, float(value))
        connected = GaugeMetricFamily(
            "pysailor_broker_connected", "Whether a connection is open", labels=["connection"]
        )
        connected.add_metric(["read"], float(state.reading))
        connected.add_metric(["write"], float(state.writing))
        yield connected

    def _count_message(self, report: MessageReport) -> None:
        self._messages.labels(report.outcome).inc()
        self._message_seconds.labels(report.outcome).observe(report.seconds)
        if report.error_code:
            self._errors.labels(self._codes.limit(report.error_code)).inc()
        if report.redelivered:
            self._redelivered.inc()
        self._replayed.inc(report.replayed)
        self._unknown.inc(report.unknown_fates)
        self._journal_writes.inc(report.journal_writes)
        self._journal_failures.inc(report.journal_failures)

    def _count_call(self, call: CallReport) -> None:
        target = self._targets.limit(call.target)
        self._calls.labels(target, self._codes.limit(call.outcome)).inc()
        self._tries.labels(target).inc(max(0, call.tries))
        self._call_seconds.labels(target).observe(call.seconds)
        for unit, used in call.units.items():
            self._used.labels(target, self._units.limit(unit)).inc(max(0, used))
        if call.cost is not None and call.cost.is_finite():
            self._cost.labels(target, self._currencies.limit(call.currency)).inc(max(0.0, float(call.cost)))
        elif call.outcome == "ok":
            self._unpriced.labels(target).inc()
