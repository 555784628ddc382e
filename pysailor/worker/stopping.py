"""How a worker's threads learn that it stops, wherever they wait."""

from __future__ import annotations

import threading
import time

from ..transport.base import Stopped


class Stopping:
    """Whether the worker stops, and until when what is in work may still be finished."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        """For those who wait for several things; set by `request` alone."""
        self._until = float("inf")

    def request(self, until: float | None = None) -> None:
        """Wake all who wait. `until` is on the clock of `time.monotonic`, None for now."""
        self._until = time.monotonic() if until is None else until
        self.requested.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the worker stops; return whether it does."""
        return self.requested.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Return after so many seconds; raise Stopped at once when it is known that the worker stops before.

        What can still be sent in time is: giving its input back would have the step do its work again.
        """
        due = time.monotonic() + seconds
        if not self.requested.wait(seconds):
            return
        if due > self._until:
            raise Stopped("The worker stops before the turn of this message comes.")
        time.sleep(max(0.0, due - time.monotonic()))
