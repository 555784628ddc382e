"""One delivery, end to end: from its content to its outcome (platform contract, 2.5).

done      what the step emitted is safe with the broker, or the message was put off
failed    an error message says why, and the copy for whoever waits for a reply; the broker rejects the input
returned  the worker stops, or the failure could not be reported: the input is brought again
"""

from __future__ import annotations

import logging
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from .. import pool
from ..context import CallReport, Measure
from ..errors import Defect
from ..journal import MessageJournal, NoJournal
from ..log import component_logger
from ..log_buffer import has_room
from ..monitoring.observer import Observer
from ..step import Invocation, Step
from ..transport.base import DeliveryOutcome, Stopped
from ..wire.bounds import Bounds, TooMuch
from ..wire.cipher import Undecodable
from ..wire.headers import Incoming, outgoing
from .conclusion import Conclusion
from .emitter import DeadlineExceeded, Emitter, Output, event_headers, new_id, now_ms
from .in_flight import InFlight, is_heavy
from .input_name import call_name
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from ..journal.call_journal import CallJournal
    from ..message import Message
    from ..telemetry.telemetry import Telemetry
    from ..wire.envelope import Delivery, Publish

LOG = logging.getLogger(__name__)

NO_BOUNDS = Bounds()

_GRACE = 2.0
"""Seconds after the deadline in which a component that keeps it can say itself what went wrong."""
_NO_JOURNAL = NoJournal()


class Worker:
    """Takes deliveries through a step, each on the thread that calls. A context manager, for its watchdog.

    `identity` are the headers that say who the step is. `seconds` is the time for one message, None for no limit. A
    component that knows the deadline keeps it; one that does not is left behind: its message fails, its thread's place
    is taken by another, and what it emits later is refused. Threads cannot be ended from outside. `observer` is told
    of every message and call.
    """

    def __init__(
        self,
        step: Step,
        output: Output,
        identity: Mapping[str, Any],
        seconds: float | None = None,
        observer: Observer | None = None,
        journal: CallJournal | None = None,
        telemetry: Telemetry | None = None,
        bounds: Bounds = NO_BOUNDS,
    ) -> None:
        self._step = step
        self._output = output
        self._codec = output.codec
        self._identity = identity
        self._step_id = str(identity.get("stepId", ""))
        self._step_name = f"{identity.get('taskId', '')}/{self._step_id}"
        self._seconds = seconds
        self._observer = observer or Observer()
        self._conclusion = Conclusion(output, self._observer)
        self._pool = pool.current()
        self._journal = journal
        self._telemetry = telemetry
        self._bounds = bounds
        self._watchdog: Watchdog[InFlight] = Watchdog(None if seconds is None else seconds + _GRACE, self._on_overdue)

    def __enter__(self) -> Self:
        """Start the watchdog."""
        self._watchdog.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the watchdog."""
        self._watchdog.stop()

    def stop(self, until: float | None = None) -> None:
        """Stop waiting to publish errors, and for turns after `until`: such inputs go back to the queue."""
        self._output.stopping.request(until)

    def secure_answers(self, seconds: float) -> None:
        """Have what was paid for written before the messages in work go back, in at most so many seconds."""
        if self._journal is not None:
            self._journal.secure(seconds)

    def __call__(self, delivery: Delivery) -> DeliveryOutcome | None:
        """Work on a delivery and return what became of it; raise nothing.

        None if only the confirm of its last message is missing: `transport.finish` tells then.
        """
        headers = delivery.headers
        incoming = Incoming.read(headers, "" if headers.get("messageId") and headers.get("threadId") else new_id())
        shared = outgoing(incoming, self._identity, now_ms())
        names, journal = event_headers(delivery, self._step_id), self._journal_of(delivery, incoming)
        next_header = names if journal is _NO_JOURNAL else lambda: {**names(), **journal.headers()}
        inflight = InFlight(delivery, incoming, shared, next_header, journal)
        self._pool.work_on(incoming.ids)
        self._observer.begin(delivery.number)
        if self._telemetry is not None:
            inflight.trace = self._telemetry.begin(incoming, delivery.headers, redelivered=delivery.redelivered)
            shared.update(inflight.trace.headers)
        if delivery.redelivered:
            LOG.info(
                "brought again: what an earlier attempt sent may arrive twice, by the same name",
                extra=incoming.ids(),
            )
        read = incoming, delivery
        try:
            message = self._pool.offload(self._read, *read) if is_heavy(delivery) else self._read(*read)
        except TooMuch as error:
            return self._conclusion.conclude(inflight.without_content(), error)
        except Undecodable as error:
            # An error message could not say which message it means: nothing in it can be read.
            LOG.error("rejected: %s", error, extra=incoming.ids())  # noqa: TRY400 - its traceback tells nothing
            return self._conclusion.note(inflight, "rejected", error)
        except Exception as error:
            LOG.exception("rejected: it cannot be read", extra=incoming.ids())
            return self._conclusion.note(inflight, "rejected", error)
        return self._outcome(inflight, message)

    def _journal_of(self, delivery: Delivery, incoming: Incoming) -> MessageJournal | NoJournal:
        if self._journal is None:
            return _NO_JOURNAL
        return MessageJournal(
            self._journal,
            lambda: call_name(delivery),
            lambda: component_logger(incoming.ids()),
            redelivered=delivery.redelivered,
        )

    def _read(self, incoming: Incoming, delivery: Delivery) -> Message:
        self._bounds.check(delivery.headers, delivery.content)
        message = self._codec.decode(incoming, delivery.headers, delivery.content)
        self._bounds.check_depth(message.body, len(delivery.content))
        return message

    def _outcome(self, inflight: InFlight, message: Message) -> DeliveryOutcome | None:
        error = self._attempt(inflight, message)
        try:
            return self._become(inflight, error)
        finally:
            del error  # its traceback leads to this frame: the circle would keep the content until it is looked for

    def _become(self, inflight: InFlight, error: BaseException | None) -> DeliveryOutcome | None:
        if inflight.settle():
            last = None if inflight.emitter is None else inflight.emitter.last
            if error is None and last is not None:
                return self._send_last(inflight, last)
            return self._conclusion.conclude(inflight, self._conclusion.put_off(inflight, error))
        LOG.warning("The component came back from a message that had failed", extra=inflight.incoming.ids())
        # Were it rejected before its error message is out, a worker that stops meanwhile would lose it silently.
        return inflight.late_outcome.get() if inflight.late_outcome else DeliveryOutcome.FAILED

    def _send_last(self, inflight: InFlight, publish: Publish) -> DeliveryOutcome | None:
        """Publish, and let this thread go on: whoever hears of the confirm ends the delivery.

        Telling why it was not confirmed takes a thread that may wait; without one the input is brought again.
        """
        known: list[DeliveryOutcome] = []

        def on_fate(error: Exception | None) -> None:
            if error is None or isinstance(error, Stopped):
                known.append(self._end(inflight, error))
            elif not _start(self._end, f"pysailor-unsent-{inflight.delivery.number}", inflight, error):
                self._end(inflight, Stopped("No thread is to be had that could wait until the error is reported."))

        try:
            self._output.transport.publish_later(publish, on_fate)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be reported
            return self._conclusion.conclude(inflight, error)
        return known[0] if known else None

    def _end(self, inflight: InFlight, error: BaseException | None) -> DeliveryOutcome:
        outcome = DeliveryOutcome.FAILED
        try:
            outcome = self._conclusion.conclude(inflight, error)
        finally:
            self._output.transport.finish(inflight.delivery, outcome)
        return outcome

    def _attempt(self, inflight: InFlight, message: Message) -> BaseException | None:
        """Return what went wrong, None if all went well."""
        failure: BaseException | None = None
        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        self._watchdog.begin(inflight)
        try:
            self._process(inflight, message, deadline)
        except Exception as error:  # noqa: BLE001 - the top of the thread: it must run on, and the failure must be reported
            failure = error
        except BaseException as error:  # noqa: BLE001 - as above: sys.exit in a component ends a message, not us
            failure = Defect(f"The component tried to end the process: {error!r}", of=error)
        finally:
            self._watchdog.end(inflight)
        try:
            unsent = None if inflight.emitter is None else inflight.emitter.finish()
            return unsent if failure is None else failure
        finally:
            del failure  # as in _outcome

    def _process(self, inflight: InFlight, message: Message, deadline: float | None) -> None:
        """Have the component work on the message. Its time runs while its bodies are fetched, too."""
        incoming = inflight.incoming
        resolved = self._output.bodies.incoming(message, incoming.message_id)
        emitter = inflight.emitter = Emitter(
            self._output,
            incoming,
            resolved,
            inflight.shared,
            inflight.next_header,
            is_heavy=is_heavy(inflight.delivery),
        )
        # In this order: whoever settles it looks for the emitter afterwards.
        if inflight.is_settled or (deadline is not None and time.monotonic() >= deadline):
            raise self._deadline_error()

        def report(told: CallReport | Measure) -> None:
            if isinstance(told, CallReport):
                inflight.calls.append(told)
            self._observer.call(told)
            if inflight.trace is not None:
                inflight.trace.call(told)

        logger = component_logger(incoming.ids())
        known, run = incoming.known_as, incoming.thread_id
        invocation = Invocation(
            emitter,
            logger,
            deadline,
            known,
            redelivered=inflight.delivery.redelivered,
            journal=inflight.journal,
            report=report,
            run_id=run,
            step=self._step_name,
            is_heavy=is_heavy(inflight.delivery),
            emit_last=emitter.keep_last if self._may_leave(inflight) else None,
            stopping=self._output.stopping.requested,
        )
        self._step.process(resolved, invocation)

    def _on_overdue(self, inflight: InFlight) -> bool:
        """Settle a message that its component does not let go of; not while something it emitted is on its way."""
        if inflight.emitter is not None and not inflight.emitter.interrupt():
            return False
        inflight.late_outcome = SimpleQueue()
        if inflight.settle() and not _start(self._abandon, f"pysailor-overdue-{inflight.delivery.number}", inflight):
            self._abandon(inflight)  # the message is settled and cannot be left at that
        return True

    def _abandon(self, inflight: InFlight) -> None:
        if inflight.emitter is not None:
            inflight.emitter.interrupt(wait=True)
        outcome = self._end(inflight, self._deadline_error())
        if inflight.late_outcome is not None:
            inflight.late_outcome.put(outcome)

    def _may_leave(self, inflight: InFlight) -> bool:
        """Return whether ending this delivery waits for nothing: a journal is settled later, a trace is not."""
        return inflight.trace is None and has_room()

    def _deadline_error(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"The step did not finish the message within {self._seconds:g} seconds (PYSAILOR_MESSAGE_DEADLINE). "
            "Give it more time, or less to do."
        )


def _start(act: Callable[..., object], name: str, *args: object) -> bool:
    """Have a thread of its own do this; return whether one was to be had."""
    try:
        threading.Thread(target=act, args=args, name=name, daemon=True).start()
    except RuntimeError:
        return False
    return True


def id_of(delivery: Delivery) -> Hashable:
    """Return the id by which a delivery is known when it is brought again."""
    value = delivery.headers.get("messageId")
    return str(value) if value else None
