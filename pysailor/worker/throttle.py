"""How many events of a kind may go out in an interval (platform contract, 2.3)."""

from __future__ import annotations

import threading
import time
from dataclasses import field
from typing import TYPE_CHECKING

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Rate:
    """At most `limit` events in each window of `seconds`. Threads may share it."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._begins = float("-inf")
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """Take the next free place, and return the seconds until then: 0 if it is now."""
        with self._lock:
            if now >= self._begins + self._seconds:
                self._begins, self._taken = now, 0
            elif self._taken >= self._limit:
                self._begins, self._taken = self._begins + self._seconds, 0
            self._taken += 1
            return max(0.0, self._begins - now)


@frozen
class Throttle:
    """The rates by name; what has no rate does not wait."""

    rates: Mapping[str, Rate] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def wait(self, name: str | None, pause: Callable[[float], None] = time.sleep) -> None:
        """Return when an event of this name may go out. `pause` waits so many seconds, or raises."""
        rate = self.rates.get(name) if name else None
        if rate is not None and (seconds := rate.take(self.clock())):
            pause(seconds)
