"""What came in, for tests and for the curious; the key is masked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_REQUESTS = 1000
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it came in. Header names are in lower case; `body` is the parsed JSON, else the text."""

    method: str
    path: str
    scenario: str | None
    headers: Mapping[str, str]
    body: Any
    size: int = 0


class Recorder:
    """The latest requests, bounded in number and in bytes; any thread may write."""

    def __init__(self, most: int = _MOST_REQUESTS, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._entries: deque[RecordedRequest] = deque()
        self._bytes = 0
        self._lock = Lock()

    def record(self, received: RecordedRequest) -> None:
        """Keep the request, and forget the oldest ones where it gets too much."""
        with self._lock:
            self._entries.append(received)
            self._bytes += received.size
            while len(self._entries) > self._most or (self._bytes > self._most_bytes and len(self._entries) > 1):
                self._bytes -= self._entries.popleft().size

    def entries(self) -> tuple[RecordedRequest, ...]:
        """Return what is kept, the oldest first."""
        with self._lock:
            return tuple(self._entries)
