"""A journal in memory, as the worker makes it, and a message's part of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pysailor.journal import CallJournal, JournalRules, MessageJournal
from pysailor.store.memory import MemoryValues

if TYPE_CHECKING:
    from pysailor.store import Store

LOGGER = logging.getLogger("test.journal")


def journal(store: Store | None = None, on_failure: str = "continue") -> CallJournal:
    """Return the journal of a worker."""
    rules = JournalRules(on_failure=on_failure)
    return CallJournal(
        store or MemoryValues(), "flow/step", rules, encrypt=lambda plain: plain[::-1], decrypt=lambda s: s[::-1]
    )


def brought(worker: CallJournal, name: str | None = "message") -> MessageJournal:
    """Return the journal of a message that is brought, for the first time or again."""
    return MessageJournal(worker, lambda: name, lambda: LOGGER)


def died_asking(worker: CallJournal, request: bytes, name: str = "message") -> None:
    """Leave what a worker leaves that is killed after it has sent a request."""
    brought(worker, name).open(request).__exit__()
