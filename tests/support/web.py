"""A server that answers as a test says, in the order in which it says so; the last answer to a request stays."""

from __future__ import annotations

import json as json_module
import threading
from dataclasses import dataclass, field
from functools import partialmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl

CLOSED = "closed"
"""Instead of a status: the connection is closed without an answer."""


@dataclass(frozen=True)
class Call:
    """A request that came in; `host` is the server that it was meant for."""

    method: str
    path: str
    host: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What one request gets, if it has the headers and the JSON that are wanted."""

    status: int | str = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wants: dict[str, str] = field(default_factory=dict)
    wants_json: Any = None

    def is_wanted(self, call: Call) -> bool:
        """Return whether the request is as the test wants it."""
        headers = {name: call.headers.get(name.lower()) for name in self.wants}
        return headers == self.wants and (self.wants_json is None or json_module.loads(call.body) == self.wants_json)


class Web:
    """The server; a context manager. `url` is its own address, `base` the one to ask: another one if it is a proxy."""

    def __init__(self, base: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self.surprises: list[Call] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._server = _Server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self.base = base or self.url

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop listening; every request must have been one that the test expected."""
        self._server.shutdown()
        self._server.server_close()
        assert kind is not None or self.surprises == []

    def add(self, method: str, path: str, body: bytes | str = b"", json: Any = None, **answer: Any) -> None:
        """Have the next such request answered so."""
        content = body.encode() if isinstance(body, str) else body
        if json is not None:
            content = json_module.dumps(json).encode()
        self._answers.setdefault((method, path), []).append(Answer(body=content, **answer))

    get = partialmethod(add, "GET")
    post = partialmethod(add, "POST")
    put = partialmethod(add, "PUT")
    delete = partialmethod(add, "DELETE")

    def forget(self) -> None:
        """Answer none of what was said so far."""
        self._answers.clear()

    def serve(self, call: Call) -> Answer:
        """Return the answer to a request."""
        self.calls.append(call)
        answers = self._answers.get((call.method, call.path), [])
        if not answers or not answers[0].is_wanted(call):
            self.surprises.append(call)
            return Answer(status=400, body=b"nobody expects this")
        return answers.pop(0) if len(answers) > 1 else answers[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, web: Web) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.web = web


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)  # a proxy gets the whole address
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = parts._replace(scheme="", netloc="").geturl()
        answer = self.server.web.serve(Call(self.command, path, self.headers["Host"], headers, body))
        if answer.status == CLOSED:
            self.close_connection = True
            return
        self.send_response(int(answer.status))
        content = b"" if answer.status == 204 else answer.body
        for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's own names
