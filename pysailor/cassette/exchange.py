"""One request and its answer, as a file holds them. No secret is in them."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from pysailor.masking import MASK, mask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HIDDEN: Final = re.compile(r"auth|cookie|key|token|secret|signature|credential|organization|project", re.IGNORECASE)
_OF_THE_CONNECTION: Final = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date", "server", "via")
)
_TOLD_OF_A_REQUEST: Final = ("accept", "content-type")
_SECRET_IN_QUERY: Final = re.compile(
    r"(?:api[-_]?key|(?:access|auth|refresh|id|x-amz-security)[-_]?token|(?:client[-_]?)?secret|passw(?:or)?d|pwd"
    r"|(?:x-amz-|x-goog-)?sig(?:nature)?)",
    re.IGNORECASE,
)
"""Names of a query that hold a secret, whoever wrote it there. Not every key or token: pages and words have some."""
_STATUSES: Final = range(100, 600)
_BOUNDARY: Final = re.compile(r'boundary="?([^";,\s]+)')


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A request: what makes it another one. `path` has the query, sorted; `body` is JSON, text, or None for nothing."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls, method: str, target: str, headers: Mapping[str, str], content: bytes, secrets: Collection[str]
    ) -> Self:
        """Return the request that came; secrets are masked."""
        path = mask(mask_query(target), secrets)
        named = {name.lower(): value for name, value in headers.items()}
        if boundary := _BOUNDARY.search(named.get("content-type", "")):
            content = content.replace(boundary[1].encode(), b"boundary")
            named["content-type"] = named["content-type"].replace(boundary[1], "boundary")
        kept: dict[str, str] = {name: mask(named[name], secrets) for name in _TOLD_OF_A_REQUEST if name in named}
        return cls(method, path, read_content(content, secrets), kept)

    @property
    def digest(self) -> str:
        """What names the same request each time: eight letters and digits."""
        whole = json.dumps([self.method, self.path, self.body], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:8]

    def to_json(self) -> dict[str, Any]:
        """Return the request as a file has it."""
        return {"method": self.method, "path": self.path, "headers": dict(self.headers), "body": self.body}


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer: its pieces, each with the seconds since the request was sent. `broken` if it ended too early.

    Status 0 is no answer at all; `unreachable` if no connection could be made either.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: tuple[tuple[float, bytes], ...] = ()
    broken: bool = False
    unreachable: bool = False

    def to_json(self, secrets: Collection[str] = ()) -> dict[str, Any]:
        """Return the answer as a file has it: one piece as a body, several with their times; secrets are masked."""
        document: dict[str, Any] = {"status": self.status, "headers": dict(self.headers)}
        if self.broken:
            document["broken"] = True
        if self.unreachable:
            document["unreachable"] = True
        if len(self.chunks) == 1:
            seconds, content = self.chunks[0]
            return {**document, "seconds": round(seconds, 3), "body": read_content(content, secrets)}
        pieces = [[round(seconds, 3), read_text(content, secrets)] for seconds, content in self.chunks]
        return {**document, "chunks": pieces}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the answer that a file holds; raise KeyError, or ValueError in words, for one that cannot be sent."""
        status, headers = value["status"], value.get("headers", {})
        if type(status) is not int or (status and status not in _STATUSES):
            raise ValueError(f"its status is {json.dumps(status)[:40]}, allowed: 100 to 599, or 0 for no answer")
        if not isinstance(headers, dict) or not all(isinstance(header, str) for header in headers.values()):
            raise ValueError("its headers are not an object of texts")
        if "chunks" in value:
            chunks = tuple((float(seconds), write_content(text)) for seconds, text in value["chunks"])
        else:
            chunks = ((float(value.get("seconds", 0)), write_content(value.get("body"))),)
        return cls(
            status,
            headers,
            chunks,
            value.get("broken", False),
            value.get("unreachable", False),
        )


def mask_query(target: str) -> str:
    """Return the path with its query sorted, and without the values of names that tell a secret."""
    parts = urlsplit(target)
    named = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = urlencode([(name, MASK if _SECRET_IN_QUERY.fullmatch(name) else value) for name, value in named], safe="*")
    return parts.path + (f"?{query}" if query else "")


def keep_headers(headers: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
    """Return an answer's headers without those of its connection and those that may tell a secret."""
    return {
        name.lower(): mask(value, secrets)
        for name, value in headers.items()
        if name.lower() not in _OF_THE_CONNECTION and not _HIDDEN.search(name)
    }


def read_content(content: bytes, secrets: Collection[str] = ()) -> Any:
    """Return JSON as what it is, other text as text, other bytes as `{"base64"}`, None for nothing."""
    if not content:
        return None
    text = read_text(content, secrets)
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (dict, list)) and "base64" not in value else text


def read_text(content: bytes, secrets: Collection[str] = ()) -> Any:
    """Return bytes as text, or as `{"base64"}` where they are none."""
    try:
        return mask(content.decode(), secrets)
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}


def write_content(value: Any) -> bytes:
    """Return the bytes of what read_content returned."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and value.keys() == {"base64"}:
        return b64decode(value["base64"])
    return json.dumps(value, ensure_ascii=False).encode()
