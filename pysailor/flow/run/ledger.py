"""What became of every message at every step, kept so that a run can go on after any end.

Two files grow together. The spool has a line for each message that a step gave, with its content; the ledger one for
each message that a step finished. A line of the spool is written before the one of the ledger that follows from it:
whenever a run is killed, what is on disk is a beginning of what happened. When a step has finished a message, all lines
are with the operating system: whatever the step did elsewhere, reported or not, is not done twice.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from .folder import ERRORS, LEDGER, RESULTS, SNAPSHOTS, SPOOL, no_room

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BUFFERED: Final = 64 << 10
_LONGEST: Final = 0.5
_RESERVE: Final = 1 << 20
"""Bytes that are kept free, so that on a full disk what was answered can still be written."""
_FILES: Final = (SPOOL, RESULTS, ERRORS, SNAPSHOTS, LEDGER)


class _Appender:
    """Appends whole lines to a file; a line that an earlier process left half-written is taken away first."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.buffer = bytearray()
        os.ftruncate(self._descriptor, _end_of_lines(self._descriptor))

    def write(self) -> None:
        while self.buffer:
            written = os.write(self._descriptor, self.buffer)
            del self.buffer[:written]

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def _end_of_lines(descriptor: int) -> int:
    """Return where the last whole line of a file ends."""
    end = os.fstat(descriptor).st_size
    while end:
        begin = max(0, end - _MOST_BUFFERED)
        found = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


class RunLedger:
    """Writes the lines of a run. Threads share it; a context manager. `failure` is why it cannot write any more."""

    def __init__(self, directory: Path) -> None:
        """Raise FlowStopped if nothing can be written there."""
        self._lock = threading.Lock()
        self._reserve = directory / ".reserve"
        try:
            self._files = {name: _Appender(directory / name) for name in _FILES}
            self._reserve.write_bytes(b"\0" * _RESERVE)
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise no_room(directory, error) from error
        self._written = time.monotonic()
        self._is_closed = False
        self.failure: OSError | None = None

    def emission(self, message: str, step: str, number: str, ways: int, content: bytes) -> None:
        """Note what a step gave for a message, and to how many steps it goes, before any of them gets it."""
        head = orjson.dumps({"message": message, "step": step, "gave": number, "ways": ways})
        self._append(SPOOL, head[:-1] + b',"content":' + content + b"}\n")

    def begin(self, message: str, step: str, ways: int, digest: str) -> None:
        """Note a message that came into the flow; its content comes again from where it came."""
        self._append(SPOOL, _line({"message": message, "step": step, "ways": ways, "digest": digest}))

    def result(self, message: str, step: str, document: bytes) -> None:
        """Keep what a last step gave."""
        head = orjson.dumps({"message": message, "step": step})
        self._append(RESULTS, head[:-1] + b',"result":' + document + b"}\n")

    def snapshot(self, step: str, member: str, value: Any) -> None:
        """Keep what a step is to remember: a whole `snapshot`, or the `update` of one."""
        self._append(SNAPSHOTS, _line({"step": step, member: value}))

    def error(self, entry: dict[str, Any]) -> None:
        """Keep what failed."""
        self._append(ERRORS, _line(entry))

    def outcome(self, entry: dict[str, Any]) -> None:
        """Note that a step finished a message; all that was noted before is written with it."""
        self._append(LEDGER, _line(entry), at_once=True)

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            if not self._is_closed:
                self._write()

    def _append(self, name: str, line: bytes, *, at_once: bool = False) -> None:
        with self._lock:
            if self._is_closed:  # by an abort, which does not wait for what is in work
                return
            buffer = self._files[name].buffer
            buffer += line
            if at_once or len(buffer) > _MOST_BUFFERED or time.monotonic() - self._written > _LONGEST:
                self._write()

    def _write(self) -> None:
        """Write in the order in which lines follow from each other; on a full disk, with what was kept free."""
        self._written = time.monotonic()
        for file in self._files.values():
            try:
                file.write()
            except OSError as error:
                self.failure = self.failure or error
                if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._reserve.exists():
                    return
                self._reserve.unlink()
                self._write()
                return

    def close(self) -> None:
        """Write all, to the disk itself, and close; a second time does nothing."""
        with self._lock:
            if self._is_closed:
                return
            self._write()
            self._is_closed = True
            for file in self._files.values():
                if self.failure is None:
                    file.sync()
                file.close()
            self._reserve.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _line(entry: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(entry, default=str) + b"\n"
    except TypeError:  # half a surrogate pair, a number beyond 64 bits, great depth
        return json.dumps(entry, default=str).encode() + b"\n"
