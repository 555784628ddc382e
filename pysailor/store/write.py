"""One write on its way to a store, and what became of it."""

from __future__ import annotations

from _thread import allocate_lock
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_SECONDS: Final = 0.5
"""Whoever is to wake the next one may have ended: nobody depends on it."""


class Kind(Enum):
    """What a write does."""

    ADD = "add"
    PUT = "put"
    DELETE = "delete"
    TOUCH = "touch"
    UPDATE = "update"
    PURGE = "purge"

    __hash__ = object.__hash__
    """Enum's own is Python, and groups of writes are looked up by their kind."""


class Write:
    """A write, and the ticket of whoever waits for it. `on_error` hears of a failure where nobody does."""

    __slots__ = (
        "_done", "_encode", "change", "error", "following", "is_made", "is_taken",
        "key", "kind", "on_error", "result", "seconds", "value",
    )  # fmt: skip

    def __init__(
        self,
        kind: Kind,
        key: str,
        value: bytes = b"",
        seconds: float = 0.0,
        *,
        change: Callable[[bytes | None], bytes | None] | None = None,
        encode: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.kind, self.key, self.value, self.seconds, self.change = kind, key, value, seconds, change
        self._encode = encode
        self.on_error: Callable[[BaseException], None] | None = None
        self.is_taken = self.is_made = False
        self.following: Write | None = None
        self.result: bytes | None = None
        self.error: BaseException | None = None
        self._done = allocate_lock()
        self._done.acquire()

    def take(self) -> None:
        """Begin to make it: from now on it stays as it is."""
        self.is_taken = True
        if self._encode is not None:
            self.value = self._encode(self.value)

    def apply(self, value: bytes | None) -> None:
        """Take what the change makes of the value for the result."""
        self.result = value if self.change is None else self.change(value)

    def finish(self, error: BaseException | None = None) -> None:
        """Take it for made, or for failed. What failed for itself stays failed."""
        self.error = self.error or error
        self.is_made = True
        if self.error is not None and self.on_error is not None:
            self.on_error(self.error)

    def wake(self) -> None:
        """Wake whoever waits, which wakes whoever waits for the `following` one, and so on.

        All at once would stand in line for Python's lock, and look again and again if it is their turn.
        """
        self._done.release()

    def expire_in(self, seconds: float) -> bool:
        """Have the value expire so many seconds after it is written; return False if that is too late to say."""
        self.seconds = seconds
        return not self.is_taken

    def wait(self) -> bytes | None:
        """Return the result once it is safe; raise what kept it from that."""
        while not self.is_made and not self._done.acquire(timeout=_LOOK_SECONDS):
            pass
        following, self.following = self.following, None
        if following is not None:
            following.wake()
        if self.error is not None:
            raise self.error
        return self.result
