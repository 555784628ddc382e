"""What every store does. Keys are texts without NUL, values are bytes, each with a time to live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Ticket(Protocol):
    """A write that is on its way. `on_error`, if it is set at once, is called with what kept it from being made."""

    on_error: Callable[[BaseException], None] | None

    def expire_in(self, seconds: float) -> bool:
        """Have the value expire so many seconds after it is written; return False if that is too late to say."""

    def wait(self) -> bytes | None:
        """Return when the write is safe, with what an `add` found; raise StoreUnavailable if it is not."""


class Store(Protocol):
    """Values by key, until they expire by the store's own clock. Threads may share it.

    A write that returned is safe from the death of this process (kill -9); whether it also survives a power cut is the
    store's to say, see docs/reliability.md. Every method raises StoreUnavailable when the store cannot be reached or
    has no room.
    """

    def get(self, key: str) -> bytes | None:
        """Return the value, None if there is none or it has expired."""

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep the value for so many seconds, in place of what was there."""

    def put_many(self, values: Mapping[str, bytes], seconds: float) -> None:
        """Keep several values; all of them are safe when it returns."""

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Keep the value if the key has none and return None; else change nothing and return what is there."""

    def update(self, key: str, change: Callable[[bytes | None], bytes | None], seconds: float) -> bytes | None:
        """Replace the value by `change` of it, in one piece over all processes, and return the new one.

        `change` gets None where there is no value, and returns None to have none. It must be quick, touch no store,
        and may be called again. What it raises is raised, and nothing is changed.
        """

    def delete(self, key: str) -> None:
        """Forget the value."""

    def submit_put(
        self, key: str, value: bytes, seconds: float, encode: Callable[[bytes], bytes] | None = None
    ) -> Ticket:
        """Have the value kept soon, together with other writes; return at once.

        What is kept is what `encode`, if there is one, makes of it by then; it must not fail.
        """

    def submit_delete(self, key: str) -> Ticket:
        """Have the value forgotten soon; return at once."""

    def submit_touch(self, key: str, seconds: float) -> Ticket:
        """Have the value, if there is one, expire so many seconds from now, soon; return at once."""

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield what begins with the prefix, in any order."""

    def purge(self) -> int:
        """Remove what has expired; return how much that was, 0 where the server does it by itself."""

    def now(self) -> float:
        """Return the store's time, in seconds since 1970."""

    def close(self) -> None:
        """Finish the writes that were begun, and let go of the store."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


def with_prefix(pairs: Iterable[tuple[str, bytes]], prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the pairs whose key begins with the prefix."""
    return (pair for pair in pairs if pair[0].startswith(prefix))
