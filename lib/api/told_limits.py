"""What the headers of an answer tell of the service's own limits. Pure: the moment is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors.requested_wait import from_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("requests", "tokens")
_LOW = 0.2
_MINUTE = 60.0
_TOLERANCE = 0.25
_SLACK = 1.0  # seconds: resets are told in whole ones by some


class ToldLimit(NamedTuple):
    """One limit: so many in all, so many left, and the seconds until all are there again."""

    kind: str
    limit: float
    left: float
    reset: float

    @property
    def is_low(self) -> bool:
        """Whether a fifth or less is left: before that nobody need be slowed down."""
        return self.left <= _LOW * self.limit

    @property
    def refills(self) -> bool:
        """Whether it comes back little by little, by the minute's rate, and not all at once at the reset.

        Where what was used would come back in just the time that is told for all of it, it does.
        """
        expected = (self.limit - self.left) / self.limit * _MINUTE
        return abs(self.reset - expected) <= _TOLERANCE * expected + _SLACK


def read_limits(headers: Mapping[str, str], now: float) -> Iterator[ToldLimit]:
    """Yield the limits of which all three figures are told."""
    for kind in KINDS:
        left, limit = _number(headers, f"remaining-{kind}"), _number(headers, f"limit-{kind}")
        reset = headers.get(f"x-ratelimit-reset-{kind}")
        if left is None or not limit or reset is None:
            continue
        seconds = from_limits({f"x-ratelimit-remaining-{kind}": "0", f"x-ratelimit-reset-{kind}": reset}, now)
        if seconds is not None:
            yield ToldLimit(kind, limit, left, seconds)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    value = (headers.get(f"x-ratelimit-{name}") or "").strip()
    return float(value) if value.isascii() and value.isdigit() else None
