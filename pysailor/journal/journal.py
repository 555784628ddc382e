"""What a component sees of the journal."""

from __future__ import annotations

from typing import Literal, Protocol

from .entry import JournalEntry

OnUnknown = Literal["ask", "fail", "rebound"]


class Journal(Protocol):
    """The calls of one message, in their order.

        with ctx.journal.open(request, on_unknown=cfg["onUnknownFate"]) as entry:
            if entry.answer is not None:
                return read(entry.answer)
            answer = ask(request)
            entry.keep(write(answer))

    The same message brought again finds the answer that it got before, if it asks the same in the same order.
    """

    remembers: bool
    """Whether there is a journal; without one nothing is written down, and need not be prepared."""

    def open(self, request: bytes, *, on_unknown: OnUnknown = "ask") -> JournalEntry:
        """Write down that this is about to be asked; return when that is safe.

        `request` is all that makes one request differ from another, in one fixed order of members. If an earlier
        attempt asked, and whether it was answered is not known, ask again (and the entry says so), raise FateUnknown or
        raise Rebound, as `on_unknown` says.
        """


class NoJournal:
    """Remembers nothing: off the platform, or where the operator wants it so."""

    remembers = False
    replayed = unknown = failures = writes = 0

    def open(self, request: bytes, *, on_unknown: OnUnknown = "ask") -> JournalEntry:  # noqa: ARG002 - see Journal
        """Return an entry without an answer."""
        return JournalEntry()

    def headers(self) -> dict[str, bool]:
        return {}

    def settle(self) -> None:
        """Let nothing expire."""

    def secure(self) -> None:
        """Wait for nothing."""
