"""Traces and metrics by OpenTelemetry, off unless the standard OTEL_… variables name a collector."""

from .open import open_telemetry

__all__ = ["open_telemetry"]
