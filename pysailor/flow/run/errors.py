"""What can keep a run from going on."""

from __future__ import annotations

from pysailor.errors import SailorError, StepError


class CannotResume(SailorError):
    """A run cannot be taken up where it ended: there is none, or its flow or input is another one now."""

    code = "cannot_resume"


class FlowStopped(SailorError):
    """The run ended early: a step that is set so failed, the input cannot be read, or the ledger not be written."""

    code = "flow_stopped"


class InvalidRow(FlowStopped):
    """A line of the input cannot be read; its place is in the message."""

    code = "invalid_row"


class TimeOver(StepError):
    """The step did not finish the message in the time that the flow file gives it (local.timeout)."""

    code = "step_timeout"
    retryable = True


class NoBoolean(StepError):
    """The condition of a way out of a router is neither true nor false for this message."""

    code = "condition_not_boolean"


class Aborted(Exception):
    """The run ends now; what was in work is neither done nor failed."""
