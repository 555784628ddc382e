"""Traces and metrics by OpenTelemetry, off unless the standard OTEL_… variables name a collector."""

from .telemetry import MessageTrace, Telemetry, open_telemetry

__all__ = ["MessageTrace", "Telemetry", "open_telemetry"]
