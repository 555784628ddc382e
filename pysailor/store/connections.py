"""Open connections to a server, each used by one thread at a time, the last one used first."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ServerConnection(Protocol):
    def close(self) -> object: ...


C = TypeVar("C", bound=ServerConnection)


class Connections(Generic[C]):
    """At most `most` connections. One that an error went through is closed, since its state is not known."""

    def __init__(self, connect: Callable[[], C], most: int) -> None:
        self._connect = connect
        self._free = threading.Semaphore(most)
        self._idle: list[C] = []

    @contextmanager
    def use(self, *, fresh: bool = False) -> Iterator[C]:
        """Lend a connection; wait while all are in use. A fresh one is opened now, and the idle ones are dropped."""
        with self._free:
            if fresh:
                self.close()
            connection = self._take() or self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    def close(self) -> None:
        """Close those that nobody uses."""
        while (connection := self._take()) is not None:
            connection.close()

    @property
    def are_old(self) -> bool:
        """Whether the next one lent was opened before: the server may have closed it since."""
        return bool(self._idle)

    def _take(self) -> C | None:
        try:
            return self._idle.pop()
        except IndexError:  # another thread was faster
            return None
