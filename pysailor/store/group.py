"""Group commit: writes of many threads, made safe together by one thread.

One commit costs a transaction, a round trip or a flush of the disk, however many writes are in it. While one is under
way the next writes gather, so the group grows with the load by itself.
"""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from ..errors import StoreUnavailable
from .deferred import DeferredWrites
from .write import Kind, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .base import Ticket

_MOST_WRITES: Final = 500
_MOST_BYTES: Final = 8 * 1024 * 1024
_GATHER: Final = 0.001
"""Seconds, for each that waited the last time."""
_MOST_GATHERED: Final = 10
_RING: Final = Write(Kind.PUT, "")
"""Tells the thread, while it rests, that there are writes which nobody waits for."""
_END: Final = Write(Kind.PUT, "")


class GroupCommit:
    """The writing half of a store. `_commit` is called by one thread only, with writes in the order of their coming."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Write] = SimpleQueue()
        self._deferred = DeferredWrites()
        self._rests = False
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        self._closed = False

    def _commit(self, writes: Sequence[Write]) -> None:
        """Make all of them safe, with their results; raise StoreUnavailable if none of them is."""
        raise NotImplementedError

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep the value."""
        self._submit(Write(Kind.PUT, key, value, seconds)).wait()

    def put_many(self, values: Mapping[str, bytes], seconds: float) -> None:
        """Keep several values."""
        for write in [self._submit(Write(Kind.PUT, key, value, seconds)) for key, value in values.items()]:
            write.wait()

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Keep the value if there is none; else return what is there."""
        return self._submit(Write(Kind.ADD, key, value, seconds)).wait()

    def delete(self, key: str) -> None:
        """Forget the value."""
        self._submit(Write(Kind.DELETE, key)).wait()

    def submit_put(
        self, key: str, value: bytes, seconds: float, encode: Callable[[bytes], bytes] | None = None
    ) -> Ticket:
        """Keep the value soon."""
        return self._submit_later(Write(Kind.PUT, key, value, seconds, encode=encode))

    def submit_delete(self, key: str) -> Ticket:
        """Forget the value soon."""
        return self._submit_later(Write(Kind.DELETE, key))

    def submit_touch(self, key: str, seconds: float) -> Ticket:
        """Change soon when the value expires."""
        return self._submit_later(Write(Kind.TOUCH, key, seconds=seconds))

    def close(self) -> None:
        """Commit what was begun, and end the thread."""
        with self._starting:
            self._closed = True
            writer = self._writer
        if writer is not None:
            self._queue.put(_END)
            writer.join()

    def _submit(self, write: Write) -> Write:
        """Have the write made at once: somebody waits for it."""
        self._start()
        self._queue.put(write)
        return write

    def _submit_later(self, write: Write) -> Write:
        """Have the write made with the next ones, or when a moment has passed."""
        self._start()
        self._deferred.add(write)
        if self._rests:
            self._rests = False
            self._queue.put(_RING)
        return write

    def _start(self) -> None:
        if self._writer is not None and not self._closed:
            return
        with self._starting:
            if self._closed:
                raise StoreUnavailable("The store is closed.")
            if self._writer is None:
                writer = threading.Thread(target=self._run, name="pysailor-store", daemon=True)
                writer.start()
                self._writer = writer

    def _run(self) -> None:
        waited = 0
        while (first := self._take_first()) is not _END:
            if first is not _RING and waited > 1:
                time.sleep(min(waited, _MOST_GATHERED) * _GATHER)  # those who wait may as well wait for each other
            urgent = [] if first is _RING else [first, *self._take_waiting(first)]
            waited = len(urgent)
            self._commit_all(self._deferred.take(urgent), urgent)
        self._commit_all(self._deferred.take_all(), [])

    def _take_first(self) -> Write:
        """Return the next write that somebody waits for, _RING when others are to be made."""
        self._rests = True  # before it looks: whatever is deferred from now on rings
        self._rests = not self._deferred.are_there
        try:
            first = self._queue.get(timeout=self._deferred.seconds)
            self._rests = False
            if first is _RING and self._deferred.are_there:
                first = self._queue.get(timeout=self._deferred.seconds)
        except Empty:
            return _RING
        return first

    def _take_waiting(self, first: Write) -> Iterator[Write]:
        """Yield the writes that somebody waits for, as far as they have come and fit into one group."""
        size = len(first.value)
        for _ in range(_MOST_WRITES - 1):
            if size > _MOST_BYTES:
                return
            try:
                write = self._queue.get_nowait()
            except Empty:
                return
            if write is _END:
                self._queue.put(_END)
                return
            size += len(write.value)
            if write is not _RING:
                yield write

    def _commit_all(self, later: list[Write], urgent: list[Write]) -> None:
        writes = [*later, *urgent]
        if not writes:
            return
        for one, following in pairwise(urgent):  # before any of them is seen to be made
            one.following = following
        error: BaseException | None = None
        try:
            for write in writes:
                write.take()
            self._commit(writes)
        except Exception as failed:  # noqa: BLE001 - the top of the thread: it is raised where somebody waits
            error = failed
        for write in writes:
            write.finish(error)
        for write in [*later, *urgent[:1]]:
            write.wake()


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
