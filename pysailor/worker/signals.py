"""The signals to stop, and the end of the process."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, Self

from .. import pool
from ..log_buffer import flush_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LAST_RESORT = 15.0


class StopRequested(BaseException):
    """A signal came while the worker had nothing in work yet: it ends at once."""


class StopSignal:
    """Waits for SIGTERM or SIGINT; further ones change nothing. A context manager, for the main thread.

    Within `seconds` after the first the process should have ended. If it still runs a while later, because a
    component holds it in a way that cannot be undone, the system's alarm ends it: whatever was in work comes again.
    """

    def __init__(self, seconds: float) -> None:
        self.received = False
        self._interrupts = False
        self._woken = False
        self._pipe = threading.RLock()  # a handler may interrupt whoever holds it
        self._seconds = seconds
        self._pool = pool.current()
        self._waiting: object = None
        self._before: dict[int, Callable[[int, Any], Any] | int | None] = {}

    def __enter__(self) -> Self:
        """Handle the signals from now on."""
        # A pipe, since an Event cannot be set from a handler that interrupts the very wait for it.
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        # The system may hand a signal to any thread, or to this one just before it waits: our handler would then run
        # only when the wait is over. This writes into the pipe at once.
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        pending, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        # The command has a handler for the alarm, which would run only when nothing holds this thread.
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if pending:  # the command was about to repeat a Ctrl-C that came too early
            signal.raise_signal(signal.SIGINT)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the handlers back."""
        alarm = self._before.pop(signal.SIGALRM)
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.alarm(0)  # when no signal can set it any more, and before whoever had the alarm has it again
        signal.signal(signal.SIGALRM, alarm)
        signal.set_wakeup_fd(self._wakeup_before)
        with self._pipe:
            read, write, self._read, self._write = self._read, self._write, -1, -1
        os.close(read)
        os.close(write)

    def wait(self) -> None:
        """Return after a signal, or after `wake`."""
        while not (self.received or self._woken):
            self._pool.wait_readable(self._read)
            os.read(self._read, 1)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Have a signal raise StopRequested inside the context, wherever it waits; at once if it came before."""
        if self.received:
            raise StopRequested
        self._waiting = self._pool.current()
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False

    def wake(self) -> None:
        """End the wait without a signal."""
        self._woken = True
        with self._pipe, suppress(BlockingIOError):
            if self._write >= 0:  # else the number may be that of another file by now
                os.write(self._write, b"!")

    def _on_signal(self, _number: int, _frame: object) -> None:
        if not self.received:
            self.received = True
            if self._interrupts:
                signal.alarm(math.ceil(_LAST_RESORT))
                self._pool.interrupt(self._waiting, StopRequested, lambda: self._interrupts)
                return
            signal.alarm(math.ceil(self._seconds + _LAST_RESORT))
        self.wake()


@contextmanager
def limit_end(seconds: float = _LAST_RESORT) -> Iterator[None]:
    """Have the system end the process if what is left to do takes longer: its last lines may go to nobody who reads."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def leave(code: int, within: float = _LAST_RESORT) -> NoReturn:
    """End the process, without waiting for threads that a component still holds."""
    with limit_end(within):
        _leave(code)


def _leave(code: int) -> NoReturn:
    flush_logs()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)
