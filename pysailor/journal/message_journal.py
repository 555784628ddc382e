"""The calls of one message, in their order."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ..digest import digest
from ..errors import Rebound, SailorError, StoreUnavailable
from .entry import JournalEntry
from .fate import ENDED, ENDS, Fate, FateUnknown, Record, strip_checksum

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger, LoggerAdapter

    from ..store.base import Ticket
    from .call_journal import CallJournal
    from .journal import OnUnknown

REPLAYED: Final = "x-pysailor-replayed"
_PAUSE: Final = 1.0


class MessageJournal:
    """The calls of one message, counted in their order. `headers` mark what is emitted after a replay.

    `name` returns what the message is known by if it is brought again, `find_logger` where that is told.
    """

    remembers = True

    def __init__(
        self,
        journal: CallJournal,
        name: Callable[[], str | None],
        find_logger: Callable[[], Logger | LoggerAdapter[Logger]],
        *,
        redelivered: bool = False,
    ) -> None:
        self._journal, self._find_name, self._find_logger, self._redelivered = journal, name, find_logger, redelivered
        self._counting = threading.Lock()
        self._name: str | None = None
        self._keys: list[str] = []
        self._answers: dict[str, Ticket] = {}
        self.replayed = self.unknown = self.failures = self.writes = 0

    def open(self, request: bytes, *, on_unknown: OnUnknown = "ask") -> JournalEntry:
        """Write down that this is about to be asked; see Journal."""
        key = self._next_key()
        if key is None:
            return JournalEntry()
        asked = digest(request)
        self._journal.claim(key)
        entry = None
        try:
            found = self._begin(key, self._mark(asked))
            if found is None:
                entry = self._entry(key, asked)
            elif found is _NOT_KEPT:
                entry = self._look_only(key, asked, on_unknown)
            else:
                entry = self._look(key, asked, found, on_unknown)
        finally:
            if entry is None or not entry.is_open:
                self._journal.leave(key)
        return entry

    def headers(self) -> dict[str, bool]:
        """Return the headers for an event: whether it comes from an answer that is given again."""
        return {REPLAYED: True} if self.replayed else {}

    def settle(self) -> None:
        """Let the records of a message that is done expire soon."""
        self.failures += self._journal.take_late_failures()
        store, seconds = self._journal.store, self._journal.rules.done_seconds
        try:
            for key in self._keys:
                ticket = self._answers.get(key)
                if ticket is None or not ticket.expire_in(seconds):
                    store.submit_touch(key, seconds)
        except StoreUnavailable:
            return  # then they expire later

    def secure(self) -> None:
        """Return when the answers are written, or cannot be: whoever gets the message next asks for them at once."""
        for ticket in list(self._answers.values()):
            with suppress(Exception):  # it is told by the ticket's on_error
                ticket.wait()

    def _next_key(self) -> str | None:
        with self._counting:
            if self._name is None:
                self._name = self._find_name()
                if self._name is None:
                    return None
            key = self._key(len(self._keys))
            self._keys.append(key)
            return key

    def _key(self, ordinal: int) -> str:
        return f"{self._journal.prefix}{self._name}/{ordinal}"

    def _went_on(self, ordinal: int) -> bool:
        """Return whether the message made a later call that was answered, or may have been."""
        with suppress(StoreUnavailable, ValueError):
            while (kept := self._journal.store.get(self._key(ordinal + 1))) is not None:
                if Record.read(kept).fate is not Fate.REFUSED:
                    return True
                ordinal += 1
        return False

    def _mark(self, asked: bytes) -> bytes:
        """Return a record that a call is begun, like no other one, so that this call knows its own again."""
        return Record.write(Fate.BEGUN, asked, self._journal.next_mark())

    def _begin(self, key: str, mark: bytes) -> bytes | None:
        """Return what was written before, None for nothing, or _NOT_KEPT.

        A store that went away may have taken the mark before it did: that is no earlier attempt.
        """
        rules = self._journal.rules
        while True:
            try:
                self.writes += 1
                found = self._journal.store.add(key, mark, rules.seconds)
            except StoreUnavailable as error:
                self._fail(error)
                if rules.on_failure == "rebound":
                    raise Rebound(
                        f"The journal cannot be written; the message comes later. {error}", code=error.code
                    ) from error
                if rules.on_failure == "continue":
                    return _NOT_KEPT
            else:
                return None if found == mark else found
            self._journal.pause(_PAUSE)

    def _look_only(self, key: str, asked: bytes, on_unknown: OnUnknown) -> JournalEntry:
        """Return the entry of a call that cannot be written down. A full disk can still be read."""
        found = None
        with suppress(StoreUnavailable):
            found = self._journal.store.get(key)
        if found is not None:
            return self._look(key, asked, found, on_unknown)
        if self._redelivered:
            self._doubt("a worker that was brought it before", on_unknown)
        return JournalEntry(may_repeat=self._redelivered)

    def _doubt(self, by: str, on_unknown: OnUnknown, why: str = ENDED) -> None:
        """Return if the call is to be made again, though an earlier attempt may have been answered."""
        self.unknown += 1
        if on_unknown == "fail":
            raise FateUnknown(by, why)
        if on_unknown == "rebound":
            raise Rebound(f"This was asked before, by {by}; it may be answered there yet.")
        self._find_logger().warning("Asked before, by %s, and %s: asking again, perhaps paying twice", by, why)

    def _look(self, key: str, asked: bytes, found: bytes, on_unknown: OnUnknown) -> JournalEntry:
        """Return the entry of a call that an earlier attempt at this message began."""
        try:
            record = Record.read(found)
            content = b"" if record.fate is Fate.BEGUN else strip_checksum(self._journal.decrypt(record.content))
        except (ValueError, SailorError):
            if found.startswith(Fate.REFUSED.value):
                return self._again(key, asked)
            self._doubt("a worker", on_unknown, _UNREADABLE)
            return self._again(key, asked, may_repeat=True)
        if record.fate is Fate.REFUSED:
            goes_on = record.digest == asked and self._went_on(int(key.rpartition("/")[2]))
            return JournalEntry(refused=content) if goes_on else self._again(key, asked)
        answer = content if record.fate is Fate.ANSWERED else None
        if answer is not None and record.digest == asked:
            self.replayed += 1
            self._find_logger().info("Asked before: the answer that was kept is given again, nothing is sent")
            return JournalEntry(answer)
        if answer is None:
            self._doubt(record.content.partition(ENDS)[0].decode(errors="replace"), on_unknown)
        else:
            self.unknown += 1
            told = "Asked before, and answered, but something else: the request differs, asking anew"
            self._find_logger().warning(told)
        return self._again(key, asked, may_repeat=True)

    def _again(self, key: str, asked: bytes, *, may_repeat: bool = False) -> JournalEntry:
        try:
            self._journal.store.put(key, self._mark(asked), self._journal.rules.seconds)
        except StoreUnavailable as error:
            self._fail(error)
        return self._entry(key, asked, may_repeat=may_repeat)

    def _entry(self, key: str, asked: bytes, *, may_repeat: bool = False) -> JournalEntry:
        """Return the entry of a call that is to be made."""
        return _OpenEntry(self, key, asked, may_repeat=may_repeat)

    def end(self, key: str, record: bytes) -> None:
        """Have a record of how the call ended kept. Without a store the answer goes on all the same: it is paid for."""
        journal = self._journal
        self.writes += 1
        try:
            ticket = journal.store.submit_put(key, record, journal.rules.seconds, journal.encode)
        except StoreUnavailable as error:
            self._fail(error)
        else:
            ticket.on_error = journal.note_late_failure
            self._answers[key] = ticket

    def strike_out(self, key: str) -> None:
        """Have the record of a call removed."""
        journal = self._journal
        try:
            journal.store.submit_delete(key).on_error = journal.note_late_failure
        except StoreUnavailable as error:
            self._fail(error)

    def leave(self, key: str) -> None:
        """Let others make the call."""
        self._journal.leave(key)

    def _fail(self, error: StoreUnavailable) -> None:
        self.failures += 1
        self._journal.complain(error)


class _OpenEntry(JournalEntry):
    """A call that is to be made."""

    __slots__ = ("_asked", "_key", "_message")
    is_open = True

    def __init__(self, message: MessageJournal, key: str, asked: bytes, *, may_repeat: bool) -> None:
        super().__init__(may_repeat=may_repeat)
        self._message, self._key, self._asked = message, key, asked

    def keep(self, answer: bytes) -> None:
        """Have the answer kept; return at once."""
        self._message.end(self._key, Record.write(Fate.ANSWERED, self._asked, answer))

    def refuse(self, reason: bytes) -> None:
        """Have it kept that the call was certainly not answered, and why."""
        self._message.end(self._key, Record.write(Fate.REFUSED, self._asked, reason))

    def forget(self) -> None:
        """Strike the call out, unless an earlier attempt made it: whether that was answered stays unknown."""
        if not self.may_repeat:
            self._message.strike_out(self._key)

    def __exit__(self, *_: object) -> None:
        self._message.leave(self._key)


_NOT_KEPT: Final = b""
_UNREADABLE: Final = "what the journal holds of it cannot be read (was the message password changed?)"
