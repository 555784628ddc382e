"""A server that did not answer in time: asked again after a while, by one caller; the others are told at once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ..errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable


class Absence:
    """Whether the server `title` is away: for so many seconds after it did not answer. Threads may share it."""

    def __init__(self, title: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._title, self._seconds, self._clock = title, seconds, clock
        self._deciding = threading.Lock()
        self._until: float | None = None

    def check(self) -> None:
        """Raise StoreUnavailable if the server is away; return if it is to be asked, which ends with begin or end."""
        if self._until is None:
            return
        with self._deciding:
            now = self._clock()
            left = 0.0 if self._until is None else self._until - now
            if left <= 0:
                self._until = now + self._seconds  # this caller asks; whoever comes meanwhile is not held up
                return
        raise StoreUnavailable(
            f"{self._title} cannot be used now: it did not answer in time, and is asked again in {left:.0f} s."
        )

    def begin(self) -> None:
        """Take the server for away: it did not answer."""
        self._until = self._clock() + self._seconds

    def end(self) -> None:
        """Take it for there: it answered."""
        self._until = None
