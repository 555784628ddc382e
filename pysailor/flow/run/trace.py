"""A run as one trace: a span for the run, and below it one for each message at each step, from step to step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from pysailor.monitoring.observer import MessageReport
from pysailor.telemetry import open_telemetry
from pysailor.version import installed_version

if TYPE_CHECKING:
    from pysailor.errors import SailorError
    from pysailor.log import Redaction
    from pysailor.telemetry.telemetry import MessageTrace, Telemetry

_FLOW, _RUN, _STEP = "pysailor.flow", "pysailor.run", "pysailor.step"


class RunTrace:
    """A context manager around a run; it tells nobody where no variable names a collector (docs/operations.md).

    `outcome` is set before its end.
    """

    def __init__(self, flow: str, run_id: str, redaction: Redaction) -> None:
        """Look for a collector in the environment."""
        identity = {"function": flow, "flow": flow}
        self._telemetry: Telemetry | None = open_telemetry(
            os.environ, identity, "", installed_version(), redaction.mask
        )
        self._told = {_FLOW: flow, _RUN: run_id}
        self._whole: MessageTrace | None = None
        self.outcome = "aborted"

    def __enter__(self) -> Self:
        """Begin the span of the run."""
        if self._telemetry is not None:
            self._whole = self._telemetry.begin_within(None, f"flow {self._told[_FLOW]}", self._told)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and send what is left, within some seconds."""
        if self._telemetry is None or self._whole is None:
            return
        self._whole.end_span(self.outcome, "flow_failed" if self.outcome in ("failed", "aborted") else "")
        self._telemetry.__exit__(None, None, None)

    def begin(self, step: str, message: str, before: MessageTrace | None) -> MessageTrace | None:
        """Begin the span of a message at a step, below that of the step it came from; None without a collector."""
        if self._telemetry is None:
            return None
        told = {_FLOW: self._told[_FLOW], _STEP: step}
        return self._telemetry.begin_within(before or self._whole, f"process {step}", told, message)


def end(trace: MessageTrace | None, error: SailorError | None, seconds: float) -> None:
    """End the span of a message at a step."""
    if trace is not None:
        trace.end(MessageReport("done" if error is None else "failed", seconds, "" if error is None else error.code))
