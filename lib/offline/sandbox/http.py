"""One connection: requests read from it, replies written to it, each head and small body in one packet."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from contextlib import suppress
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from . import errors
from .errors import ErrorReply
from .incoming import IncomingRequest, scenario_and_path
from .recorder import RecordedRequest, Recorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .api import Api
    from .reply import SandboxReply

LARGEST_BODY = 32 * 1024 * 1024
SERVER_NAME = "sandbox, not a model"
_DRAIN_SECONDS = 2.0
_STOP_SECONDS = 5.0
_DRAIN_BYTES = 256 * 1024 * 1024
_SECRET_HEADERS = ("authorization", "api-key", "proxy-authorization", "cookie")
_OK = 200


class RequestHandler(BaseHTTPRequestHandler):
    """Serves one connection until either side closes it."""

    server: SandboxListener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.idle_seconds)

    def handle(self) -> None:
        """Serve; a client that goes away is not an error here."""
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def finish(self) -> None:
        with suppress(ConnectionError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Write no log: standard error belongs to the command that runs this."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not even HTTP with an error in the API's shape."""
        self.close_connection = True
        self._send(errors.bad_http(code, message or explain or responses.get(code, "Bad request")).reply(), 0.0)

    def answer(self) -> None:
        """Read the request, have it answered, record it, send the reply."""
        started = time.perf_counter()
        try:
            call = self._call()
        except ErrorReply as error:
            self.close_connection = True
            self._send(error.reply(), started)
            self._drain()
            return
        self.server.recorder.record(_describe(call))
        self._send(self.server.api.reply(call), started)

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike; the base class looks for do_GET, do_POST and so on."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    # --- in ----------------------------------------------------------------------------------------------------------

    def _call(self) -> IncomingRequest:
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        return IncomingRequest(self.command, path, headers, self._body(headers), query)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            return self._chunked_body()
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise errors.bad_http(400, "Content-Length is not a number.")
        if int(length) > LARGEST_BODY:
            raise errors.too_large(LARGEST_BODY)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionResetError("the client left within its request")
        return body

    def _chunked_body(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > LARGEST_BODY:
                raise errors.too_large(LARGEST_BODY)
            body += self.rfile.read(size)
            self.rfile.readline(3)
        while self.rfile.readline(1024).strip():
            pass
        return bytes(body)

    def _chunk_size(self) -> int:
        try:
            return int(self.rfile.readline(1024).partition(b";")[0], 16)
        except ValueError as error:
            raise errors.bad_http(400, "The chunked body cannot be read.") from error

    def _drain(self) -> None:
        """Read what the client is still sending, for a while, as a reset would cost it the reply."""
        self.connection.settimeout(_DRAIN_SECONDS)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left = _DRAIN_BYTES
            while left > 0 and (data := self.connection.recv(65_536)):
                left -= len(data)

    # --- out ---------------------------------------------------------------------------------------------------------

    def _send(self, reply: SandboxReply, started: float) -> None:
        if reply.wait:
            self.server.pause(reply.wait)
        if reply.sent == -1:
            self.close_connection = True
        elif reply.packets is None:
            self._send_whole(reply, started)
        else:
            self._send_packets(reply, started)

    def _send_whole(self, reply: SandboxReply, started: float) -> None:
        head = self._head(reply, started, f"Content-Length: {len(reply.body)}")
        body = b"" if self.command == "HEAD" else reply.body[: reply.sent]
        self.close_connection = self.close_connection or reply.sent is not None
        self.wfile.write(head + body)

    def _send_packets(self, reply: SandboxReply, started: float) -> None:
        """Send a stream in chunks; an HTTP/1.0 client gets it bare, ended by the end of the connection."""
        is_chunked = self.request_version != "HTTP/1.0"
        self.close_connection = self.close_connection or reply.hangs_up or not is_chunked
        head = self._head(reply, started, "Transfer-Encoding: chunked" if is_chunked else "Cache-Control: no-cache")
        for packet in reply.packets or ():
            if packet.wait:
                self.server.pause(packet.wait)
            self.wfile.write(head + (b"%x\r\n%b\r\n" % (len(packet.data), packet.data) if is_chunked else packet.data))
            head = b""
        if is_chunked and not reply.hangs_up:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, reply: SandboxReply, started: float, framing: str) -> bytes:
        asked = getattr(self, "headers", None) or {}
        lines = [
            f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {reply.media}",
            framing,
            f"x-request-id: {self.server.next_request_id()}",
            f"openai-organization: {_one_line(asked.get('OpenAI-Organization', 'org-sandbox'))}",
            "openai-version: 2020-10-01",
            f"openai-processing-ms: {max(1, round((time.perf_counter() - started) * 1000)) if started else 1}",
            f"x-sandbox: {SERVER_NAME}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _describe(call: IncomingRequest) -> RecordedRequest:
    scenario, path = scenario_and_path(call)
    headers = {name: _mask_header(name, value) for name, value in call.headers.items()}
    return RecordedRequest(call.method, path, scenario, headers, _decode(call.body), len(call.body))


def _mask_header(name: str, value: str) -> str:
    if name not in _SECRET_HEADERS:
        return value
    scheme, blank, key = value.rpartition(" ")
    return f"{scheme}{blank}{errors.mask_key(key)}"


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


_WAITING_CONNECTIONS = 512


class SandboxListener(ThreadingHTTPServer):
    """The socket that listens, and the connections that it took."""

    daemon_threads = True
    request_queue_size = _WAITING_CONNECTIONS

    def __init__(self, address: tuple[str, int], api: Api, idle_seconds: float) -> None:
        self.api, self.idle_seconds = api, idle_seconds
        self.recorder = Recorder()
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, RequestHandler)

    def server_bind(self) -> None:
        """Bind without the base class' look-up of the host's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def next_request_id(self) -> str:
        """Return an id that no other reply of this run has."""
        return f"req_sandbox_{next(self._numbers):08d}"

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being stopped: then the connection is given up."""
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError("the sandbox stops")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Know of the connection from now on, and serve it in a thread of its own."""
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """End every connection and wait, for a while, until its thread is done."""
        self._stopping.set()
        with self._changed:
            for connection in self._connections:
                _shut_down(connection)
            self._changed.wait_for(lambda: not self._connections, _STOP_SECONDS)


def _shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return
