"""What is logged of an outage: each thing once by two connections, and what goes on and on more and more seldom."""

from __future__ import annotations

import logging
import time

LOG = logging.getLogger(__name__)


def level_of(number: int) -> int:
    """Return the level at which to log what happens for the so manieth time on end: the 1st, 2nd, 4th, 8th is told."""
    return logging.DEBUG if number & (number - 1) else logging.WARNING


class OutageLog:
    """The warnings of two connections that lose the same broker: what one has just said, the other does not repeat."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._said: dict[str, tuple[str, float]] = {}

    def warn(self, name: str, what: str, reason: str, then: str) -> None:
        """Log what happened, unless another connection logged the same within the last seconds."""
        by, at = self._said.get(what, (name, 0.0))
        now = time.monotonic()
        repeats = by != name and now - at < self._seconds
        LOG.log(logging.DEBUG if repeats else logging.WARNING, "%s: %s (%s), %s", name, what, reason, then)
        if not repeats:
            self._said[what] = (name, now)
