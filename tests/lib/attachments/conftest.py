"""A server of files on this machine, and short words for the tests of attachments."""

from __future__ import annotations

import base64
import http.server
import logging
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lib.attachments import Downloads, address_policy, inline
from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOGGER = logging.getLogger("component")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
GIF = b"GIF89a" + b"\x00" * 20
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
PDF = b"%PDF-1.7\n%%EOF"
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00"
PAGE = b"<!DOCTYPE html><html></html>"
IMAGE_AT = "/messages/0/content/0/image_url/url"
FILE_AT = "/messages/0/content/0/file/file_url"
OBJECT = "http://maester.platform.svc.cluster.local:3002/objects/{}?storage_type=maester"


@dataclass(frozen=True)
class Reply:
    """What the server of these tests answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    told_length: int | None = None
    waits: bool = False
    drips: bool = False


class Files(http.server.ThreadingHTTPServer):
    """A server of files; it notes what it was asked."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.done = threading.Event()
        super().__init__((host, 0), Handler)

    def url(self, path: str, reply: Reply | bytes, host: str = "127.0.0.1", scheme: str = "http") -> str:
        self.replies[path.partition("?")[0]] = reply if isinstance(reply, Reply) else Reply(reply)
        return f"{scheme}://{host}:{self.server_port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write no log: clients of these tests hang up on purpose."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Files

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        path = self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path[1:]
        reply = self.server.replies.get("/" + path.partition("?")[0], Reply(status=404))
        if reply.waits:
            self.server.done.wait(60)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            if value:
                self.send_header(name, value)
        if reply.drips:
            self.drip()
        self.end_headers()
        self.wfile.write(reply.body)

    def drip(self) -> None:
        """Send one more byte of a header every twentieth of a second."""
        self.flush_headers()
        self.wfile.write(b"X-Drip: ")
        while not self.server.done.wait(0.05):
            self.wfile.write(b"a")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Write no log."""


@pytest.fixture
def files() -> Iterator[Files]:
    yield from serving(Files())


def serving(server: Files) -> Iterator[Files]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def known(**addresses: str) -> address_policy.Resolve:
    """Return a look-up of a few names, with dots for underscores."""

    def resolve(host: str, port: int) -> list[str]:
        if host in (name.replace("_", ".") for name in addresses):
            return addresses[host.replace(".", "_")].split()
        return address_policy.look_up(host, port) if host.replace(".", "").isdigit() or ":" in host else nowhere()

    return resolve


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def nowhere() -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def open_to_all(resolve: address_policy.Resolve | None = None) -> Downloads:
    return Downloads(allow_private=True, resolve=resolve or known())


def body_of(*parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": list(parts)}]}


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def file(url: str, **more: str) -> dict[str, Any]:
    return {"type": "file", "file": {"file_url": url, **more}}


def audio(data: str) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def done(*parts: Mapping[str, Any], downloads: Downloads | None = None, **how: Any) -> list[dict[str, Any]]:
    given = {"attachments": {}, "storage": None, "logger": LOGGER, **how}
    body = inline(body_of(*parts), downloads=downloads or open_to_all(), **given)
    content: list[dict[str, Any]] = body["messages"][0]["content"]
    return content


def refused(kind: type[StepError], *parts: Mapping[str, Any], **how: Any) -> Any:
    with pytest.raises(kind) as raised:
        done(*parts, **how)
    return raised.value


def at(error: Any) -> str:
    return str(error.to_json()["faults"][0]["pointer"])


def as_data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def stored(**objects: bytes) -> Callable[[str, int], bytes]:
    def read(object_id: str, most: int) -> bytes:
        if object_id not in objects:
            raise StepError(f"Failed to get attachment with id={object_id}: there is no such object")
        if len(objects[object_id]) > most:
            raise StepError("it is too large")
        return objects[object_id]

    return read
