"""What became of every message at every step, kept so that a run can go on after any end.

Two files grow together. The spool has a line for each message that a step gave, with its content; the ledger one for
each message that a step finished. A line of the spool is written before the one of the ledger that follows from it:
whenever a run is killed, what is on disk is a beginning of what happened. Lines of steps that called a service are
written at once, so that nothing that was paid for is asked twice; others may wait for half a second.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from array import array
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from .folder import ERRORS, LEDGER, RESULTS, SPOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_BUFFERED: Final = 64 << 10
_LONGEST: Final = 0.5
_RESERVE: Final = 1 << 20
"""Bytes that are kept free, so that on a full disk what was answered can still be written."""
_FILES: Final = (SPOOL, RESULTS, ERRORS, LEDGER)


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
        self._lock = threading.Lock()
        self._files = {name: _Appender(directory / name) for name in _FILES}
        self._reserve = directory / ".reserve"
        self._reserve.write_bytes(b"\0" * _RESERVE)
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

    def error(self, entry: dict[str, Any]) -> None:
        """Keep what failed."""
        self._append(ERRORS, _line(entry))

    def outcome(self, entry: dict[str, Any], *, at_once: bool) -> None:
        """Note that a step finished a message; with `at_once` it is on disk when this returns."""
        self._append(LEDGER, _line(entry), at_once=at_once)

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
        """Write all, to the disk itself, and close."""
        with self._lock:
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


class History:
    """What an earlier part of a run did: which messages are done with all that followed, and what steps gave.

    Only what is between is held in memory; of what came in, a number each.
    """

    def __init__(self, directory: Path | None = None, *, retry_failed: bool = False) -> None:
        self._done: set[tuple[str, str]] = set()
        self._gave: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self._failed: set[tuple[str, str]] = set()
        self._digests = array("Q", [0])  # by number, 0 for none: eight bytes a message
        self._open: set[int] = set()
        self._spool = None if directory is None else directory / SPOOL
        self.began = f"-{time.time_ns():x}"
        """What tells this part of the run from earlier ones."""
        self.count = 0
        """How many messages had come in."""
        if directory is not None and self._spool is not None and self._spool.exists():
            self._read(directory, retry_failed=retry_failed)

    def is_complete(self, number: int) -> bool:
        """Return whether a message that came in has been through all its steps."""
        return self.digest(number) is not None and number not in self._open

    def digest(self, number: int) -> str | None:
        """Return what told the content of a message that came in, None if none came in with this number."""
        found = self._digests[number] if number < len(self._digests) else 0
        return f"{found:016x}" if found else None

    def is_done(self, message: str, step: str) -> bool:
        """Return whether a step has finished a message."""
        return (message, step) in self._done

    def has_failed(self, message: str, step: str) -> bool:
        """Return whether a step had failed with a message that is tried again."""
        return (message, step) in self._failed

    def contents(self, message: str, step: str) -> Iterator[tuple[str, bytes]]:
        """Yield what a step gave for a message: the id and the content of each."""
        if self._spool is None:
            return
        with self._spool.open("rb") as file:
            for number, offset in self._gave.get((message, step), ()):
                file.seek(offset)
                yield number, orjson.dumps(orjson.loads(file.readline())["content"])

    def _read(self, directory: Path, *, retry_failed: bool) -> None:
        pending = array("q", [0])
        for entry, _ in _lines(directory / SPOOL):
            root = _root(entry["message"])
            _add(pending, root, entry["ways"])
            if "digest" in entry:
                _add(self._digests, root, int(entry["digest"], 16) or 1)
        for entry, _ in _lines(directory / LEDGER):
            if _counts(entry, retry_failed=retry_failed):
                _add(pending, _root(entry["message"]), -1)
        self._open = {root for root, left in enumerate(pending) if left}
        self.count = len(self._digests) - 1
        self._read_open(directory, retry_failed=retry_failed)

    def _read_open(self, directory: Path, *, retry_failed: bool) -> None:
        """Keep what is known of the messages that are between."""
        for entry, _ in _lines(directory / LEDGER):
            key = (entry["message"], entry["step"])
            if entry.get("outcome") == "failed":
                self._failed.add(key)
            if _root(entry["message"]) in self._open and _counts(entry, retry_failed=retry_failed):
                self._done.add(key)
        seen: set[tuple[str, str, str]] = set()
        for entry, offset in _lines(directory / SPOOL):
            key = (entry["message"], entry["step"])
            if key in self._done and "gave" in entry and (*key, entry["gave"]) not in seen:
                seen.add((*key, entry["gave"]))
                self._gave.setdefault(key, []).append((entry["gave"], offset))


def _add(numbers: array[int], place: int, amount: int) -> None:
    if place >= len(numbers):
        numbers.extend([0] * (place + 1 - len(numbers)))
    numbers[place] += amount


def _counts(entry: dict[str, Any], *, retry_failed: bool) -> bool:
    """Return whether a line ends a message at a step; what failed before and was tried again has two."""
    return entry.get("outcome") != "failed" if retry_failed else not entry.get("again")


def _root(message: str) -> int:
    return int(message.partition(".")[0].partition("!")[0])


def _line(entry: dict[str, Any]) -> bytes:
    return orjson.dumps(entry, default=str) + b"\n"


def _lines(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each whole line with where it begins; what was cut off by an end is left out."""
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:
            try:
                entry = orjson.loads(line)
            except ValueError:
                entry = None
            if isinstance(entry, dict):
                yield entry, offset
            offset += len(line)


def read_ledger(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run's ledger."""
    for entry, _ in _lines(directory / LEDGER):
        yield entry


def read_errors(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield what failed in a run."""
    for entry, _ in _lines(directory / ERRORS):
        yield entry
