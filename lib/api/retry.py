"""When to try again, and how long to wait before. Pure: no clock, no sleeping, no dice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig

from .. import declared
from ..errors.catalog import BILLED, NO, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors.api_error import ApiError

_FIRST_WAIT = 0.5
_SHORTEST_WAIT = 0.1  # whatever the hint or chance says: what failed a moment ago fails again
_LONGEST_WAIT = 8.0
_LONGEST_CALL = 3600
_MOST_RETRIES = 10
_SHORTEST_SILENCE = 60.0
_CERTAIN = (
    *("quota", "bad_key", "context_length", "model_not_found", "content_filter", "body_too_large"),
    *("too_large_for_limit", "unsupported", "wrong_endpoint"),
)
"""The classes that no other try can change, whatever a header says."""
_SLOWER = {"overloaded": 4.0, "slow_down": 8.0}  # how many times longer these wait


@dataclass(frozen=True)
class CallLimits:
    """How long a call may take in all its tries, in seconds, and how often it may be tried again.

    `after_timeout` allows another try when an answer was lost that may have been billed.
    """

    timeout: float = declared.default("timeout")
    connect_timeout: float = 10
    max_retries: int = declared.default("maxRetries")
    after_timeout: bool = False

    @property
    def silence(self) -> float:
        """How long a stream may send no data before it is given up: a minute, or half of a longer time limit.

        Models that think pause for minutes; who allows the call more time, allows that too. Comments are no data.
        """
        return max(_SHORTEST_SILENCE, self.timeout / 2)

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> CallLimits:
        """Read the limits from a step's settings; raise InvalidConfig for what no call could keep to."""
        limits = cls(
            timeout=cfg["timeout"],
            max_retries=cfg["maxRetries"],
            after_timeout=cfg.get("retryAfterTimeout", False),
        )
        faults = []
        if not 1 <= limits.timeout <= _LONGEST_CALL:
            faults.append(Fault("/timeout", f"found {limits.timeout:g}, allowed: 1 to {_LONGEST_CALL} seconds"))
        if limits.max_retries not in range(_MOST_RETRIES + 1):
            allowed = f"allowed: a whole number from 0 to {_MOST_RETRIES}"
            faults.append(Fault("/maxRetries", f"found {limits.max_retries:g}, {allowed}"))
        if faults:
            raise InvalidConfig(faults=faults)
        return limits


def wait(error: ApiError, retries: int, limits: CallLimits, chance: float) -> float | None:
    """Return the seconds to wait before the next try, or None if there must be none.

    `retries` counts those already made. The wait is random (`chance`, 0..1: many workers must not come back at once)
    within a span that doubles each time; the service's own hint comes before it.
    """
    again = _retry_rule(error)
    if retries >= limits.max_retries or again == NO or error.begun:
        return None
    if again == BILLED and not limits.after_timeout:
        return None
    span: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(retries, 10))
    if error.retry_after is not None:
        return max(error.retry_after, _SHORTEST_WAIT) + chance * span
    return _SHORTEST_WAIT + chance * (span * _SLOWER.get(error.code, 1.0) - _SHORTEST_WAIT)


def _retry_rule(error: ApiError) -> str:
    """Return whether another try can help; the server knows better, except where no try can change it."""
    if error.should_retry is None or error.code in _CERTAIN:
        return error.kind.again
    return YES if error.should_retry else NO
