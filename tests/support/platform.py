"""The platform's REST API and object storage, as far as a runtime meets them; every call is remembered."""

from __future__ import annotations

import base64
import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

FLOW_ID = "5559edd38968ec0736000003"
STEP_ID = "step_1"
USERNAME = "task-" + FLOW_ID
KEY = "the-api-key"
TOKEN = "the-storage-token"
_HOOK = f"/sailor-support/hooks/task/{FLOW_ID}/startup/data"


@dataclass(frozen=True)
class RecordedRequest:
    """One request that came in; `body` is parsed if it is JSON."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Platform:
    """A platform on a port of its own, which knows one step; `others` are more, by id.

    `answers` holds the statuses with which calls are met before they are served.
    """

    step: dict[str, Any] = field(default_factory=lambda: {"config": {"password": "open sesame", "tone": "soft"}})
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[Any] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    results: list[Any] = field(default_factory=list)
    calls: list[RecordedRequest] = field(default_factory=list)
    answers: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def called(self, method: str, path: str = "") -> list[RecordedRequest]:
        """Return the calls of this kind."""
        return [call for call in self.calls if call.method == method and path in call.path]

    def serve(self, call: RecordedRequest, content: bytes) -> tuple[int, Any]:
        """Return status and answer."""
        self.calls.append(call)
        failures = self.answers.get((call.method, call.path))
        if failures:
            return failures.pop(0), {"error": "as the test wants it"}
        if call.path.startswith("/objects"):
            return self._object(call, content)
        if call.path == "/result":
            self.results.append(call.body)
            return 200, {}
        return self._api(call)

    def _api(self, call: RecordedRequest) -> tuple[int, Any]:
        basic = "Basic " + base64.b64encode(f"{USERNAME}:{KEY}".encode()).decode()
        if call.headers.get("authorization") != basic:
            return 401, {"error": "who are you"}
        step = {STEP_ID: self.step, **self.others}.get(call.path.removeprefix(f"/v1/tasks/{FLOW_ID}/steps/"))
        if step is not None:
            return 200, step
        if call.path.startswith("/v1/accounts/"):
            return 200, {}
        return self._hook(call) if call.path == _HOOK else (404, {"error": "there is no such thing"})

    def _hook(self, call: RecordedRequest) -> tuple[int, Any]:
        if call.method == "POST":
            if self.started:
                return 409, {"error": "there is something already"}
            self.started.append(call.body)
            return 201, {}
        if not self.started:
            return 404, {"error": "there is nothing"}
        if call.method == "GET":
            return 200, self.started[0]
        self.started.clear()
        return 204, {}

    def _object(self, call: RecordedRequest, content: bytes) -> tuple[int, Any]:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {}
        if call.method == "POST":
            made = str(uuid4())
            self.objects[made] = content
            return 200, {"objectId": made}
        found = self.objects.get(call.path.removeprefix("/objects/"))
        return (404, {}) if found is None else (200, found)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them, so that no connection outlives its test

    def __init__(self, platform: Platform) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.platform = platform
        self._sockets: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        """Remember the connection, to end it."""
        made, address = super().get_request()
        self._sockets.append(made)
        return made, address

    def server_close(self) -> None:
        """End all connections, which clients may keep for later."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        content = self._content()
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer = self.server.platform.serve(
            RecordedRequest(self.command, self.path, headers, _parse(content)), content
        )
        sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        sent = b"" if status == 204 else sent
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the base class looks for these

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Nothing is logged."""


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
