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

    `overdue` returns whether it has dealt with the work; if not, it is asked again a little later.
    """

    def __init__(self, seconds: float | None, overdue: Callable[[Work], bool], again: float = 1.0) -> None:
        self._seconds = seconds
        self._overdue = overdue
        self._again = again
        self._due: dict[Work, float] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="pysailor-watch", daemon=True)

    def start(self) -> None:
        """Start to watch, if there is a limit."""
        if self._seconds is not None:
            self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def begin(self, work: Work) -> None:
        """Watch this work from now on."""
        if self._seconds is None:
            return
        with self._changed:
            self._due[work] = time.monotonic() + self._seconds
            if len(self._due) == 1:
                self._changed.notify()

    def end(self, work: Work) -> None:
        """Stop watching this work."""
        if self._seconds is not None:
            with self._changed:
                self._due.pop(work, None)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            if not self._handle_overdue(work):
                with self._changed:
                    self._due[work] = time.monotonic() + self._again

    def _handle_overdue(self, work: Work) -> bool:
        try:
            return self._overdue(work)
        except Exception:
            # Without this thread no deadline would be kept any more, and nobody would know.
            LOG.exception("what is overdue cannot be dealt with now")
            return False

    def _next(self) -> Work | None:
        """Wait for work that is due; return None at the end."""
        with self._changed:
            while not self._ended:
                work, due = min(self._due.items(), key=lambda item: item[1], default=(None, float("inf")))
                left = due - time.monotonic()
                if work is not None and left <= 0:
                    del self._due[work]
                    return work
                self._changed.wait(None if work is None else left)
        return None
