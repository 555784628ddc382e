"""A step at work: its threads take messages from its channel, and what became of each is noted."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from pysailor.errors import Defect, SailorError, Stopped, describe_unexpected
from pysailor.message import Message
from pysailor.wire import json_text
from pysailor.worker.watchdog import Watchdog

from . import trace
from .attempt import Attempt, outcome_entry
from .channel import Channel, Item
from .errors import Aborted, TimeOver
from .processor import Processor
from .tally import StepTally

if TYPE_CHECKING:
    from pysailor.step import Step

    from ..document import FlowStep
    from ..mapper import Mapping as StepMapping
    from .attempt import RunState
    from .routes import StepRoutes

LOG = logging.getLogger(__name__)
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
        self._processor = Processor(declared, step, mapping, routes, state, self.tally)
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
            error = self._processor.process(attempt)
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

    def conclude(self, attempt: Attempt, error: SailorError | None) -> None:
        """Note what became of the message, and tell whoever waits for errors."""
        if error is not None:
            self.state.failed(self.declared, attempt.item, error, attempt.message)
        seconds = time.perf_counter() - attempt.began
        trace.end(attempt.trace, error, seconds)
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
        again = self.state.history.has_failed(attempt.item.id, self.id)
        self.state.ledger.outcome(outcome_entry(self.id, attempt, error, seconds, again=again))
        self.channel.finish()

    def _give_up(self, attempt: Attempt) -> bool:
        """Fail a message that its component does not let go of; its thread's place is taken by another."""
        if attempt.settle():
            name = f"The step did not finish the message within {self._seconds:g} seconds (local.timeout)."
            self.conclude(attempt, TimeOver(f"{name} Give it more time, or less to do."))
            self._start_thread()
            self._end_thread()
        return True
