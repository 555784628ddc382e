"""The journal of a worker: what its messages asked, in a store that outlives it.

Before a call its record says that it was begun, afterwards what was answered. The first must be safe before the request
goes out, or a killed worker would not know that it asked. Nobody waits for the second: it is written within some
hundredths of a second, with others, and a kill in that moment loses the answer whether or not somebody waits.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ..errors import StoreUnavailable
from ..values import frozen
from .fate import ENDS, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..store.base import Store

LOG = logging.getLogger(__name__)

_COMPLAIN_EVERY: Final = 30.0
_LOOK_EVERY: Final = 0.1


def _as_it_is(content: bytes) -> bytes:
    return content


@frozen
class JournalRules:
    """How long a call is remembered, in seconds: until its message is done, and after. What to do without the store.

    `on_failure` is continue (go on without a journal), wait (take nothing further until the store is back) or rebound.
    """

    seconds: float = 604_800.0
    done_seconds: float = 900.0
    on_failure: str = "continue"


class CallJournal:
    """What the journals of all messages share (MessageJournal). Threads may share it, too.

    `scope` names the flow and the step. `encrypt` and `decrypt` hide answers from whoever reads the store. `pause`
    waits for so many seconds, and raises when the worker stops.
    """

    def __init__(
        self,
        store: Store,
        scope: str,
        rules: JournalRules | None = None,
        *,
        encrypt: Callable[[bytes], bytes] = _as_it_is,
        decrypt: Callable[[bytes], bytes] = _as_it_is,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store, self.rules, self.encrypt, self.decrypt, self.pause = (
            store,
            rules or JournalRules(),
            encrypt,
            decrypt,
            pause,
        )
        self.prefix = f"journal/{scope}/"
        self.worker = f"{socket.gethostname()} ({os.getpid()})".encode(errors="replace")
        self._marks = itertools.count()
        self._mark = self.worker + ENDS + os.urandom(8)
        self._in_work: dict[str, object] = {}
        self._complained = float("-inf")
        self._late_failures: deque[BaseException] = deque()

    def claim(self, key: str) -> None:
        """Wait while another thread has the same call in work, its message brought here twice; keep others out."""
        me = object()
        while self._in_work.setdefault(key, me) is not me:  # one step for all threads
            self.pause(_LOOK_EVERY)

    def leave(self, key: str) -> None:
        """Let others in again."""
        self._in_work.pop(key, None)

    def next_mark(self) -> bytes:
        """Return who begins a call, and what no other call is begun with; the system's random numbers take a switch."""
        return self._mark + next(self._marks).to_bytes(8, "big")

    def encode(self, record: bytes) -> bytes:
        """Return a record as it is kept: its content encrypted."""
        return encode(record, self.encrypt)

    def note_late_failure(self, error: BaseException) -> None:
        """Count a record that could not be written when its message was further on already."""
        self._late_failures.append(error)
        if isinstance(error, StoreUnavailable):
            self.complain(error)

    def take_late_failures(self) -> int:
        """Return how many there were since the last time."""
        count = len(self._late_failures)
        for _ in range(count):
            self._late_failures.popleft()
        return count

    def secure(self, seconds: float) -> None:
        """Return when the answers that were kept by now are written, after so many seconds in any case."""
        thread = threading.Thread(target=self._write_all, name="pysailor-journal", daemon=True)
        with suppress(RuntimeError):  # no thread is to be had: they are written a moment later
            thread.start()
            thread.join(seconds)

    def _write_all(self) -> None:
        with suppress(StoreUnavailable):
            self.store.submit_delete(self.prefix).wait()  # nothing is there, and all that came before is written first

    def complain(self, error: StoreUnavailable) -> None:
        """Log an outage, though not for each message."""
        now = time.monotonic()
        if now - self._complained > _COMPLAIN_EVERY:
            self._complained = now
            LOG.error("the journal cannot be written (%s): %s", self.rules.on_failure, error)
