"""A thread a message: any component, whatever it does while it waits."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

T = TypeVar("T")


class Threads:
    """The system's threads; most of it has nothing to do."""

    name: Final = "threads"

    def offload(self, act: Callable[..., T], *args: Any) -> T:
        """Call it here: other threads run meanwhile."""
        return act(*args)

    def start_thread(self, act: Callable[[], object], name: str) -> None:
        """Run on another thread."""
        threading.Thread(target=act, name=name, daemon=True).start()

    def io_loop(self) -> Any:
        """Return pika's own loop."""
        from pika.adapters.select_connection import IOLoop  # noqa: PLC0415 - an extra

        return IOLoop()

    def socket_waits(self, connected: Any) -> None:
        """Return None: a socket with a time limit is as quick as can be."""

    def wait_readable(self, file: int) -> None:
        """Return at once: reading waits."""

    def interrupt(self, task: object, error: type[BaseException], is_wanted: Callable[[], bool]) -> None:  # noqa: ARG002 - as above
        """Raise it here: handlers run on the main thread, between two of its instructions."""
        if is_wanted():
            raise error

    def current(self) -> object:
        return threading.current_thread()

    def watch_loop(self, on_hold: Callable[[float], None]) -> AbstractContextManager[object]:  # noqa: ARG002 - as above
        """Return a context that does nothing: there is no loop that a step could hold."""
        return nullcontext()

    def work_on(self, described: Callable[[], Mapping[str, str]]) -> None:
        """Keep nothing: no thread holds up others for long."""
