"""An answer's head, read in one go where it is a plain one, as nearly all are; http.client reads all others.

http.client parses a head as it would an e-mail: an eighth of a call with three headers, and a service sends more.
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ([^\r\n]*)((?:\r\n[\w-]+:[^\r\n\0]*){1,100})\r\n\r\n", re.ASCII)
_WITHOUT_BODY = (http.client.NO_CONTENT, http.client.NOT_MODIFIED)


class FastResponse(http.client.HTTPResponse):
    """An answer as http.client has it: the same members, the same framing."""

    _method: str | None
    _check_close: Callable[[], bool]

    def begin(self) -> None:
        """Read the head; raise what http.client raises."""
        buffer: Any = self.fp  # what is looked at stays there
        done: Any = self.headers
        found = _PLAIN.match(buffer.peek()) if done is None and self._method != "HEAD" else None
        if found is None or not self._take(found):
            super().begin()

    def _take(self, found: re.Match[bytes]) -> bool:
        """Use a plain head; return whether it says in a plain way how long its answer is."""
        headers = _headers(found[3])
        length, encoding = headers.get("content-length", ""), headers.get("transfer-encoding", "").lower()
        is_plain = encoding == "chunked" if encoding else length.isascii() and length.isdecimal()
        status = int(found[1])
        if not is_plain or status in _WITHOUT_BODY:
            return False
        self.fp.read(found.end())
        self.version, self.reason = 11, found[2].decode("latin-1").strip()
        self.code = self.status = status
        self.headers = self.msg = headers
        self.chunked = bool(encoding)
        if self.chunked:
            self.chunk_left = None
        self.length = None if encoding else int(length)
        self.will_close = self._check_close()
        return True


def _headers(lines: bytes) -> http.client.HTTPMessage:
    headers = http.client.HTTPMessage()
    for line in lines.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers.set_raw(name, value.lstrip(" \t"))
    headers.set_payload("")
    return headers
