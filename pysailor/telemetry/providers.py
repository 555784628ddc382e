"""The parts of OpenTelemetry's library that send what is told. It is an extra, so it is imported where it is used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from . import conventions as named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

SCOPE: Final = "pysailor"


def resource(identity: Mapping[str, str], version: str) -> Resource:
    """Return who tells: the service, by the standard variables or the function, and its version."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the library is an extra

    named_outside = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    own = {} if named_outside else {"service.name": identity.get("function") or SCOPE}
    return Resource.create({**own, "service.version": version})


def tracer_provider(resource: Resource) -> TracerProvider:
    """Return what sends spans, from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    from .outage import ToldExporter  # noqa: PLC0415 - as above

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(ToldExporter(OTLPSpanExporter())))
    return provider


def meter_provider(resource: Resource) -> MeterProvider:
    """Return what sends metrics, from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415 - as above

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    return MeterProvider([reader], resource, shutdown_on_exit=False)


def histograms(provider: MeterProvider, version: str) -> dict[str, Any]:
    """Return the conventions' histograms by name."""
    meter = provider.get_meter(SCOPE, version)
    wanted = (
        (named.DURATION, "s", "How long a call took, all its tries included", named.DURATION_BUCKETS),
        (named.TOKENS, "{token}", "How many tokens a call used", named.TOKEN_BUCKETS),
        (named.PROCESS_DURATION, "s", "Time from a delivery to its outcome", named.PROCESS_BUCKETS),
    )
    return {
        name: meter.create_histogram(name, unit, text, explicit_bucket_boundaries_advisory=list(buckets))
        for name, unit, text, buckets in wanted
    }
