"""Values in this process: gone when it ends."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Self

from .base import with_prefix
from .write import Kind, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .base import Ticket

_PURGE_EVERY: Final = 1000
"""Writes."""


class MemoryValues:
    """Values in a dict. `clock` returns seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.now = clock
        self._lock = threading.RLock()
        self._kept: dict[str, tuple[bytes, float]] = {}
        self._writes = 0

    def get(self, key: str) -> bytes | None:
        """Return the value, None if there is none or it has expired."""
        value, expires = self._kept.get(key, (None, 0.0))
        return value if expires > self.now() else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep the value for so many seconds."""
        self.update(key, lambda _: value, seconds)

    def put_many(self, values: Mapping[str, bytes], seconds: float) -> None:
        """Keep several values."""
        with self._lock:
            for key, value in values.items():
                self.put(key, value, seconds)

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Keep the value if there is none; else return what is there."""
        with self._lock:
            found = self.get(key)
            if found is None:
                self.put(key, value, seconds)
            return found

    def update(self, key: str, change: Callable[[bytes | None], bytes | None], seconds: float) -> bytes | None:
        """Replace the value by `change` of it, in one piece, and return the new one."""
        with self._lock:
            new = change(self.get(key))
            if new is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = (new, self.now() + seconds)
            self._writes += 1
            if self._writes % _PURGE_EVERY == 0:
                self.purge()
            return new

    def delete(self, key: str) -> None:
        """Forget the value."""
        with self._lock:
            self._kept.pop(key, None)

    def submit_put(
        self, key: str, value: bytes, seconds: float, encode: Callable[[bytes], bytes] | None = None
    ) -> Ticket:
        self.put(key, value if encode is None else encode(value), seconds)
        return _done(key)

    def submit_delete(self, key: str) -> Ticket:
        self.delete(key)
        return _done(key)

    def submit_touch(self, key: str, seconds: float) -> Ticket:
        """Change when it expires."""
        self.update(key, lambda value: value, seconds)
        return _done(key)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield what begins with the prefix."""
        with self._lock:
            now = self.now()
            current = [(key, value) for key, (value, expires) in self._kept.items() if expires > now]
        return with_prefix(current, prefix)

    def purge(self) -> int:
        """Remove what has expired."""
        with self._lock:
            now = self.now()
            expired = [key for key, (_, expires) in self._kept.items() if expires <= now]
            for key in expired:
                del self._kept[key]
            return len(expired)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _done(key: str, result: bytes | None = None) -> Write:
    write = Write(Kind.PUT, key)
    write.result = result
    write.finish()
    return write
