"""What becomes of a delivery when its step has ended: told to whom it concerns, and to the transport."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from ..errors import Rebound, SailorError, StepError, Stopped
from ..monitoring.observer import MessageReport, Observer
from ..transport.base import DeliveryOutcome
from ..wire.headers import EVENT_ID
from .emitter import Output, now_ms
from .failure import FailureReporter, code_of
from .input_name import input_name
from .summary import log_outcome

if TYPE_CHECKING:
    from ..wire.envelope import Delivery
    from .in_flight import InFlight

LOG = logging.getLogger(__name__)

_LONGEST_REST: Final = 60.0
"""Seconds after which a message that failed for a while is brought again at the latest."""
_FINAL: Final = ("done", "failed", "rejected")
_OUTCOMES: Final = {
    "done": DeliveryOutcome.DONE,
    "rebound": DeliveryOutcome.DONE,
    "failed": DeliveryOutcome.FAILED,
    "rejected": DeliveryOutcome.FAILED,
    "returned": DeliveryOutcome.RETURNED,
}


class Conclusion:
    """Concludes deliveries: puts them off, reports why they failed, logs and counts what became of them."""

    def __init__(self, output: Output, observer: Observer) -> None:
        self._output = output
        self._codec = output.codec
        self._observer = observer
        self._failures = FailureReporter(output)

    def conclude(self, inflight: InFlight, error: BaseException | None) -> DeliveryOutcome:
        """Return what became of it, after the broker has got what tells why; raise nothing.

        Without an error it waits for nothing.
        """
        if error is None:
            return self.note(inflight, "done")
        try:
            outcome = self._rebound(inflight, error) if isinstance(error, Rebound) else self._fail(inflight, error)
        except Stopped as stopped:
            return self.note(inflight, "returned", stopped)
        except Exception:
            # Whatever it is, it would be so the next time: bringing the message again would go on for ever.
            LOG.exception("rejected: its failure cannot be reported", extra=inflight.incoming.ids())
            return self.note(inflight, "rejected", error)
        return self.note(inflight, "rebound" if outcome is DeliveryOutcome.DONE else "failed", error)

    def note(self, inflight: InFlight, outcome: str, error: BaseException | None = None) -> DeliveryOutcome:
        """Return what the transport must know of a message, after the log and the observer have got it."""
        if outcome in _FINAL:
            inflight.journal.settle()
        elif outcome == "returned":
            inflight.journal.secure()
        report = MessageReport(
            outcome,
            time.perf_counter() - inflight.began,
            "" if error is None else code_of(error),
            inflight.delivery.redelivered,
            inflight.journal.replayed,
            inflight.journal.unknown,
            inflight.journal.writes,
            inflight.journal.failures,
        )
        self._observer.end(inflight.delivery.number, report)
        if inflight.trace is not None:
            inflight.trace.end(report)
        log_outcome(report, inflight.calls, inflight.incoming.ids())
        return _OUTCOMES[outcome]

    def _rebound(self, inflight: InFlight, reason: Rebound) -> DeliveryOutcome:
        """Have the message brought again later; if that cannot be, it fails."""
        delivery = inflight.delivery
        try:
            publish = self._codec.rebound(
                str(reason),
                delivery.content,
                _with_name(delivery),
                delivery.properties,
                now_ms=now_ms(),
                longest=reason.longest,
            )
            self._output.publish(publish)
        except Stopped:
            raise
        except SailorError as error:
            return self._fail(inflight, error)
        return DeliveryOutcome.DONE

    def _fail(self, inflight: InFlight, error: BaseException) -> DeliveryOutcome:
        self._failures.report(inflight, error)
        return DeliveryOutcome.FAILED

    def put_off(self, inflight: InFlight, error: BaseException | None) -> BaseException | None:
        """Return a Rebound in place of an error that may pass, if the operator wants that and nothing was emitted."""
        has_given = inflight.emitter is not None and inflight.emitter.has_given
        if has_given or not (isinstance(error, StepError) and error.retryable):
            return error
        if not self._codec.backoff.may_retry(inflight.delivery.headers):
            return error
        again = Rebound(str(error), longest=_LONGEST_REST, code=error.code)
        again.__cause__ = error
        return again


def _with_name(delivery: Delivery) -> dict[str, Any]:
    """Return the headers of a copy that is put off, with the name that the input is known by."""
    name = input_name(delivery)
    return {**delivery.headers, EVENT_ID: name} if name else dict(delivery.headers)
