"""One write on its way to a store, and what became of it."""

from __future__ import annotations

from _thread import allocate_lock
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(Enum):
    """What a write does."""

    ADD = "add"
    PUT = "put"
    DELETE = "delete"
    TOUCH = "touch"
    UPDATE = "update"
    PURGE = "purge"


class Write:
    """A write, and the ticket of whoever waits for it. `on_error` hears of a failure where nobody does."""

    __slots__ = ("_done", "change", "error", "is_taken", "key", "kind", "on_error", "result", "seconds", "value")

    def __init__(
        self,
        kind: Kind,
        key: str,
        value: bytes = b"",
        seconds: float = 0.0,
        change: Callable[[bytes | None], bytes | None] | None = None,
    ) -> None:
        self.kind, self.key, self.value, self.seconds, self.change = kind, key, value, seconds, change
        self.on_error: Callable[[BaseException], None] | None = None
        self.is_taken = False
        self.result: bytes | None = None
        self.error: BaseException | None = None
        self._done = allocate_lock()
        self._done.acquire()

    def apply(self, value: bytes | None) -> None:
        """Take what the change makes of the value for the result."""
        self.result = value if self.change is None else self.change(value)

    def finish(self, error: BaseException | None = None) -> None:
        """Let go of whoever waits. What failed for itself stays failed."""
        self.error = self.error or error
        self._done.release()
        if self.error is not None and self.on_error is not None:
            self.on_error(self.error)

    def expire_in(self, seconds: float) -> bool:
        """Have the value expire so many seconds after it is written; return False if that is too late to say."""
        self.seconds = seconds
        return not self.is_taken

    def wait(self) -> bytes | None:
        """Return the result once it is safe; raise what kept it from that."""
        with self._done:
            if self.error is not None:
                raise self.error
            return self.result
