"""The one thread that may touch pika, and the way for the others to have something done on it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from pysailor import pool
from pysailor.log_buffer import never_waiting

from ..base import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)

_MOST_ROUNDS = 8
"""Batches in a row, of what was posted while the one before was written, until the sockets have their turn again."""


class Corkable(Protocol):
    """Something that can hold back what it writes, to write it in one go."""

    def cork(self) -> None: ...
    def uncork(self) -> None: ...
    def reset(self) -> None:
        """Begin anew, after something failed that never should."""


class IoThread:
    """A thread that runs pika's loop. `post` may be called on any thread, everything else only on this one.

    Posts are done in batches, one wake-up for each: with twenty busy workers a wake-up a message would be a third of
    what a message costs. For as long as a batch lasts, what is written is held back and then sent at once.
    """

    def __init__(self) -> None:
        self.loop: Any
        self.corkables: tuple[Corkable, ...] = ()
        self.ending = False
        self._posts: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False
        self._begun = self._ended = False
        self._after_end = threading.RLock()
        self._thread = threading.Thread(target=self._run, name="pysailor-io", daemon=True)

    def start(self) -> None:
        """Run; raise Stopped where that was prevented."""
        with self._after_end:
            if self._ended:
                raise Stopped("The worker stops; it does not connect any more.")
            self._begun = True
            self.loop = pool.current().io_loop()
            self._thread.start()

    def prevent(self) -> bool:
        """Return whether it has not begun; then it never will."""
        with self._after_end:
            self._ended = self._ended or not self._begun
            return not self._begun

    def post(self, act: Callable[..., object], *args: Any) -> None:
        """Have `act` called soon on the thread, in the order of posting; at once and here when the thread has ended."""
        self._posts.append((act, args))
        if self._ended:
            self._run_rest()
        elif not self._woken:
            self._woken = True
            self.loop.add_callback_threadsafe(self._batch)

    def later(self, seconds: float, act: Callable[..., object], *args: Any) -> object:
        """Have `act` called after a while; return what `cancel` takes."""
        return self.loop.call_later(seconds, lambda: self._guard(act, args))

    def cancel(self, timer: object) -> None:
        """Have it not called."""
        self.loop.remove_timeout(timer)

    def end(self, timeout: float | None) -> bool:
        """End the thread, from another one; return whether it has. What is posted from now on still gets done."""
        if self._thread.is_alive():
            self.loop.add_callback_threadsafe(self.loop.stop)
            self._thread.join(timeout)
        self._ended = True
        self._run_rest()
        has_ended = not self._thread.is_alive()
        if has_ended:
            self.loop.close()
        return has_ended

    def _run(self) -> None:
        with never_waiting():
            self._run_loop()

    def _run_loop(self) -> None:
        while True:
            try:
                self.loop.start()
            except Exception:
                # A connection that is closed before it is open brings pika into states that it holds for impossible.
                if self.ending:
                    LOG.debug("pika's loop failed while it ended", exc_info=True)
                else:
                    LOG.exception("pika's loop failed: connecting anew")
                self._reset()
            else:
                return

    def _batch(self) -> None:
        for _ in range(_MOST_ROUNDS):
            self._round()
            if not self._posts:
                break
        # Lowered before it is looked once more: whoever posts after that finds it low and wakes the loop again.
        self._woken = False
        if self._posts and not self._woken:
            self._woken = True
            self.loop.add_callback_threadsafe(self._batch)

    def _round(self) -> None:
        for corkable in self.corkables:
            corkable.cork()
        for _ in range(len(self._posts)):
            act, args = self._posts.popleft()
            self._guard(act, args)
        for corkable in self.corkables:
            corkable.uncork()

    def _run_rest(self) -> None:
        with self._after_end:
            while self._posts:
                act, args = self._posts.popleft()
                act(*args)

    def _guard(self, act: Callable[..., object], args: tuple[Any, ...]) -> None:
        """Call; an error here is ours, and must cost neither the thread nor the timers that are due with this one."""
        try:
            act(*args)
        except Exception:
            LOG.exception("failed on the I/O thread: connecting anew")
            self._reset()

    def _reset(self) -> None:
        for corkable in self.corkables:
            corkable.reset()
