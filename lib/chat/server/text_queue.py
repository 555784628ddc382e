"""Text from a worker thread to the event loop, no faster than the visitor reads it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from ...errors.api_error import ApiError
from ..protocol import Joiner

if TYPE_CHECKING:
    from collections.abc import Callable

    from .waker import Waker

_MOST_CHARACTERS = 64 * 1024


class TextQueue:
    """A bounded queue between one thread that puts and one task that takes.

    When the queue is full the thread waits, and so the API's stream is not read any further. Many pieces that come
    between two looks of the loop are one text. `forward` may take it without waking the task: it is called in the loop,
    and returns whether it took the text.
    """

    forward: Callable[[str], bool] | None = None

    def __init__(self, waker: Waker, most_characters: int = _MOST_CHARACTERS) -> None:
        """Take in the loop of the waker."""
        self._waker = waker
        self._news = asyncio.Event()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._most = most_characters
        self._waiting: list[str] = []
        self._size = 0
        self._ended = self._closed = False
        self._joiner = Joiner()

    def put(self, text: str) -> None:
        """Add a piece, from the thread; wait while the queue is full. Raise ApiError("cancelled") once it is closed."""
        text = self._joiner.join(text)
        if not text:
            return
        with self._lock:
            while self._size >= self._most and not self._closed:
                self._room.wait()
            if self._closed:
                raise ApiError("cancelled")
            is_first = not self._waiting
            self._waiting.append(text)
            self._size += len(text)
        if is_first:
            self._waker.call(self._arrive)

    def end(self) -> None:
        """End the queue: nothing more comes. For the loop's own thread."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Close the queue: nothing more is wanted. For the loop's own thread; whoever waits is woken."""
        with self._lock:
            self._closed = True
            self._room.notify_all()
        self._news.set()

    async def take(self) -> str | None:
        """Return what has come, as one text; wait for something. None is the end."""
        while not self._closed:
            self._news.clear()
            with self._lock:
                text = "".join(self._waiting)
                self._empty()
            if text:
                return text
            if self._ended:
                return None
            await self._news.wait()
        return None

    def _arrive(self) -> None:
        """Forward what has come, or wake the task."""
        if self.forward is not None and not self._closed:
            with self._lock:
                text = "".join(self._waiting)
                if not text or self.forward(text):
                    self._empty()
                    return
        self._news.set()

    def _empty(self) -> None:
        if self._size >= self._most:
            self._room.notify_all()
        self._waiting.clear()
        self._size = 0
