"""One call in the journal, from before it is made until its answer is kept."""

from __future__ import annotations

from typing import Self


class JournalEntry:
    """A context manager. `answer` is what an earlier attempt was answered, None if the call is to be made.

    `refused` is what `refuse` kept, if the message went on to a later call that may have been answered: this one is not
    made again, so that the message comes to the later one. `may_repeat` says that an earlier attempt made the call and
    its answer is not known: what is asked now may be paid for twice. A call that ends without `keep`, `refuse` or
    `forget` leaves its fate unknown.
    """

    __slots__ = ("answer", "may_repeat", "refused")
    is_open = False
    """Whether the call is to be made, and told of in the end."""

    def __init__(self, answer: bytes | None = None, *, refused: bytes | None = None, may_repeat: bool = False) -> None:
        self.answer, self.refused, self.may_repeat = answer, refused, may_repeat

    def keep(self, answer: bytes) -> None:
        """Have the answer kept; return at once."""

    def refuse(self, reason: bytes) -> None:
        """Have it kept that the call was certainly not answered, and why."""

    def forget(self) -> None:
        """Strike the call out: it was not made."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let others make the call."""
