"""Text from a worker thread to the event loop, no faster than the visitor reads it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from ...errors.api_error import ApiError
from ..protocol import Joiner

if TYPE_CHECKING:
    from .waker import Waker

_MOST_CHARACTERS = 64 * 1024


class TextQueue:
    """A bounded queue between one thread that puts and one task that takes.

    When the queue is full the thread waits, and so the API's stream is not read any further. Many pieces that come
    between two looks of the loop wake it once, and are taken together.
    """

    def __init__(self, waker: Waker, most_characters: int = _MOST_CHARACTERS) -> None:
        """Take in the loop of the waker."""
        self._waker = waker
        self._news = asyncio.Event()
        self._room = threading.Condition()
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
        with self._room:
            while self._size >= self._most and not self._closed:
                self._room.wait()
            if self._closed:
                raise ApiError("cancelled")
            is_first = not self._waiting
            self._waiting.append(text)
            self._size += len(text)
        if is_first:
            self._waker.call(self._news.set)

    def end(self) -> None:
        """End the queue: nothing more comes. For the loop's own thread."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Close the queue: nothing more is wanted. For the loop's own thread; whoever waits is woken."""
        with self._room:
            self._closed = True
            self._room.notify_all()
        self._news.set()

    async def take(self) -> str | None:
        """Return what has come, as one text; wait for something. None is the end."""
        while not self._closed:
            with self._room:
                text = "".join(self._waiting)
                self._waiting.clear()
                self._size = 0
                self._news.clear()
                self._room.notify_all()
            if text:
                return text
            if self._ended:
                return None
            await self._news.wait()
        return None
