"""A queue between two steps that makes the one before wait when the one behind has enough to do."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pysailor.telemetry.telemetry import MessageTrace

MOST_ITEMS: Final = 256
MOST_BYTES: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """A message on its way to a step: what the ledger knows it by, and its content as on the wire, in JSON.

    `trace` is the span of the step that gave it, None if it is the first one.
    """

    id: str
    content: bytes
    trace: MessageTrace | None = field(default=None, compare=False, repr=False)


class Channel:
    """Holds at most so many items and bytes; `put` waits for room. Threads share it.

    `close` says that nothing more comes: what is in it is still taken out. `cancel` empties it, and lets nothing in.
    """

    def __init__(self, most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> None:
        lock = threading.Lock()
        self._filled, self._emptied = threading.Condition(lock), threading.Condition(lock)
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._most_items, self._most_bytes = most_items, most_bytes
        self._is_closed = self._is_cancelled = False
        self.entered = 0
        """How many items were ever put in."""
        self.finished = 0
        """How many of them were taken through their step, with all that came of them."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item, *, waits: bool = True) -> None:
        """Put an item in as soon as there is room, or at once; after `cancel` it is dropped."""
        with self._emptied:
            while waits and self._is_full() and not self._is_cancelled:
                self._emptied.wait()
            if self._is_cancelled:
                return
            self.entered += 1
            self._items.append(item)
            self._bytes += len(item.content)
            self._filled.notify()

    def get(self) -> Item | None:
        """Take the next item as soon as there is one; None when there will be no more."""
        with self._filled:
            while not self._items:
                if self._is_closed:
                    return None
                self._filled.wait()
            item = self._items.popleft()
            self._bytes -= len(item.content)
            if len(self._items) <= self._most_items // 2 or self._bytes:
                self._emptied.notify()
            return item

    def finish(self) -> None:
        """Count an item that was taken out as done with."""
        with self._filled:
            self.finished += 1

    def close(self) -> None:
        """Let nothing more be waited for."""
        with self._filled:
            self._is_closed = True
            self._filled.notify_all()

    def cancel(self) -> None:
        """Drop what is in it and what comes."""
        with self._filled:
            self._is_closed = self._is_cancelled = True
            self._items.clear()
            self._bytes = 0
            self._filled.notify_all()
            self._emptied.notify_all()

    def _is_full(self) -> bool:
        return len(self._items) >= self._most_items or (bool(self._items) and self._bytes >= self._most_bytes)
