"""The connections to one server: as many as are used at once, each kept for the next request."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from .errors import Dropped
from .reply import Reply
from .wire import Wire

if TYPE_CHECKING:
    from ..cancel import Cancel
    from .request import Request
    from .route import ServerRoute


class ConnectionPool:
    """Sends requests over kept connections. Threads may share it."""

    def __init__(self, route: ServerRoute) -> None:
        self._route = route
        self._idle: list[Wire] = []  # appending and popping are one step each, whatever the thread
        weakref.finalize(self, _close, self._idle)

    def send(self, request: Request, cancel: Cancel | None, connect_end: float, end: float) -> Reply:
        """Send a request once, and return the answer as soon as its head is there; raise HttpError.

        A new connection must be there before `connect_end`, the head before `end`; setting `cancel` closes the
        connection. A connection that ends instead of answering is never replaced here: the request may have been run.
        """
        wire = self._take(cancel) or self._open(cancel, connect_end)
        try:
            wire.send(request.head, request.body, end)
        except Dropped:
            pass  # some servers refuse a request before they have read it, and say why
        except BaseException:
            wire.close()
            raise
        return Reply(wire, end, self._idle.append if cancel is None else lambda kept: self._keep(kept, cancel))

    def close(self) -> None:
        """Close what is idle; a later request connects anew."""
        _close(self._idle)

    def _take(self, cancel: Cancel | None) -> Wire | None:
        """Return the connection used last, unless the server has closed it meanwhile."""
        while True:
            try:
                wire = self._idle.pop()
            except IndexError:
                return None
            if wire.is_quiet():
                wire.used_by = None
                if cancel is not None:
                    cancel.attach(wire)
                return wire
            wire.close()

    def _open(self, cancel: Cancel | None, end: float) -> Wire:
        wire = Wire()

        def watch(connected: object) -> None:
            wire.take(connected)
            if cancel is not None:
                cancel.attach(wire)

        try:
            wire.take(self._route.open(end, watch))
        except BaseException:
            wire.close()
            raise
        return wire

    def _keep(self, wire: Wire, cancel: Cancel) -> None:
        cancel.release()  # before another call can take the connection
        self._idle.append(wire)


def _close(idle: list[Wire]) -> None:
    while idle:
        idle.pop().close()
