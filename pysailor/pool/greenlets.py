"""A greenlet a message, all on one thread: for components that declare that their steps wait cooperatively."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import gevent
from gevent import monkey
from gevent.socket import wait_read

from . import WORK
from .hub_loop import HubLoop
from .waits import Sweeper, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from . import SocketWaits
    from .loop_watch import LoopWatch

T = TypeVar("T")
_get_ident = monkey.get_original("_thread", "get_ident")


def _attempt(act: Callable[..., T], args: tuple[Any, ...]) -> tuple[T | None, BaseException | None]:
    """Return the result, or the error: one that is raised there, gevent writes to stderr with its traceback."""
    try:
        return act(*args), None
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
        return None, error


class Greenlets:
    """gevent's hub, and its threads for what would hold it."""

    name: Final = "greenlets"

    def __init__(self) -> None:
        self._sweeper = Sweeper()
        self._thread = _get_ident()

    def offload(self, act: Callable[..., T], *args: Any) -> T:
        """Call it on a thread of gevent's, ten at most."""
        if _get_ident() != self._thread:  # on such a thread already
            return act(*args)
        result, error = gevent.get_hub().threadpool.apply(_attempt, (act, args))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]  # gevent tells no types

    def start_thread(self, act: Callable[[], object], name: str) -> None:  # noqa: ARG002 - such a thread has none
        """Run on a thread of the system; what it waits for there runs on a hub of its own."""
        monkey.get_original("_thread", "start_new_thread")(act, ())

    def io_loop(self) -> Any:
        """Return a loop that is a part of the hub's."""
        return HubLoop()

    def socket_waits(self, connected: Any) -> SocketWaits | None:
        """Return what waits by a watcher that stays."""
        return waits_for(connected, self._sweeper) if _get_ident() == self._thread else None

    def wait_readable(self, file: int) -> None:
        """Wait for the file."""
        wait_read(file)

    def interrupt(self, task: object, error: type[BaseException], is_wanted: Callable[[], bool]) -> None:
        """Raise it in the task: here if the task runs, else when the hub comes to it."""
        if task is gevent.getcurrent():
            if is_wanted():
                raise error
            return

        def throw() -> None:
            if is_wanted():
                task.throw(error)  # type: ignore[attr-defined]  # a greenlet

        gevent.get_hub().loop.run_callback(throw)

    def current(self) -> object:
        return gevent.getcurrent()

    def watch_loop(self, on_hold: Callable[[float], None]) -> LoopWatch:
        """Return what looks on from a thread of the system."""
        from .loop_watch import LoopWatch  # noqa: PLC0415 - it needs the pool

        return LoopWatch(on_hold)

    def work_on(self, described: Callable[[], Mapping[str, str]]) -> None:
        """Keep it at the greenlet, for whoever looks what holds the loop."""
        setattr(gevent.getcurrent(), WORK, described)
