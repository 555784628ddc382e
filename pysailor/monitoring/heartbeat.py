"""A file that is touched while a worker is alive, for probes that can run a command and reach no port."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from .errors import MonitoringUnavailable

LOG = logging.getLogger(__name__)


class Heartbeat:
    """A file that is there while the worker runs, and whose time is that of the last sign of life."""

    def __init__(self, path: str) -> None:
        """Create the file; raise MonitoringUnavailable, with the reason, if that cannot be."""
        self._path = Path(path)
        self._has_failed = False
        try:
            self._path.touch()
            os.utime(self._path)
        except OSError as error:
            raise MonitoringUnavailable(
                f"PYSAILOR_HEARTBEAT_FILE: {path} cannot be written ({error.strerror or error})."
            ) from None

    def beat(self) -> None:
        """Touch the file; that it cannot be is a warning, once: the probe will tell."""
        try:
            self._path.touch()
        except OSError as error:
            if not self._has_failed:
                LOG.warning("the heartbeat file cannot be written: %s", error.strerror or error)
            self._has_failed = True
        else:
            self._has_failed = False

    def end(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            LOG.debug("the heartbeat file cannot be removed: %s", error.strerror or error)
