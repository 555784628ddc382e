"""Whether there is a collector, as the standard variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SIGNALS: Final = ("traces", "metrics")


def exported_signals(environ: Mapping[str, str]) -> frozenset[str]:
    """Return which of traces and metrics go to a collector: none, unless a variable names its address."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return frozenset()
    return frozenset(signal for signal in _SIGNALS if _is_exported(environ, signal.upper()))


def _is_exported(environ: Mapping[str, str], signal: str) -> bool:
    address = environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or environ.get(ENDPOINT)
    return bool(address) and environ.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() == "otlp"
