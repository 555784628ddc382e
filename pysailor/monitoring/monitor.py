"""Watches one worker: asks its I/O loop for a sign of life, counts, touches the file, answers on the port."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from .. import pool
from .errors import MonitoringUnavailable
from .health import Health
from .heartbeat import Heartbeat
from .observer import Notes, Observer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..platform.variables import Monitoring
    from ..transport.base import Transport
    from .metrics import Metrics
    from .server import MonitoringServer

LOG = logging.getLogger(__name__)

EVERY = 1.0
_BEATS = 2
"""The file is touched at every second look."""


class Monitor:
    """A context manager; nothing runs unless a port or a file is set.

    `observer` is what the worker tells. Making it opens the port and creates the file, or raises MonitoringUnavailable.
    """

    def __init__(self, settings: Monitoring, prefetch: int, identity: Mapping[str, str]) -> None:
        self._health = Health()
        self._ended = threading.Event()
        self.observer: Observer = Observer()
        self._metrics: Metrics | None = None
        file = settings.heartbeat_file
        self._heartbeat = None if file is None else Heartbeat(file)
        try:
            self._server = None if settings.port is None else self._open(settings, settings.port, prefetch, identity)
        except Exception:
            if self._heartbeat is not None:
                self._heartbeat.end()
            raise
        self._over = threading.Event()
        self._over.set()

    @property
    def port(self) -> int | None:
        """The port that is open, None without one."""
        return None if self._server is None else self._server.port

    def attach(self, transport: Transport) -> None:
        """Watch this transport, which is connected, from now on."""
        self._health.attach(transport)

    def detach(self) -> None:
        """Watch it no more: the worker stops, and is not ready from now on."""
        self._health.detach()

    def __enter__(self) -> Self:
        if self._server is not None:
            self._server.start()
            LOG.info("metrics and probes are on port %d", self._server.port)
        if self._server is not None or self._heartbeat is not None:
            self._over.clear()
            pool.current().start_thread(self._run, "pysailor-monitor")
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port and remove the file."""
        self._ended.set()
        self._over.wait(2 * EVERY)
        if self._server is not None:
            self._server.stop()
        if self._heartbeat is not None:
            self._heartbeat.end()

    def _open(self, settings: Monitoring, port: int, prefetch: int, identity: Mapping[str, str]) -> MonitoringServer:
        try:
            from .metrics import Metrics  # noqa: PLC0415 - prometheus_client is an extra
        except ModuleNotFoundError as error:
            raise MonitoringUnavailable(
                f"PYSAILOR_METRICS_PORT is set, but the package {error.name} is not installed; metrics need the extra "
                "[metrics]."
            ) from None
        from .server import MonitoringServer  # noqa: PLC0415 - http.server takes 20 ms to load

        notes = self.observer = Notes()
        self._metrics = Metrics(notes, self._health, prefetch, identity)
        return MonitoringServer(settings.host, port, self._metrics, self._health)

    def _run(self) -> None:
        looks = 0
        while not self._ended.is_set():
            try:
                self._look(looks)
            except Exception:
                # Without this thread the worker would pass for dead.
                LOG.exception("the worker cannot be watched now")
            looks += 1
            self._ended.wait(EVERY)
        self._over.set()

    def _look(self, looks: int) -> None:
        self._health.probe()
        if self._metrics is not None:
            self._metrics.count()
        if self._heartbeat is not None and looks % _BEATS == 0 and self._health.is_alive:
            self._heartbeat.beat()
