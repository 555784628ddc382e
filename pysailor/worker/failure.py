"""Why a message failed, told to the platform and to whoever waits for a reply."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import Defect, SailorError, Stopped
from ..transport.base import NotPublished, TooLarge, TransportError
from ..wire.cipher import RAW
from .emitter import new_id, now_ms

if TYPE_CHECKING:
    from ..wire.envelope import Publish
    from .emitter import Output
    from .in_flight import InFlight

LOG = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0


class FailureReporter:
    """Writes and publishes the error messages of one worker."""

    def __init__(self, output: Output) -> None:
        self._output, self._codec = output, output.codec

    def report(self, inflight: InFlight, error: BaseException) -> None:
        """Report to the platform, and to whoever waits for a reply, why the message failed."""
        if isinstance(error, Stopped):
            raise error
        LOG.error("failed: %s", describe_error(error), extra=inflight.incoming.ids())
        report, *reply = self._write(error, inflight)
        try:
            self._publish(report, inflight)
        except TooLarge as too_large:
            LOG.warning("the error message is sent without its input: %s", too_large, extra=inflight.incoming.ids())
            report, *reply = self._write(error, inflight.without_content())
            self._publish(report, inflight)
        for copy in reply:
            try:
                self._output.publish(copy)
            except Stopped:
                raise
            except NotPublished as unsent:
                LOG.warning(
                    "the error cannot be sent to whoever waits for a reply: %s", unsent, extra=inflight.incoming.ids()
                )

    def _write(self, error: BaseException, inflight: InFlight) -> tuple[Publish, ...]:
        original = self._input(inflight)
        shared = {**inflight.shared, **inflight.next_header()}
        try:
            return self._codec.error(error, shared, now_ms=now_ms(), new_id=new_id(), original=original)
        except Exception as undescribable:
            # An error of the component's own making may fail to describe itself.
            LOG.exception("the error cannot be written", extra=inflight.incoming.ids())
            instead = Defect(
                f"The component failed with {type(error).__name__}, which cannot be described: {undescribable!r}"
            )
            return self._codec.error(instead, shared, now_ms=now_ms(), new_id=new_id(), original=original)

    def _publish(self, report: Publish, inflight: InFlight) -> None:
        """Publish an error message, however long it takes: a message whose failure is not reported would be lost.

        Giving the input back instead would run the step again and again, and each run may cost money.
        """
        pause = 1.0
        while True:
            try:
                self._output.publish(report)
            except (Stopped, TooLarge):
                raise
            except NotPublished as error:
                LOG.error(  # noqa: TRY400 - the text says all
                    "the error message is not taken: %s Its input waits; next try in %d s",
                    *(error, pause),
                    extra=inflight.incoming.ids(),
                )
            else:
                return
            if self._output.stopping.wait(pause):
                raise Stopped("The worker stops; the error message was not published.")
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _input(self, inflight: InFlight) -> tuple[bytes, int]:
        """Return the input for its error message; that of an error handler comes in plain and is encrypted first."""
        content = inflight.delivery.content
        if self._codec.error_input and content:
            return self._codec.cipher.encrypt(content), RAW
        return content, inflight.incoming.protocol


def code_of(error: BaseException) -> str:
    """Return the word by which programs tell errors apart."""
    return str(getattr(error, "code", "")) if isinstance(error, SailorError) else type(error).__name__


def describe_error(error: BaseException) -> str:
    """Return what the log may know of a failure: what kind, and where; its text may quote the message."""
    if isinstance(error, TransportError):
        return f"{type(error).__name__}: {error}"
    if not isinstance(error, SailorError):
        return type(error).__name__
    pointers = [fault.pointer for fault in getattr(error, "faults", ()) if fault.pointer]
    return f"{type(error).__name__} ({error.code})" + (f" at {', '.join(pointers)}" if pointers else "")
