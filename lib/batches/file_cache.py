"""Files of batches on this worker's disk: fetched once for all the messages that were gathered into one batch.

A file has no name on the disk, so that nothing of it stays however the worker ends; each reader has a place of its own.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from ..errors.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MOST_BYTES: Final = 1 << 30
_MOST_FILES: Final = 8
_AT_ONCE: Final = 1 << 18
_KEPT: Final = 900.0  # seconds; they hold what customers said
_LATER: Final = 0.05


@dataclass(slots=True)
class _Cached:
    """A file, or the place of one that is being fetched."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    file: IO[bytes] | None = None
    size: int = 0
    since: float = 0.0


class FileCache:
    """The newest files of one credential, within bounds. Threads may share it."""

    def __init__(self, owner: Hashable, most_bytes: int = MOST_BYTES, seconds: float = _KEPT) -> None:
        """Begin empty; `owner` tells one credential's files from another's. A file is let go after so many seconds."""
        self.owner = owner
        self._most_bytes, self._seconds = most_bytes, seconds
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._files: OrderedDict[str, _Cached] = OrderedDict()

    def open(self, file_id: str, fetch: Callable[[IO[bytes]], object], deadline: float | None) -> IO[bytes]:
        """Return a file at its beginning, which `fetch` writes if it is not here; the caller closes it.

        Raise what `fetch` raises, OSError, or ApiError (timeout) if another thread fetches it for too long.
        """
        cached = self._take(file_id, deadline)
        try:
            if cached.file is None:
                self._fetch(cached, fetch)
            return _Reader.of(cached.file)
        finally:
            cached.lock.release()
            self._tidy()

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            for cached in self._files.values():
                _close(cached)
            self._files.clear()

    def _take(self, file_id: str, deadline: float | None) -> _Cached:
        """Return the place of a file, its lock held by this thread; raise ApiError (timeout)."""
        while True:
            with self._lock:
                cached = self._files.setdefault(file_id, _Cached())
                self._files.move_to_end(file_id)
            left = -1.0 if deadline is None else max(0.0, deadline - time.monotonic())
            if not cached.lock.acquire(timeout=left):
                raise ApiError("timeout", "Another message was fetching the same file.")
            with self._lock:
                if self._files.get(file_id) is cached:
                    return cached
            cached.lock.release()  # it was let go meanwhile

    @staticmethod
    def _fetch(cached: _Cached, fetch: Callable[[IO[bytes]], object]) -> None:
        file = tempfile.TemporaryFile(prefix="batch-")  # noqa: SIM115 - closed by _tidy
        try:
            fetch(file)
            file.flush()
            cached.size = os.fstat(file.fileno()).st_size
        except BaseException:
            file.close()
            raise
        cached.file, cached.since = file, time.monotonic()

    def _tidy(self) -> None:
        """Let go of the oldest files, of those that are too many or too large, and of places where none came."""
        with self._lock:
            for file_id, cached in list(self._files.items()):
                is_old = time.monotonic() - cached.since > self._seconds
                total = sum(one.size for one in self._files.values())
                is_too_much = total > self._most_bytes or len(self._files) > _MOST_FILES
                if (is_old or is_too_much or cached.file is None) and cached.lock.acquire(blocking=False):
                    _close(cached)
                    del self._files[file_id]
                    cached.lock.release()
            if self._files and self._timer is None:
                timer = threading.Timer(self._seconds + _LATER, self._tidy_again)
                timer.daemon = True
                with suppress(RuntimeError):  # no thread to be had: the next file that is asked for has it tidied
                    timer.start()
                    self._timer = timer

    def _tidy_again(self) -> None:
        """Let go of what is old though nobody asks for a file any more."""
        with self._lock:
            self._timer = None
        self._tidy()


class _Reader(io.RawIOBase):
    """Reads a file that others read too, from a place of its own."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor, self._at = descriptor, 0

    @classmethod
    def of(cls, file: IO[bytes] | None) -> IO[bytes]:
        """Return a reader that stays good when the file is let go."""
        return io.BufferedReader(cls(os.dup(file.fileno() if file else -1)), _AT_ONCE)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        read = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._descriptor).st_size if start is None else start)
        return self._at

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _close(cached: _Cached) -> None:
    if cached.file is not None:
        cached.file.close()
    cached.file, cached.size = None, 0
