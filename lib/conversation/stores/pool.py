"""A few connections, lent one at a time."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WAIT_SECONDS = 30.0


class ClosableConnection(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=ClosableConnection)


class StorePool(Generic[C]):
    """Opens at most `size` connections, when needed; one that something went wrong with is closed, not lent again."""

    def __init__(self, open_one: Callable[[], C], size: int, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._open, self._size, self._wait_seconds = open_one, size, wait_seconds
        self._room = threading.BoundedSemaphore(size)
        self._idle: deque[C] = deque()

    @property
    def idle(self) -> int:
        """Return how many connections wait to be lent again."""
        return len(self._idle)

    @contextmanager
    def acquire(self) -> Iterator[C]:
        """Lend a connection for the block; wait while all are out, and raise StoreUnavailable if none comes back."""
        if not self._room.acquire(timeout=self._wait_seconds):
            raise StoreUnavailable(
                f"All {self._size} connections to the conversations are busy, for {self._wait_seconds:g} seconds now."
            )
        try:
            connection = self._pop() or self._open()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close the idle connections."""
        while (connection := self._pop()) is not None:
            connection.close()

    def _pop(self) -> C | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None
