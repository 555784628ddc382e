"""How a worker does many things at once: `threads`, or `greenlets` on one thread (PYSAILOR_POOL).

Whoever waits uses what Python has: threading's threads, locks, events and conditions, queues, sockets, time.sleep. On
greenlets `pysailor run` begins with gevent's patch, and these let others run while they wait. Here stands what differs:
heavy work, threads that must be real, the loop under the broker's connections, kept sockets, signals.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from mmap import mmap

NAMES = ("threads", "greenlets")
WORK = "pysailor_work"
"""Under this name a greenlet has what describes its work."""
HEAVY = 256 * 1024
"""Bytes from which work on a text takes so long that nobody else should have to wait for it."""


T = TypeVar("T")


class SocketWaits(Protocol):
    """Reads and writes; times are on the clock of time.monotonic."""

    def receive(self, size: int, end: float) -> bytes:
        """Return what is there, at most so many bytes, b"" at the end; raise TimeoutError, or another OSError."""

    def send(self, data: bytes | mmap, end: float) -> None:
        """Send all of it; raise as above."""

    def is_quiet(self) -> bool:
        """Whether there is nothing to receive."""

    def close(self) -> None:
        """Wait no more; the socket itself is the caller's to close."""


class Pool(Protocol):
    """What differs between the two."""

    @property
    def name(self) -> str:
        """What PYSAILOR_POOL calls it."""

    def offload(self, act: Callable[..., T], *args: Any) -> T:
        """Return `act(*args)`, or raise what it raises; meanwhile other messages go on."""

    def start_thread(self, act: Callable[[], object], name: str) -> None:
        """Run on a thread of the system, whatever the step does; it does not keep the process alive."""

    def io_loop(self) -> Any:
        """Return the loop that the broker's connections run on, with the methods of pika's."""

    def socket_waits(self, connected: Any) -> SocketWaits | None:
        """Return what reads and writes this socket quickest, None where that is the socket itself."""

    def wait_readable(self, file: int) -> None:
        """Return when a file can be read, or at once where reading waits by itself."""

    def interrupt(self, task: object, error: type[BaseException], is_wanted: Callable[[], bool]) -> None:
        """Raise the error in a task, in a signal's handler, if it is still wanted when the task gets to run."""

    def current(self) -> object:
        """Return the task that runs."""

    def work_on(self, described: Callable[[], Mapping[str, str]]) -> None:
        """Keep what returns the ids of what the task works on, until it is called again."""

    def watch_loop(self, on_hold: Callable[[float], None]) -> AbstractContextManager[object]:
        """Return what tells, while the context lasts, if something holds all others; `on_hold` gets the seconds."""


@lru_cache(maxsize=1)
def current() -> Pool:
    """Return the pool of this process: greenlets if it was patched at its beginning."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        from .greenlets import Greenlets  # noqa: PLC0415 - gevent is an extra

        return Greenlets()
    from .threads import Threads  # noqa: PLC0415 - one of the two is enough

    return Threads()


def begin(name: str) -> None:
    """Begin with this pool. For greenlets, before anything else is imported that waits."""
    if name == "greenlets":
        from gevent import events, monkey  # noqa: PLC0415 - an extra

        # It would look through all installed packages for plugins of the patch, 25 times: two thirds of its time.
        events.notify_and_call_entry_points = events.notify
        monkey.patch_all()


def offload(act: Callable[..., T], *args: Any) -> T:
    """Return `act(*args)`, or raise what it raises; meanwhile other messages go on.

    For what takes long without waiting in a way that gevent knows: files, SQLite, computing over large texts.
    """
    return current().offload(act, *args)


def socket_waits(connected: Any) -> SocketWaits | None:
    """Return what reads and writes a connected socket quickest, None where that is the socket itself."""
    return current().socket_waits(connected)
