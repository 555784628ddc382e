"""What comes back of a request to one of the platform's services, or why nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoReply(Exception):
    """No whole answer came. `name` is the kind of trouble in the words of requests, which operators know."""

    def __init__(self, name: str, problem: object = "", *, may_pass: bool = True) -> None:
        super().__init__(str(problem) or name)
        self.name = name
        self.may_pass = may_pass


class Body(Protocol):
    """An answer's body, as it arrives."""

    def pieces(self, size: int) -> Iterator[bytes]:
        """Return it in pieces, decompressed, of about this many bytes; raise NoReply if it breaks off."""

    def close(self) -> None:
        """Have no more of it."""


@dataclass(eq=False)
class ServiceReply:
    """An answer. A context manager; what was not read by its end is dropped together with the connection."""

    status_code: int
    reason: str
    body: Body

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def pieces(self, size: int) -> Iterator[bytes]:
        """Return the body in pieces of about this many bytes; raise NoReply if it breaks off."""
        return self.body.pieces(size)

    @cached_property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.body.pieces(65_536))

    @property
    def text(self) -> str:
        """The whole body, for people."""
        return self.content.decode("utf-8", "replace")

    def close(self) -> None:
        """Be done with it."""
        self.body.close()
