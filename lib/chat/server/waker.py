"""How worker threads wake the event loop: at once when it rests, otherwise many together."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE = 0.005


class Waker:
    """Calls functions in the loop for other threads.

    The first is called at once. While more keep coming, the loop looks for them every few milliseconds: each wake-up
    is a change of thread, which costs more than what is done then, and 50 streams would make a thousand a second.
    """

    def __init__(self, pause: float = _PAUSE) -> None:
        """Use the running loop."""
        self._loop = asyncio.get_running_loop()
        self._pause = pause
        self._lock = Lock()
        self._waiting: list[Callable[[], object]] = []
        self._looks = False

    def call(self, function: Callable[[], object]) -> None:
        """Call the function in the loop, soon; from any thread."""
        with self._lock:
            self._waiting.append(function)
            if self._looks:
                return
            self._looks = True
        self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if not waiting:
                self._looks = False
                return
        self._loop.call_later(self._pause, self._look)
        for function in waiting:
            function()
