"""Log lines that go out in batches: a write for each gives the interpreter away, with twenty busy threads for long.

Lines stay in order. They are out within a twentieth of a second; at once from WARNING on, at the end, before a fork,
and when so much waits that it should not grow: whoever logs then waits for the reader, as with a write for each line.
Most are put in words when they are logged; a DeferredMessage when its line is written, many of them in a row.
A thread that others depend on does not wait (`never_waiting`); those who give it work ask for `has_room` before.
A process that is killed loses what it logged within the last twentieth of a second, never a warning or an error.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

PAUSE: Final = 0.05
"""Seconds that a line may wait."""
MOST_WAITING: Final = 262_144
"""Characters that may wait."""
_LENGTH_OF_DEFERRED: Final = 800
"""Characters that a line is taken to have before it is written."""


class DeferredMessage:
    """A message of the log that can be put in words later: nothing that it tells of changes any more."""

    __slots__ = ()

    def describe(self) -> tuple[str, Mapping[str, Any]]:
        """Return the words, and further members of the line."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.describe()[0]


class BufferedHandler(logging.StreamHandler["TextIO"]):
    """Writes to a stream, some lines at a time."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: deque[str | logging.LogRecord] = deque()
        self._size = 0
        self._turn = threading.RLock()
        self._lines_came = threading.Event()
        self._is_due = False
        self._thread: threading.Thread | None = None
        self._ended = False
        _OPEN.add(self)

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record, without the lock that holds every other thread while one formats."""
        if not self.filter(record):
            return False
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Have the record written soon, or at once if it is urgent."""
        try:
            if isinstance(record.msg, DeferredMessage):
                self._waiting.append(record)
                self._size += _LENGTH_OF_DEFERRED
            else:
                line = self.format(record) + self.terminator
                self._waiting.append(line)
                self._size += len(line)
            is_full = self._size > MOST_WAITING
            if is_full:
                _FULL.add(self)
            if record.levelno >= logging.WARNING or self._ended or (is_full and not _is_spared()):
                self._write()
            elif not self._is_due:
                self._is_due = True
                self._wake()
        except Exception:  # noqa: BLE001 - as every handler: a line that cannot be written must not end a message
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        try:
            self._write()
        except Exception:  # noqa: BLE001 - as above
            self.handleError(logging.makeLogRecord({"msg": "log lines cannot be written"}))

    def close(self) -> None:
        """Write what waits; what is logged afterwards is written at once."""
        self._ended = True
        self.flush()
        self._lines_came.set()
        super().close()

    def begin_anew(self) -> None:
        """Forget the lines and the thread of the process that this one was forked from: they are its own."""
        self._turn, self._lines_came = threading.RLock(), threading.Event()
        self._waiting.clear()
        self._size, self._is_due, self._thread = 0, False, None

    def _write(self) -> None:
        with self._turn:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                self._size = 0  # what is added meanwhile may go uncounted; the next lines are counted
                self.stream.write(
                    "".join([line if isinstance(line, str) else self._format_late(line) for line in lines])
                )
                self.stream.flush()
            _FULL.discard(self)

    def _format_late(self, record: logging.LogRecord) -> str:
        """Return the line of a record; nothing if it has none, as the others must be written all the same."""
        try:
            return self.format(record) + self.terminator
        except Exception:  # noqa: BLE001 - as in emit
            self.handleError(record)
            return ""

    def _wake(self) -> None:
        if self._thread is None:
            with self._turn:
                self._thread = self._thread or self._start()
        self._lines_came.set()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="pysailor-log", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while not self._ended:
            self._lines_came.wait()
            self._lines_came.clear()
            time.sleep(0 if self._ended else PAUSE)
            self._is_due = False  # lowered first: a line that comes meanwhile makes it due again
            self.flush()


_OPEN: WeakSet[BufferedHandler] = WeakSet()
_FULL: WeakSet[BufferedHandler] = WeakSet()
_SPARED: Final[set[int]] = set()


def has_room() -> bool:
    """Return whether lines can wait without anybody waiting for the reader."""
    return not _FULL


@contextmanager
def never_waiting() -> Iterator[None]:
    """Have this thread's lines below WARNING wait, however many there are, as long as the context lasts."""
    number = threading.get_ident()
    _SPARED.add(number)
    try:
        yield
    finally:
        _SPARED.discard(number)


def _is_spared() -> bool:
    return threading.get_ident() in _SPARED


def flush_logs() -> None:
    """Write all lines that wait, before the process ends in a way that no context manager sees."""
    for handler in list(_OPEN):
        handler.flush()


def _begin_anew() -> None:
    for handler in list(_OPEN):
        handler.begin_anew()


os.register_at_fork(before=flush_logs, after_in_child=_begin_anew)
