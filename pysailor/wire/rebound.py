"""The same message again, later (platform contract, 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import StepError

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_MS: Final = 315_360_000_000
"""Ten years: RabbitMQ closes the channel on an expiration beyond that."""
_MOST_DOUBLINGS: Final = 64


class ReboundLimitExceeded(StepError):
    """The message has been put off as often as the platform allows; it fails now.

    Node's sailor reports this error too, but acknowledges the input as if it were done.
    """

    code = "rebound_limit"


@frozen
class Backoff:
    """How long a message rests before it comes back, and how often it may.

    `retries` is how often one comes back that failed with an error which may pass: not at all on the platform.
    """

    initial_ms: int = 15_000
    limit: int = 20
    retries: int = 0

    def expiration_ms(self, iteration: int, longest: float | None = None) -> int:
        """Return the rest in milliseconds; it doubles each time (15 s, 30 s, 1 min), up to `longest` seconds."""
        most = _LONGEST_MS if longest is None else min(max(self.initial_ms, round(longest * 1000)), _LONGEST_MS)
        return min(self.initial_ms << min(iteration - 1, _MOST_DOUBLINGS), most)

    def may_retry(self, headers: Mapping[str, Any]) -> bool:
        """Return whether a message that failed now may come back."""
        return _count_so_far(headers.get("reboundIteration")) < self.retries

    def next_iteration(self, headers: Mapping[str, Any]) -> int:
        """Count this rebound; raise ReboundLimitExceeded if there may be no further one."""
        iteration = _count_so_far(headers.get("reboundIteration")) + 1
        if iteration > self.limit:
            raise ReboundLimitExceeded(
                f"Rebound limit exceeded: the message has been put off {self.limit} times and still cannot be done."
            )
        return iteration


def _count_so_far(value: Any) -> int:
    """Return the count so far; what is not a number counts as none, as in Node."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if 0 < value < float("inf") else 0
