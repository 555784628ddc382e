"""One call in the journal, from before it is made until its answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


def _ignore(*_: object) -> None:
    """Nothing is kept."""


class JournalEntry:
    """A context manager. `answer` is what an earlier attempt was answered, None if the call is to be made.

    `refused` is what `refuse` kept, if the message went on to a later call that may have been answered: this one is not
    made again, so that the message comes to the later one. `may_repeat` says that an earlier attempt made the call and
    its answer is not known: what is asked now may be paid for twice. A call that ends without `keep`, `refuse` or
    `forget` leaves its fate unknown.
    """

    __slots__ = ("_forget", "_keep", "_leave", "_refuse", "answer", "may_repeat", "refused")

    def __init__(
        self,
        answer: bytes | None = None,
        *,
        refused: bytes | None = None,
        may_repeat: bool = False,
        keep: Callable[[bytes], None] = _ignore,
        refuse: Callable[[bytes], None] = _ignore,
        forget: Callable[[], None] = _ignore,
        leave: Callable[[], None] = _ignore,
    ) -> None:
        self.answer, self.refused, self.may_repeat = answer, refused, may_repeat
        self._keep, self._refuse, self._forget, self._leave = keep, refuse, forget, leave

    @property
    def is_open(self) -> bool:
        """Whether the call is to be made, and told of in the end."""
        return self._leave is not _ignore

    def keep(self, answer: bytes) -> None:
        """Have the answer kept; return at once."""
        self._keep(answer)

    def refuse(self, reason: bytes) -> None:
        """Have it kept that the call was certainly not answered, and why."""
        self._refuse(reason)

    def forget(self) -> None:
        """Strike the call out: it was not made."""
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
