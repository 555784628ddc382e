"""A message that is brought to a step of a worker with a journal, for the first time or again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component
from pysailor.context import CallReport, Data, Measure
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.journaled import brought

if TYPE_CHECKING:
    from pysailor.context import Event
    from pysailor.journal import CallJournal

LOGGER = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]


class Reports(list[CallReport]):
    """The calls that were reported."""

    def __call__(self, told: CallReport | Measure) -> None:
        if isinstance(told, CallReport):
            self.append(told)


def bring(worker: CallJournal, function: str, body: Any, reports: Reports | None = None, **cfg: Any) -> Message:
    """Return what the step emits; raise what it raises. Each time the step begins anew, as after a kill."""
    step = Step(Component(ROOT).function(function), cfg)
    events: list[Event] = []
    report = Reports() if reports is None else reports
    try:
        step.process(
            Message(body=body),
            Invocation(events.append, LOGGER, message_id="message", journal=brought(worker), report=report),
        )
    finally:
        step.close()
    (event,) = events
    assert isinstance(event, Data)
    return event.message


def die_before_answers(worker: CallJournal, ordinal: int = 0) -> None:
    """Leave the store as a worker does that is killed while it makes this call: what came later is not there."""
    for key, value in list(worker.store.scan("")):
        at = int(key.rpartition("/")[2])
        if at == ordinal:
            worker.store.put(key, b"B" + value[1:17] + b"host (1)", 60)
        elif at > ordinal:
            worker.store.delete(key)
