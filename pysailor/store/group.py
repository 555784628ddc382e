"""Group commit: writes of many threads, made safe together by one thread.

One commit costs a transaction, a round trip or a flush of the disk, however many writes are in it. While one is under
way the next writes gather, so the group grows with the load by itself.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from ..errors import StoreUnavailable
from .write import Kind, Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .base import Ticket

_MOST_WRITES: Final = 500
_MOST_BYTES: Final = 8 * 1024 * 1024


class GroupCommit:
    """The writing half of a store. `_commit` is called by one thread only, with writes in the order of their coming."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Write | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        self._closed = False

    def _commit(self, writes: Sequence[Write]) -> None:
        """Make all of them safe, with their results; raise StoreUnavailable if none of them is."""
        raise NotImplementedError

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep the value."""
        self.submit_put(key, value, seconds).wait()

    def put_many(self, values: Mapping[str, bytes], seconds: float) -> None:
        """Keep several values."""
        for ticket in [self.submit_put(key, value, seconds) for key, value in values.items()]:
            ticket.wait()

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Keep the value if there is none; else return what is there."""
        return self.submit_add(key, value, seconds).wait()

    def delete(self, key: str) -> None:
        """Forget the value."""
        self.submit_delete(key).wait()

    def submit_add(self, key: str, value: bytes, seconds: float) -> Ticket:
        """Begin an `add`."""
        return self._submit(Write(Kind.ADD, key, value, seconds))

    def submit_put(self, key: str, value: bytes, seconds: float) -> Ticket:
        """Begin a `put`."""
        return self._submit(Write(Kind.PUT, key, value, seconds))

    def submit_delete(self, key: str) -> Ticket:
        """Begin a `delete`."""
        return self._submit(Write(Kind.DELETE, key))

    def submit_touch(self, key: str, seconds: float) -> Ticket:
        """Begin to change when the value expires."""
        return self._submit(Write(Kind.TOUCH, key, seconds=seconds))

    def close(self) -> None:
        """Commit what was begun, and end the thread."""
        with self._starting:
            self._closed = True
            writer = self._writer
        if writer is not None:
            self._queue.put(None)
            writer.join()

    def _submit(self, write: Write) -> Write:
        if self._writer is None:
            self._start()
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        self._queue.put(write)
        return write

    def _start(self) -> None:
        with self._starting:
            if self._writer is None and not self._closed:
                writer = threading.Thread(target=self._run, name="pysailor-store", daemon=True)
                writer.start()
                self._writer = writer

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first, *self._waiting(len(first.value))]
            error: BaseException | None = None
            try:
                self._commit(group)
            except Exception as failed:  # noqa: BLE001 - the top of the thread: it is raised where somebody waits
                error = failed
            for write in group:
                write.finish(error)

    def _waiting(self, size: int) -> Iterator[Write]:
        """Yield what has come meanwhile."""
        for _ in range(_MOST_WRITES - 1):
            if size > _MOST_BYTES:
                return
            try:
                write = self._queue.get_nowait()
            except Empty:
                return
            if write is None:
                self._queue.put(None)
                return
            size += len(write.value)
            yield write


def runs(writes: Sequence[Write]) -> Iterator[tuple[Kind, list[Write]]]:
    """Yield the writes in groups of one kind that may be made together: order is kept for each key, not among keys."""
    pending: dict[Kind, list[Write]] = {}
    seen: set[str] = set()
    for write in writes:
        if write.key in seen:
            yield from pending.items()
            pending, seen = {}, set()
        seen.add(write.key)
        pending.setdefault(write.kind, []).append(write)
    yield from pending.items()
