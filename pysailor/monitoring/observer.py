"""What is known of messages and calls while they happen; whoever counts them comes later.

The threads that work on messages must not wait for each other here: each note is one operation on a deque or a dict,
which the interpreter does as a whole.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ..context import CallReport
from ..values import frozen

if TYPE_CHECKING:
    from ..context import Measure


@frozen
class MessageReport:
    """What became of one message.

    `outcome` is done, rebound, failed, rejected (it could not be read, or its failure could not be reported) or
    returned (it is brought again). `error_code` is "" without an error. `replayed` counts calls whose answer came from
    the journal, `unknown_fates` those that an earlier attempt made without an answer that is known.
    """

    outcome: str
    seconds: float
    error_code: str = ""
    redelivered: bool = False
    replayed: int = 0
    unknown_fates: int = 0
    journal_writes: int = 0
    journal_failures: int = 0


@frozen
class LoopHold:
    """The loop was held for so long (PYSAILOR_POOL=greenlets)."""

    seconds: float


Note: TypeAlias = "MessageReport | CallReport | Measure | LoopHold"


class Observer:
    """Notes nothing: for a worker that nobody watches."""

    def begin(self, number: int) -> None:
        """Note that the delivery of this number is in work."""

    def end(self, number: int, report: MessageReport) -> None:
        """Note what became of it."""

    def call(self, call: CallReport | Measure) -> None:
        """Note a call of a service, or a measure."""

    def hold(self, seconds: float) -> None:
        """Note that a step held the loop, and all other messages, for so long."""


class Notes(Observer):
    """Keeps everything until `take`."""

    def __init__(self) -> None:
        self._began: dict[int, float] = {}
        self._reports: deque[Note] = deque()

    def begin(self, number: int) -> None:
        """Note that the delivery of this number is in work."""
        self._began[number] = time.monotonic()

    def end(self, number: int, report: MessageReport) -> None:
        """Note what became of it."""
        self._began.pop(number, None)
        self._reports.append(report)

    def call(self, call: CallReport | Measure) -> None:
        """Note a call of a service, or a measure; not what was said in it, which may be large."""
        if isinstance(call, CallReport) and call.content is not None:
            call = replace(call, content=None)
        self._reports.append(call)

    def hold(self, seconds: float) -> None:
        """Note that a step held the loop for so long."""
        self._reports.append(LoopHold(seconds))

    def take(self) -> list[Note]:
        """Return what was noted since the last time, for one thread at a time."""
        return [self._reports.popleft() for _ in range(len(self._reports))]

    @property
    def in_flight(self) -> int:
        """How many deliveries are in work."""
        return len(self._began)

    @property
    def oldest_seconds(self) -> float:
        """For how long the oldest of them has been; 0 without any."""
        began = list(self._began.values())
        return time.monotonic() - min(began) if began else 0.0
