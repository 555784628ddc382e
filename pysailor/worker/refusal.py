"""Why a worker cannot begin, or cannot go on: in words, for the log, and as an error message, for the flow."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from ..errors import SailorError
from ..platform.api import PlatformApiError
from ..transport.base import Transport, TransportError
from .assembly import identity
from .emitter import new_id

if TYPE_CHECKING:
    from ..platform.settings import WorkerSettings
    from ..wire.codec import Codec

LOG = logging.getLogger(__name__)

_EXTRA: Final = ("pika", "cryptography")
_TIME_TO_REPORT: Final = 10.0


def explain(error: Exception) -> str:
    """Return what went wrong, and what to install if it is a missing package of the extra."""
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRA:
        return f"the package {error.name} is not installed; a worker needs the extra [rabbitmq]"
    return str(error)


def is_unexpected(error: Exception) -> bool:
    """Return whether a traceback tells something: not where in our code an outage or a refusal was met."""
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRA:
        return False
    if isinstance(error, (TransportError, PlatformApiError)):
        return False
    return not isinstance(error, SailorError) or not isinstance(error.__cause__, (OSError, type(None)))


def report(error: Exception, transport: Transport, codec: Codec, settings: WorkerSettings) -> None:
    """Publish to the flow why this worker cannot begin, if the broker takes it."""
    shared = identity(settings.step, settings.additional_headers)
    try:
        for publish in codec.error(error, shared, now_ms=None, new_id=new_id()):
            transport.publish(publish, time.monotonic() + _TIME_TO_REPORT)
    except TransportError as unsent:
        LOG.error("the error cannot be reported to the flow: %s", unsent)  # noqa: TRY400 - its traceback tells nothing
