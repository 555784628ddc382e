"""Writes that nobody waits for: made together with others, though never after a later write to the same key."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from .write import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .write import Write

_SECONDS: Final = 0.02
_TOUCH_SECONDS: Final = 0.5
"""When a value expires is not urgent: of many at once each takes a part of the time."""


class DeferredWrites:
    """Any thread may add one; only the writing thread takes them."""

    def __init__(self) -> None:
        self._new: deque[Write] = deque()
        self._writes: list[Write] = []
        self._touches: dict[str, Write] = {}
        self._taken = self._touched = float("-inf")

    def add(self, write: Write) -> None:
        """Keep the write until it is taken."""
        self._new.append(write)

    @property
    def are_there(self) -> bool:
        """Whether there are writes other than touches."""
        return bool(self._new or self._writes)

    @property
    def seconds(self) -> float | None:
        """How long the writing thread may wait for another write before it takes these, None for ever."""
        return _SECONDS if self.are_there else _TOUCH_SECONDS if self._touches else None

    def take(self, urgent: Sequence[Write]) -> list[Write]:
        """Return what is due, or must be made before the urgent writes since it is to the same keys."""
        now = time.monotonic()
        self._writes += (self._new.popleft() for _ in range(len(self._new)))
        taken = []
        if not urgent or now - self._taken > _SECONDS or self._has_one_of(urgent):
            self._taken = now
            taken = [*self._put_touches_aside()]
        if now - self._touched > _TOUCH_SECONDS:
            self._touched = now
            return [*taken, *self._pop(list(self._touches))]
        return [*taken, *self._pop(each.key for each in urgent)]

    def take_all(self) -> list[Write]:
        """Return all that there are."""
        return [*self.take(()), *self._pop(list(self._touches))]

    def _has_one_of(self, urgent: Sequence[Write]) -> bool:
        keys = {each.key for each in self._writes}
        return any(each.key in keys for each in urgent)

    def _put_touches_aside(self) -> Iterator[Write]:
        """Yield the other writes, each after the touch of its key that came before it."""
        writes, self._writes = self._writes, []
        for write in writes:
            yield from self._pop((write.key,))
            if write.kind is Kind.TOUCH:
                self._touches[write.key] = write
            else:
                yield write

    def _pop(self, keys: Iterable[str]) -> Iterator[Write]:
        """Yield the touches of these keys."""
        for key in keys:
            touch = self._touches.pop(key, None)
            if touch is not None:
                yield touch
