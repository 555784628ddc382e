"""The port of a worker: /metrics, /healthz, /readyz."""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from .. import pool
from .errors import MonitoringUnavailable

if TYPE_CHECKING:
    from .health import Health
    from .metrics import Metrics

_MOST_AT_ONCE: Final = 16
_PATIENCE: Final = 5.0
_PLAIN_TEXT: Final = "text/plain; charset=utf-8"
_METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


class MonitoringServer(ThreadingHTTPServer):
    """Answers on threads of its own, a few at a time; who is too many is hung up on."""

    daemon_threads = True
    request_queue_size = 32
    timeout = 0.5
    """Seconds between two looks whether it is to stop."""

    def __init__(self, host: str, port: int, metrics: Metrics, health: Health) -> None:
        """Open the port; raise MonitoringUnavailable, with the reason, if that cannot be."""
        self.metrics, self.health = metrics, health
        self._is_stopping, self._ended = False, threading.Event()
        self._free = threading.BoundedSemaphore(_MOST_AT_ONCE)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise MonitoringUnavailable(
                f"PYSAILOR_METRICS_PORT: port {port} cannot be opened on {host} "
                f"({error.strerror or error}); set another port, or end what listens there."
            ) from None

    @property
    def port(self) -> int:
        """The port that is open."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind, without asking for the host's name, as the stock server does: that may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.port

    def start(self) -> None:
        """Answer from now on."""
        pool.current().start_thread(self._serve, "pysailor-metrics")

    def stop(self) -> None:
        self._is_stopping = True
        self._ended.wait(2 * self.timeout)
        self.server_close()

    def _serve(self) -> None:
        while not self._is_stopping:
            self.handle_request()
        self._ended.set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread, if one is left."""
        if self._free.acquire(blocking=False):
            try:
                super().process_request(request, client_address)
            except RuntimeError:  # no thread to be had
                self._free.release()
                self.shutdown_request(request)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that hung up, or sent something else than a request."""


class _Handler(BaseHTTPRequestHandler):
    server: MonitoringServer
    timeout = _PATIENCE
    server_version = "pysailor"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, self.server.metrics.render(), _METRICS)
        elif path == "/healthz":
            silence = self.server.health.silence
            self._answer_probe(self.server.health.is_alive, "alive", f"the I/O loop has not turned for {silence:.0f} s")
        elif path == "/readyz":
            self._answer_probe(self.server.health.is_ready, "consuming", "not consuming")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there are /metrics, /healthz and /readyz\n", _PLAIN_TEXT)

    do_HEAD = do_GET  # noqa: N815 - as above

    def _answer_probe(self, is_well: bool, good: str, bad: str) -> None:
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, f"{good if is_well else bad}\n".encode(), _PLAIN_TEXT)

    def _answer(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing: a probe comes every few seconds."""
