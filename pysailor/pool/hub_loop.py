"""gevent's hub as the loop under pika's connections."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import gevent
from gevent import monkey

if TYPE_CHECKING:
    from collections.abc import Callable

_get_ident = monkey.get_original("_thread", "get_ident")
_AFTER_CALLBACKS: Final = -2
"""Priority of what runs last before the hub waits: with gevent's own callbacks it would run before them, and what they
bring would lie until the next event."""


class HubLoop:
    """Has the methods of pika's loop. What it calls runs in the greenlet that called `start`, never in the hub.

    The hub's own callbacks may not wait, not even for a lock that another holds for a moment; a greenlet may. A turn
    begins when every greenlet that could run has run: what they post goes out in one piece.
    """

    READ, WRITE, ERROR = 1, 2, 0  # an error is told as both

    def __init__(self) -> None:
        self._hub = gevent.get_hub()
        self._thread = _get_ident()
        self._greenlet: Any = None
        self._is_idle = False
        self._ready: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._watchers: dict[int, tuple[Any, Callable[[int, int], None]]] = {}
        self._timers: set[Any] = set()
        self._stopping = False
        self._turns = self._hub.loop.prepare(priority=_AFTER_CALLBACKS)
        self._again = self._hub.loop.idle()
        self._from_outside = self._hub.loop.async_()
        self._from_outside.start(_nothing)

    def start(self) -> None:
        """Run until `stop`."""
        self._greenlet = gevent.getcurrent()
        self._stopping = False
        self._turns.start(self._on_turn)
        self._wake()  # this turn has begun without it
        try:
            while not self._stopping:
                self._wait()
                for _ in range(len(self._ready)):
                    act, args = self._ready.popleft()
                    act(*args)
        finally:
            self._turns.stop()

    def stop(self) -> None:
        """End `start`; for what it calls."""
        self._stopping = True

    def close(self) -> None:
        """Watch nothing any more."""
        for watcher, _ in self._watchers.values():
            watcher.close()
        for timer in (*self._timers, self._turns, self._again, self._from_outside):
            timer.close()
        self._watchers.clear()
        self._timers.clear()

    def add_callback_threadsafe(self, act: Callable[[], object]) -> None:
        """Have it called soon; on any thread."""
        self._ready.append((act, ()))
        if _get_ident() != self._thread:
            self._from_outside.send()

    add_callback = add_callback_threadsafe

    def call_later(self, seconds: float, act: Callable[[], object]) -> Any:
        """Have it called after a while; return what `remove_timeout` takes."""
        timer = self._hub.loop.timer(max(0.0, seconds))
        self._timers.add(timer)
        timer.start(self._on_timer, timer, act)
        return timer

    def remove_timeout(self, timer: Any) -> None:
        """Have it not called."""
        self._timers.discard(timer)
        timer.close()

    def add_handler(self, file: int, handler: Callable[[int, int], None], events: int) -> None:
        """Have `handler(file, events)` called whenever one of the events is there."""
        watcher = self._hub.loop.io(file, events)
        self._watchers[file] = (watcher, handler)
        watcher.start(self._on_events, file, pass_events=True)

    def update_handler(self, file: int, events: int) -> None:
        """Watch for these events from now on."""
        watcher, handler = self._watchers[file]
        watcher.stop()
        watcher.close()
        self.add_handler(file, handler, events)

    def remove_handler(self, file: int) -> None:
        """Watch this file no more."""
        watcher, _ = self._watchers.pop(file)
        watcher.stop()
        watcher.close()

    def _wait(self) -> None:
        """Let all others run, and return at the end of the turn in which there is something to do."""
        self._is_idle = True
        if self._ready:
            self._wake()
        try:
            self._hub.switch()
        finally:
            self._is_idle = False

    def _on_turn(self) -> None:
        if self._is_idle and self._ready:
            self._is_idle = False
            self._wake()
            self._greenlet.switch()

    def _wake(self) -> None:
        """Have the hub turn once more before it waits: what a turn brings about is run in the next one."""
        self._again.start(self._again.stop)

    def _on_events(self, events: int, file: int) -> None:
        if self._is_idle:
            self._ready.append((self._handle, (file, events)))

    def _handle(self, file: int, events: int) -> None:
        found = self._watchers.get(file)  # an earlier one of this turn may have removed it
        if found is not None:
            found[1](file, events)

    def _on_timer(self, timer: Any, act: Callable[[], object]) -> None:
        if timer in self._timers:
            self._timers.discard(timer)
            timer.close()
            self._ready.append((act, ()))


def _nothing() -> None:
    """Only wake the hub."""
