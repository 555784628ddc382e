"""An API on this machine that answers what a test tells it to, under whatever name its clients ask for.

Clients reach it through a proxy that the environment names, and trust its certificate: the request, TLS and all, is
the one that would go out.
"""

from __future__ import annotations

import functools
import json as json_format
import os
import socketserver
import ssl
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

from .certificate import write_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

NAMES = ("api.openai.com", "gw.example", "res.openai.azure.com", "*.example")


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Scripted:
    """An answer, and the requests that got it."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    received: list[Received] = field(default_factory=list)


class FakeApi:
    """Answers the requests to each address in the order told; the last answer stands for all that follow.

    Leaving it fails if a request came that nothing was told for, or an answer was never asked for.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._scripted: list[Scripted] = []
        self._unexpected: list[Received] = []

    def post(self, url: str, **told: Any) -> Scripted:
        """Answer a POST to this address, whatever its query; see answer()."""
        return self.answer("POST", url, **told)

    def answer(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Scripted:
        """Answer with a JSON document, or with a body as it stands."""
        content = json_format.dumps(json).encode() if json is not None else body
        content = content.encode() if isinstance(content, str) else content
        typed = {"Content-Type": "application/json" if json is not None else "text/plain", **(headers or {})}
        scripted = Scripted(method, url, status, typed, content)
        self._scripted.append(scripted)
        return scripted

    def reply_to(self, request: Received) -> Scripted:
        """Return what to answer."""
        self.received.append(request)
        address = urlunsplit(urlsplit(request.url)._replace(query=""))
        fitting = [each for each in self._scripted if (each.method, each.url) == (request.method, address)]
        if not fitting:
            self._unexpected.append(request)
            return Scripted(request.method, request.url, 501, {}, b"nothing was told for this")
        chosen = next((each for each in fitting if not each.received), fitting[-1])
        chosen.received.append(request)
        return chosen

    def __enter__(self) -> Self:
        server = _server()
        server.api = self
        address = f"http://127.0.0.1:{server.server_address[1]}"
        proxies = {"http_proxy": address, "https_proxy": address, "no_proxy": "127.0.0.1,localhost"}
        self._environment = mock.patch.dict(os.environ, {**proxies, "REQUESTS_CA_BUNDLE": str(server.certificate)})
        self._environment.start()
        return self

    def __exit__(self, kind: object, fault: object, at: object) -> None:
        self._environment.stop()
        if kind is None:
            assert not self._unexpected, [request.url for request in self._unexpected]
            assert all(each.received for each in self._scripted), "an answer was never asked for"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    api: FakeApi
    certificate: Path
    tls: ssl.SSLContext


@functools.cache
def _server() -> _Server:
    """Return the one server of this process: clients that are kept between tests go on asking it."""
    folder = Path(tempfile.mkdtemp(prefix="fake-api-"))
    server = _Server(("127.0.0.1", 0), _Handler)
    server.certificate, key = write_certificate(folder, *NAMES)
    server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.tls.load_cert_chain(server.certificate, key)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(socketserver.StreamRequestHandler):
    """Serves one connection: the tunnel's opening, and the requests inside it."""

    server: _Server

    def handle(self) -> None:
        with suppress(OSError):
            line = self.rfile.readline()
            if not line.startswith(b"CONNECT "):
                self._answer_all(line, "")
                return
            host = line.decode().split(" ")[1].removesuffix(":443")
            self._headers()
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.server.tls.wrap_socket(self.request, server_side=True) as tunnel:
                self.rfile, self.wfile = tunnel.makefile("rb"), tunnel.makefile("wb")
                self._answer_all(self.rfile.readline(), f"https://{host}")

    def _answer_all(self, line: bytes, server: str) -> None:
        while line:
            self._answer(line, server)
            line = self.rfile.readline()

    def _answer(self, line: bytes, server: str) -> None:
        method, target, _ = line.decode().split(" ")
        headers = self._headers()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        told = self.server.api.reply_to(Received(method, f"{server}{target}", headers, body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.headers.items())
        head = f"HTTP/1.1 {told.status} Told\r\n{lines}Content-Length: {len(told.body)}\r\n\r\n"
        self.wfile.write(head.encode("latin-1") + told.body)
        self.wfile.flush()

    def _headers(self) -> dict[str, str]:
        lines = iter(lambda: self.rfile.readline().decode("latin-1").strip(), "")
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
