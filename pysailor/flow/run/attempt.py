"""One message in work at a step, and what all steps of a run share."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pysailor.errors import SailorError
from pysailor.wire import error_message, json_text

from ..mapper import MappingFailed
from .tally import StepTally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pysailor.context import CallReport
    from pysailor.journal.message_journal import MessageJournal
    from pysailor.message import Message
    from pysailor.store import Store
    from pysailor.telemetry.telemetry import MessageTrace

    from ..document import FlowStep
    from .channel import Item
    from .history import History
    from .ledger import RunLedger
    from .trace import RunTrace


@dataclass(slots=True)
class RunState:
    """What all stages of a run share. `failed` is told of a message that failed, with the step it failed at.

    `route_error` hands on what an earlier part of the run made of an error; `broken` is told of a stage that
    cannot go on.
    """

    ledger: RunLedger
    history: History
    run_id: str
    variables: Mapping[str, str]
    failed: Callable[[FlowStep, Item, SailorError, Any], None]
    route_error: Callable[[FlowStep, Item], None]
    broken: Callable[[BaseException], None]
    trace: RunTrace
    calls: Store
    """Where paid calls are remembered until their message is done: a killed run does not make them again."""
    stopping: threading.Event = field(default_factory=threading.Event)
    aborted: threading.Event = field(default_factory=threading.Event)


class Attempt:
    """One message in work. `settle` lets one side alone decide what became of it: its thread, or the watchdog."""

    __slots__ = ("_settling", "began", "calls", "gave", "item", "journal", "message", "trace", "tries")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.message: Message | None = None
        self.calls: list[CallReport] = []
        self.journal: MessageJournal | None = None
        self.tries = 1
        self.gave = 0
        self.trace: MessageTrace | None = None
        self.began = time.perf_counter()
        self._settling = threading.Lock()

    def settle(self) -> bool:
        """Return True to the first caller only."""
        return self._settling.acquire(blocking=False)

    def note_call(self, call: CallReport) -> None:
        """Keep a call that has just ended, and tell the collector."""
        self.calls.append(call)
        if self.trace is not None:
            self.trace.call(call)

    @property
    def is_settled(self) -> bool:
        """Whether a side has decided."""
        return self._settling.locked()


def error_body(step: str, item: Item, error: SailorError, received: Message | None) -> dict[str, Any]:
    """Return what an error handler gets: name and message at the root, and the platform's own two members."""
    described = error_message.describe(error)
    stage = error.stage if isinstance(error, MappingFailed) and error.stage else step
    try:
        original = json_text.read(item.content)
    except SailorError:
        original = None
    given = received.to_json() if received is not None else original
    return {
        **{name: described[name] for name in ("name", "message", "stack")},
        "code": error.code,
        "step": stage,
        "input": given.get("body") if isinstance(given, dict) else None,
        "error": described,
        "errorInput": given,
    }


def digest_of(content: bytes) -> str:
    """Return what tells one content from another."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def outcome_entry(
    step: str, attempt: Attempt, error: SailorError | None, seconds: float, *, again: bool
) -> dict[str, Any]:
    """Return what the ledger keeps of a message at a step; `again` marks one that failed in an earlier part."""
    entry: dict[str, Any] = {
        "message": attempt.item.id,
        "step": step,
        "outcome": "done" if error is None else "failed",
        "ms": round(seconds * 1000, 3),
        "at": round(time.time(), 3),
    }
    if error is not None:
        entry["code"] = error.code
        if isinstance(error, MappingFailed):
            entry["stage"] = error.stage
    if attempt.tries > 1:
        entry["tries"] = attempt.tries
    if again:
        entry["again"] = True
    if attempt.calls:
        _add_calls(entry, attempt.calls)
    return entry


def _add_calls(entry: dict[str, Any], calls: list[CallReport]) -> None:
    """Add to an entry of the ledger what calls took."""
    tally = StepTally("")
    tally.add_calls(calls)
    entry["calls"] = len(calls)
    entry["attempts"] = sum(call.tries for call in calls)
    entry["units"] = dict(tally.units)
    entry["cost"] = {currency: format(amount, "f") for currency, amount in tally.costs.items()}
    entry["targets"] = list(dict.fromkeys(call.target for call in calls))
