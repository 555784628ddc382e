"""Whether there is a collector, as the standard variables say, and what they say that cannot be done here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_PROTOCOL: Final = "http/protobuf"
_SIGNALS: Final = ("traces", "metrics")
_ON: Final = ("true", "span_only", "span_and_event")
_OFF: Final = ("", "false", "no_content")
_EVENTS: Final = ("event_only", "span_and_event")


def exported_signals(environ: Mapping[str, str]) -> frozenset[str]:
    """Return which of traces and metrics go to a collector: none, unless a variable names its address."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return frozenset()
    return frozenset(signal for signal in _SIGNALS if _is_exported(environ, signal.upper()))


def is_captured(environ: Mapping[str, str]) -> bool:
    """Return whether spans are to hold what was asked and answered: not unless a variable says so."""
    return _word(environ, CAPTURE) in _ON


def find_mistakes(environ: Mapping[str, str], signals: frozenset[str]) -> Iterator[str]:
    """Yield a sentence for each variable whose value cannot be followed, with what is done and what is possible."""
    yield from _find_protocols(environ, signals)
    for signal in _SIGNALS:
        name = f"OTEL_{signal.upper()}_EXPORTER"
        if _word(environ, name) not in ("", "otlp", "none"):
            yield f"{name} is {environ[name]!r}, so no {signal} are sent; possible are otlp and none"
    found = _word(environ, CAPTURE)
    if found in _EVENTS:
        where = "in spans alone" if found in _ON else "nowhere"
        yield f"{CAPTURE} is {environ[CAPTURE]!r}, and events are not sent: what is said is {where}; use SPAN_ONLY"
    elif found not in (*_ON, *_OFF):
        yield f"{CAPTURE} is {environ[CAPTURE]!r}, so nothing of that is sent; possible are SPAN_ONLY and NO_CONTENT"


def _find_protocols(environ: Mapping[str, str], signals: frozenset[str]) -> Iterator[str]:
    told = set()
    for signal in sorted(signals):
        own, shared = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"
        name = own if environ.get(own) else shared
        if name not in told and _word(environ, name) not in ("", _PROTOCOL):
            told.add(name)
            yield (
                f"{name} is {environ[name]!r}, which is not possible; {_PROTOCOL} is sent, as OTLP over HTTP. Name the "
                f"collector's address for that ({ENDPOINT}), usually its port 4318, and not 4317, which takes grpc"
            )


def _word(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip().lower()


def _is_exported(environ: Mapping[str, str], signal: str) -> bool:
    address = environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or environ.get(ENDPOINT)
    return bool(address) and (_word(environ, f"OTEL_{signal}_EXPORTER") or "otlp") == "otlp"
