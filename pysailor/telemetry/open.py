"""From the standard variables to what tells a collector."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .settings import CAPTURE, exported_signals, find_mistakes, is_captured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .telemetry import Telemetry

LOG = logging.getLogger(__name__)


def open_telemetry(
    environ: Mapping[str, str],
    identity: Mapping[str, str],
    queue: str,
    version: str,
    hide: Callable[[str], str] = str,
) -> Telemetry | None:
    """Return what tells a collector, None where no variable names one, or the extra is missing: that is logged.

    `hide` masks the secrets in a text that was said, for what the operator wants to see of it.
    """
    signals = exported_signals(environ)
    if not signals:
        return None
    for mistake in find_mistakes(environ, signals):
        LOG.warning("OpenTelemetry: %s", mistake)
    from .content import ContentCapture  # noqa: PLC0415 - most workers have no collector, and load nothing for one
    from .telemetry import Telemetry  # noqa: PLC0415 - as above

    capture = ContentCapture(hide, environ) if is_captured(environ) else None
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # a line for each try; outage.py tells it in one
    try:
        telemetry = Telemetry(signals, identity, queue, version, capture)
    except ModuleNotFoundError as error:
        LOG.warning("a collector is named (OTEL_…), but %s is missing; traces need the extra [telemetry]", error.name)
        return None
    except Exception as error:  # noqa: BLE001 - a wrong variable must not keep a worker from its messages
        LOG.warning("no traces and no metrics are sent, since what the OTEL_… variables say cannot be used: %s", error)
        return None
    LOG.info("OpenTelemetry: %s go to the collector", " and ".join(sorted(signals)))
    if capture is not None:
        LOG.warning("OpenTelemetry: what is asked and answered is in the spans (%s)", CAPTURE)
    return telemetry
