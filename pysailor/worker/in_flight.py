"""A delivery on its way through the step."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import pool
from ..wire.headers import META

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue

    from ..context import CallReport
    from ..journal import MessageJournal, NoJournal
    from ..telemetry.telemetry import MessageTrace
    from ..transport.base import DeliveryOutcome
    from ..wire.envelope import Delivery
    from ..wire.headers import Incoming
    from .emitter import Emitter


class InFlight:
    """A delivery on its way through the step; `settle` lets one side alone decide what became of it.

    The sides are the thread that works on it and the watchdog. `late_outcome` is the watchdog's; the thread waits for
    it if it comes back to a message that is settled: the outcome is not known before the error message is out.
    """

    __slots__ = (
        "_settling",
        "began",
        "calls",
        "delivery",
        "emitter",
        "incoming",
        "journal",
        "late_outcome",
        "next_header",
        "shared",
        "trace",
    )

    def __init__(
        self,
        delivery: Delivery,
        incoming: Incoming,
        shared: dict[str, Any],
        next_header: Callable[[], dict[str, Any]],
        journal: MessageJournal | NoJournal,
    ) -> None:
        self.delivery = delivery
        self.incoming = incoming
        self.shared = shared
        self.next_header = next_header
        self.journal = journal
        self.emitter: Emitter | None = None
        self.late_outcome: SimpleQueue[DeliveryOutcome] | None = None
        self.calls: list[CallReport] = []
        self.trace: MessageTrace | None = None
        self.began = time.perf_counter()
        self._settling = threading.Lock()

    @property
    def is_settled(self) -> bool:
        """Whether a side has decided."""
        return self._settling.locked()

    def without_content(self) -> InFlight:
        """Return the same message without what came with it and may be too large to go out: its content, its meta."""
        shared = {name: value for name, value in self.shared.items() if not name.startswith(META)}
        bare = InFlight(replace(self.delivery, content=b""), self.incoming, shared, self.next_header, self.journal)
        bare.trace = self.trace
        return bare

    def settle(self) -> bool:
        """Return True to the first caller only: the outcome is theirs to decide."""
        return self._settling.acquire(blocking=False)


def is_heavy(delivery: Delivery) -> bool:
    """Return whether decrypting, reading and checking it takes so long that others should not have to wait."""
    return len(delivery.content) >= pool.HEAVY
