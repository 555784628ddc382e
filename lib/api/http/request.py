"""A request in bytes. All but its id and length is checked and written once, and shared by those to one address."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from mmap import mmap

REQUEST_ID = "X-Client-Request-Id"

_PLAIN_ADDRESS = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,4})?(?P<target>/[A-Za-z0-9/._~-]*(?:\?[A-Za-z0-9._~=&-]+)?)"
)
"""One that is sent as it is: nothing in it must be quoted, or is written in another way."""
_OF_ONE_REQUEST = (REQUEST_ID.lower(), "content-length")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


@frozen
class Request:
    """What is sent, and the id that the server may log."""

    id: str
    head: bytes
    body: bytes | mmap


class Template:
    """What the requests to one address have in common: `url` as it is sent, `headers`."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], proxy_headers: Mapping[str, str] | None = None
    ) -> None:
        """Write what is common; raise ValueError for what no request can be made of.

        `proxy_headers` are given for a proxy without a tunnel, which wants the whole address.
        """
        self.url, path = _normalize(method, url)
        self.headers = {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_REQUEST}
        target = path if proxy_headers is None else self.url
        lines = {"Host": _host(self.url), **self.headers, **(proxy_headers or {})}
        if "host" in {name.lower() for name in self.headers}:
            del lines["Host"]
        self._start = f"{method} {target} HTTP/1.1\r\n".encode("ascii") + _header_lines(lines)

    def request(self, body: bytes | mmap) -> Request:
        """Return a request with this body."""
        request_id = _new_id()
        end = f"{REQUEST_ID}: {request_id}\r\nContent-Length: {len(body)}\r\n\r\n"
        return Request(request_id, self._start + end.encode("ascii"), body)

    def all_headers(self, request: Request) -> dict[str, str]:
        """Return the headers of one request."""
        return {**self.headers, REQUEST_ID: request.id, "Content-Length": str(len(request.body))}


def _normalize(method: str, url: str) -> tuple[str, str]:
    """Return an address as it is sent, and what of it is asked for; raise ValueError for what is no address."""
    plain = _PLAIN_ADDRESS.fullmatch(url)
    if plain and "/." not in url:
        return url, plain["target"]
    from requests import Request as Unusual  # noqa: PLC0415 - takes 40 ms to load, and most addresses are plain

    prepared = Unusual(method, url).prepare()
    return str(prepared.url), prepared.path_url


def _host(url: str) -> str:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = parts.netloc.rpartition("@")[2]
    return name if parts.port not in (None, usual) else name.removesuffix(f":{parts.port}")


def _header_lines(headers: Mapping[str, str]) -> bytes:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(name)  # it would not stay within its line
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def _new_id() -> str:
    """Return a random UUID."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
