"""Taking one message through a step: mapper, component, tries again, and what it gives to the next channels."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pysailor.context import CallReport, Data, HttpReply, Snapshot, SnapshotUpdate
from pysailor.errors import Rebound, SailorError
from pysailor.journal import CallJournal, MessageJournal
from pysailor.message import Message
from pysailor.step import Invocation
from pysailor.wire import json_text
from pysailor.wire.passthrough import Passthrough

from ..mapper import MapContext
from .channel import Item
from .errors import Aborted, TimeOver

if TYPE_CHECKING:
    from pysailor.context import Event, Measure
    from pysailor.step import Step

    from ..document import FlowStep
    from ..mapper import Mapping as StepMapping
    from .attempt import Attempt, RunState
    from .routes import StepRoutes
    from .tally import StepTally

LOG = logging.getLogger(__name__)
_LOGGER: Final = logging.getLogger("component")
_REBOUNDS: Final = 10
_LONGEST_WAIT: Final = 60.0


class Processor:
    """What a stage does with a message; threads share it."""

    def __init__(
        self,
        declared: FlowStep,
        step: Step,
        mapping: StepMapping | None,
        routes: StepRoutes,
        state: RunState,
        tally: StepTally,
    ) -> None:
        self.id = declared.id
        self._declared, self._step, self._mapping = declared, step, mapping
        self._routes, self._state, self._tally = routes, state, tally
        self._journal = CallJournal(state.calls, f"{state.run_id}/{declared.id}")
        self._passthrough = Passthrough(declared.id, active=True)

    def process(self, attempt: Attempt) -> SailorError | None:
        """Have the step work on the message, again where that may help; return why it failed."""
        try:
            attempt.message = received = self._receive(attempt.item)
        except SailorError as error:
            return error
        retry = self._declared.local.retry
        times, wait = (0, 1.0) if retry is None else (retry.times, retry.wait)
        while True:
            failure = self._process_once(attempt, received)
            pause = self._pause(attempt, failure, times, wait)
            if failure is None or pause is None or attempt.is_settled:
                return failure
            LOG.info("%s: message %s is tried again in %.1f s: %s", self.id, attempt.item.id, pause, failure)
            attempt.tries += 1
            with self._tally.lock:
                self._tally.retries += 1
            if self._state.aborted.wait(pause):
                raise Aborted

    def _pause(self, attempt: Attempt, error: SailorError | None, times: int, wait: float) -> float | None:
        """Return how long to wait before the next try, None if there is none."""
        if attempt.gave or error is None:
            return None
        if isinstance(error, Rebound):
            most = max(times, _REBOUNDS)
        else:
            most = times if getattr(error, "retryable", False) else 0
        if attempt.tries > most:
            return None
        return float(min(wait * 2.0 ** (attempt.tries - 1), _LONGEST_WAIT))

    def _receive(self, item: Item) -> Message:
        message = Message.from_json(json_text.read(item.content))
        if self._mapping is None:
            return message
        context = MapContext(message.passthrough or {}, self._state.variables)
        return message.with_body(self._mapping.map(message.body, context))

    def _process_once(self, attempt: Attempt, received: Message) -> SailorError | None:
        item = attempt.item

        def emit(event: Event) -> None:
            if attempt.is_settled:
                raise TimeOver("The time for this message is over; it has failed already.")
            if isinstance(event, Data):
                attempt.gave += 1
                self._give(f"{item.id}.{attempt.gave}", attempt, event.message, received)
            elif isinstance(event, HttpReply):
                LOG.info("%s answers the caller of the flow with status %d", self.id, event.status_code)
            elif isinstance(event, Snapshot):
                self._state.ledger.snapshot(self.id, "snapshot", event.value)
            elif isinstance(event, SnapshotUpdate):
                self._state.ledger.snapshot(self.id, "update", event.delta)

        def report(call: CallReport | Measure) -> None:
            if isinstance(call, CallReport):
                attempt.note_call(call)

        seconds = self._declared.local.timeout
        deadline = None if seconds is None else time.monotonic() + seconds
        journal = attempt.journal = self._journal_of(attempt)
        known_as = f"{self._state.run_id}/{self.id}/{item.id}"
        invocation = Invocation(
            emit, _LOGGER, deadline, known_as, report=report, run_id=self._state.run_id, step=self.id,
            journal=journal, stopping=self._state.stopping,
        )  # fmt: skip
        try:
            self._step.process(received, invocation)
        except SailorError as error:
            return error
        return None

    def _journal_of(self, attempt: Attempt) -> MessageJournal:
        """Return what remembers the calls of one try; what is tried again on purpose is asked again."""
        history, item = self._state.history, attempt.item
        again = history.began if history.has_failed(item.id, self.id) else ""
        name = f"{item.id}#{attempt.tries}{again}"
        return MessageJournal(self._journal, lambda: name, lambda: _LOGGER, redelivered=history.count > 0)

    def _give(self, identity: str, attempt: Attempt, message: Message, received: Message) -> None:
        """Hand on what the step gave: kept first, then to every way that is open to it."""
        whole = self._carry(message, received)
        content = json_text.write(whole.to_json())
        targets = self._routes.targets(whole, self._state.variables)
        tally = self._tally
        with tally.lock:
            tally.emitted += 1
            if not targets and self._routes.leads_on:
                tally.dropped += 1
        if not self._routes.leads_on:
            if not self._state.history.has_result(identity, self.id):
                self._state.ledger.result(identity, self.id, json_text.write(message.to_json()))
            return
        self._state.ledger.emission(attempt.item.id, self.id, identity, len(targets), content)
        for target in targets:
            target.put(Item(identity, content, attempt.trace))

    def _carry(self, message: Message, received: Message) -> Message:
        """Return the message with those of earlier steps, and itself among them."""
        if not self._declared.tune.passthrough:
            received = replace(received, passthrough=None)
        return self._passthrough.complete(self._passthrough.carry(message, received, None))
