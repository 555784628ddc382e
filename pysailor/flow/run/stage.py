"""A step at work: its threads take messages from its channel, through mapper and component, to the next channels."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pysailor.context import CallReport, Data, HttpReply, Snapshot, SnapshotUpdate
from pysailor.errors import Defect, Rebound, SailorError, Stopped, describe_unexpected
from pysailor.journal import CallJournal, MessageJournal
from pysailor.message import Message
from pysailor.step import Invocation
from pysailor.wire import json_text
from pysailor.wire.passthrough import Passthrough
from pysailor.worker.watchdog import Watchdog

from ..mapper import MapContext, MappingFailed
from . import trace
from .attempt import Attempt, add_calls
from .channel import Channel, Item
from .errors import Aborted, TimeOver
from .tally import StepTally

if TYPE_CHECKING:
    from pysailor.context import Event, Measure
    from pysailor.step import Step

    from ..document import FlowStep
    from ..mapper import Mapping as StepMapping
    from .attempt import RunState
    from .routes import StepRoutes

LOG = logging.getLogger(__name__)
_LOGGER: Final = logging.getLogger("component")
_REBOUNDS: Final = 10
_LONGEST_WAIT: Final = 60.0
_GRACE: Final = 1.0
"""Seconds after its time in which a component that keeps it can say itself what went wrong."""


class Stage:
    """A step of a run. Made once; `start` begins its threads, which end when its channel is closed and empty."""

    def __init__(
        self,
        declared: FlowStep,
        step: Step,
        mapping: StepMapping | None,
        routes: StepRoutes,
        state: RunState,
        concurrency: int,
    ) -> None:
        self.declared, self.step, self.routes, self.state = declared, step, routes, state
        self.concurrency = concurrency
        self.channel = Channel()
        self.tally = StepTally(declared.id)
        self._mapping = mapping
        self._journal = CallJournal(state.calls, f"{state.run_id}/{declared.id}")
        self._passthrough = Passthrough(declared.id, active=True)
        self._threads: list[threading.Thread] = []
        self._seconds = declared.local.timeout
        overdue = None if self._seconds is None else self._seconds + _GRACE
        self._watchdog: Watchdog[Attempt] = Watchdog(overdue, self._give_up)
        self._ended = threading.Condition()
        self._running = 0

    @property
    def id(self) -> str:
        """The step's id."""
        return self.declared.id

    def start(self) -> None:
        """Start the threads."""
        self._watchdog.start()
        for _ in range(self.concurrency):
            self._start_thread()

    def wait(self) -> None:
        """Return when all threads have ended."""
        with self._ended:
            self._ended.wait_for(lambda: not self._running)
        self._watchdog.stop()

    def _start_thread(self) -> None:
        with self._ended:
            self._running += 1
        name = f"pysailor-flow-{self.id}-{len(self._threads) + 1}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        is_mine = True
        try:
            while is_mine and (item := self.channel.get()) is not None:
                is_mine = self.take(item)
        except Aborted:
            pass
        except BaseException as unforeseen:
            LOG.exception("the thread of %s ended in a way that nobody foresaw", self.id)
            self.state.broken(unforeseen)
        finally:
            if is_mine:
                self._end_thread()

    def _end_thread(self) -> None:
        with self._ended:
            self._running -= 1
            self._ended.notify_all()

    def take(self, item: Item) -> bool:
        """Take one message through; return False if its thread was given up on meanwhile."""
        state, tally = self.state, self.tally
        if state.history.is_done(item.id, self.id):
            self._replay(item)
            return True
        with tally.lock:
            tally.received += 1
            tally.in_work += 1
        attempt = Attempt(item)
        attempt.trace = state.trace.begin(self.id, item.id, item.trace)
        self._watchdog.begin(attempt)
        error: SailorError | None
        try:
            error = self._try(attempt)
        except Aborted:
            raise
        except BaseException as unforeseen:
            # Whatever it is, KeyboardInterrupt too: the thread must go on, and the message not be lost in silence.
            LOG.exception("message %s failed at %s in a way that nobody foresaw", item.id, self.id)
            error = Defect(describe_unexpected(unforeseen), of=unforeseen)
        finally:
            self._watchdog.end(attempt)
        if not attempt.settle():
            return False
        if isinstance(error, Stopped):
            self._give_back(attempt, error)
        else:
            self.conclude(attempt, error)
        return True

    def _give_back(self, attempt: Attempt, error: Stopped) -> None:
        """Leave a message neither done nor failed, for the next part of the run."""
        trace.end(attempt.trace, error, time.perf_counter() - attempt.began)
        with self.tally.lock:
            self.tally.in_work -= 1
            self.tally.returned += 1
        self.channel.finish()

    def _replay(self, item: Item) -> None:
        """Hand on what an earlier part of the run got for this message."""
        with self.tally.lock:
            self.tally.replayed += 1
        for number, content in self.state.history.contents(item.id, self.id):
            if number == f"{item.id}!{self.id}":
                self.state.route_error(self.declared, Item(number, content))
                continue
            message = Message.from_json(json_text.read(content))
            for target in self.routes.targets(message, self.state.variables):
                target.put(Item(number, content))
        self.channel.finish()

    def _try(self, attempt: Attempt) -> SailorError | None:
        """Have the step work on the message, again where that may help; return why it failed."""
        try:
            attempt.message = received = self._receive(attempt.item)
        except SailorError as error:
            return error
        retry = self.declared.local.retry
        times, wait = (0, 1.0) if retry is None else (retry.times, retry.wait)
        while True:
            failure = self._process(attempt, received)
            pause = self._pause(attempt, failure, times, wait)
            if failure is None or pause is None or attempt.is_settled:
                return failure
            LOG.info("%s: message %s is tried again in %.1f s: %s", self.id, attempt.item.id, pause, failure)
            attempt.tries += 1
            with self.tally.lock:
                self.tally.retries += 1
            if self.state.aborted.wait(pause):
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
        context = MapContext(message.passthrough or {}, self.state.variables)
        return message.with_body(self._mapping.map(message.body, context))

    def _process(self, attempt: Attempt, received: Message) -> SailorError | None:
        item = attempt.item

        def emit(event: Event) -> None:
            if attempt.is_settled:
                raise TimeOver("The time for this message is over; it has failed already.")
            if isinstance(event, Data):
                attempt.gave += 1
                self.give(f"{item.id}.{attempt.gave}", attempt, event.message, received)
            elif isinstance(event, HttpReply):
                LOG.info("%s answers the caller of the flow with status %d", self.id, event.status_code)
            elif isinstance(event, Snapshot):
                self.state.ledger.snapshot(self.id, "snapshot", event.value)
            elif isinstance(event, SnapshotUpdate):
                self.state.ledger.snapshot(self.id, "update", event.delta)

        def report(call: CallReport | Measure) -> None:
            if isinstance(call, CallReport):
                attempt.note_call(call)

        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        journal = attempt.journal = self._journal_of(attempt)
        known_as = f"{self.state.run_id}/{self.id}/{item.id}"
        invocation = Invocation(
            emit, _LOGGER, deadline, known_as, report=report, run_id=self.state.run_id, step=self.id,
            journal=journal, stopping=self.state.stopping,
        )  # fmt: skip
        try:
            self.step.process(received, invocation)
        except SailorError as error:
            return error
        return None

    def _journal_of(self, attempt: Attempt) -> MessageJournal:
        """Return what remembers the calls of one try; what is tried again on purpose is asked again."""
        history, item = self.state.history, attempt.item
        again = history.began if history.has_failed(item.id, self.id) else ""
        name = f"{item.id}#{attempt.tries}{again}"
        return MessageJournal(self._journal, lambda: name, lambda: _LOGGER, redelivered=history.count > 0)

    def give(self, identity: str, attempt: Attempt, message: Message, received: Message) -> None:
        """Hand on what the step gave: kept first, then to every way that is open to it."""
        whole = self._carry(message, received)
        content = json_text.write(whole.to_json())
        targets = self.routes.targets(whole, self.state.variables)
        tally = self.tally
        with tally.lock:
            tally.emitted += 1
            if not targets and self.routes.leads_on:
                tally.dropped += 1
        if not self.routes.leads_on:
            if not self.state.history.has_result(identity, self.id):
                self.state.ledger.result(identity, self.id, json_text.write(message.to_json()))
            return
        self.state.ledger.emission(attempt.item.id, self.id, identity, len(targets), content)
        for target in targets:
            target.put(Item(identity, content, attempt.trace))

    def _carry(self, message: Message, received: Message) -> Message:
        """Return the message with those of earlier steps, and itself among them."""
        if not self.declared.tune.passthrough:
            received = replace(received, passthrough=None)
        return self._passthrough.complete(self._passthrough.carry(message, received, None))

    def conclude(self, attempt: Attempt, error: SailorError | None) -> None:
        """Note what became of the message, and tell whoever waits for errors."""
        if error is not None:
            self.state.failed(self.declared, attempt.item, error, attempt.message)
        seconds = time.perf_counter() - attempt.began
        trace.end(attempt.trace, error, seconds)
        entry: dict[str, Any] = {
            "message": attempt.item.id,
            "step": self.id,
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
        if self.state.history.has_failed(attempt.item.id, self.id):
            entry["again"] = True
        if attempt.calls:
            add_calls(entry, attempt.calls)
        tally = self.tally
        with tally.lock:
            tally.in_work -= 1
            tally.seconds += seconds
            tally.add_calls(attempt.calls)
            if error is None:
                tally.done += 1
            else:
                tally.failed += 1
        if attempt.journal is not None:
            attempt.journal.settle()
        self.state.ledger.outcome(entry)
        self.channel.finish()

    def _give_up(self, attempt: Attempt) -> bool:
        """Fail a message that its component does not let go of; its thread's place is taken by another."""
        if attempt.settle():
            name = f"The step did not finish the message within {self._seconds:g} seconds (local.timeout)."
            self.conclude(attempt, TimeOver(f"{name} Give it more time, or less to do."))
            self._start_thread()
            self._end_thread()
        return True
