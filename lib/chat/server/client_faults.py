"""The log of what clients do wrong: one line a minute at most, whatever and how often they send it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFECTS = "Exception in ASGI"  # how uvicorn's record of an error of ours begins


class ClientFaultLog:
    """Logs the first fault of a minute, and counts those that follow; the next line tells how many there were."""

    def __init__(
        self, logger: logging.Logger, seconds: float = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger, self._seconds, self._clock = logger, seconds, clock
        self._lock = threading.Lock()
        self._next = 0.0
        self._held_back = 0

    def add(self, sentence: str) -> None:
        """Log the sentence, or count it."""
        now = self._clock()
        with self._lock:
            if self._next and now < self._next:
                self._held_back += 1
                return
            more, self._held_back, self._next = self._held_back, 0, now + self._seconds
        counted = f" ({more} more of such since the last line)" if more else ""
        self._logger.warning("%s%s", sentence, counted)


class WebServerFilter(logging.Filter):
    """Sends what the web server logs of a client's faults to the log of them, without its traceback."""

    def __init__(self, faults: ClientFaultLog) -> None:
        super().__init__()
        self._faults = faults

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged as it is."""
        if record.levelno < logging.WARNING or str(record.msg).startswith(_DEFECTS):
            return True
        self._faults.add(record.getMessage())
        return False
