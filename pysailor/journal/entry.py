"""One call in the journal, from before it is made until its answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


def _ignore(*_: object) -> None:
    """Nothing is kept."""


class JournalEntry:
    """A context manager. `answer` is what an earlier attempt was answered, None if the call is to be made.

    `may_repeat` says that an earlier attempt made the call and its answer is not known: what is asked now may be paid
    for twice. A call that ends without `keep` or `forget` leaves its fate unknown.
    """

    __slots__ = ("_forget", "_keep", "_leave", "answer", "may_repeat")

    def __init__(
        self,
        answer: bytes | None = None,
        *,
        may_repeat: bool = False,
        keep: Callable[[bytes], None] = _ignore,
        forget: Callable[[], None] = _ignore,
        leave: Callable[[], None] = _ignore,
    ) -> None:
        self.answer, self.may_repeat = answer, may_repeat
        self._keep, self._forget, self._leave = keep, forget, leave

    def keep(self, answer: bytes) -> None:
        """Have the answer kept; return at once."""
        self._keep(answer)

    def forget(self) -> None:
        """Strike the call out: it was certainly not answered, so that asking again is no second time."""
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
