"""Work whose time is over, noticed by a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)
Work = TypeVar("Work")


class Watchdog(Generic[Work]):
    """Calls `overdue(work)` for each work that was begun and has not ended after `seconds`; None watches nothing.

    `overdue` returns whether it has dealt with the work; if not, it is asked again a little later. Nobody is woken when
    work begins or ends: the thread sleeps no longer than `seconds`, and what begins meanwhile is not due before that.
    """

    def __init__(self, seconds: float | None, overdue: Callable[[Work], bool], again: float = 1.0) -> None:
        self._seconds = seconds
        self._overdue = overdue
        self._again = again
        self._due: dict[Work, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pysailor-watch", daemon=True)

    def start(self) -> None:
        """Start to watch, if there is a limit."""
        if self._seconds is not None:
            self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._ended.set()

    def begin(self, work: Work) -> None:
        """Watch this work from now on."""
        if self._seconds is not None:
            self._due[work] = time.monotonic() + self._seconds

    def end(self, work: Work) -> None:
        """Stop watching this work."""
        self._due.pop(work, None)

    def _run(self) -> None:
        while not self._ended.wait(self._pause()):
            now = time.monotonic()
            for work, due in list(self._due.items()):  # in one step: others begin and end work meanwhile
                if due <= now:
                    self._attend(work)

    def _pause(self) -> float:
        first = min(list(self._due.values()), default=float("inf"))
        return max(0.0, min(first - time.monotonic(), self._seconds or 0.0))

    def _attend(self, work: Work) -> None:
        """Have overdue work dealt with; what ended just now is nobody's any more."""
        if self._due.pop(work, None) is not None and not self._handle_overdue(work):
            self._due[work] = time.monotonic() + self._again

    def _handle_overdue(self, work: Work) -> bool:
        try:
            return self._overdue(work)
        except Exception:
            # Without this thread no deadline would be kept any more, and nobody would know.
            LOG.exception("what is overdue cannot be dealt with now")
            return False
