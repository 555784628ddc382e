"""How fast one credential may be used, and whether at all: what its workers share. Pure: the moment is given.

Moments are seconds since the epoch, by the clock of the store that the workers share.
"""

from __future__ import annotations

import json
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_PROBE, LONGEST_PROBE = 30.0, 600.0
"""Seconds after a refusal for want of quota until a message is tried again; doubled each time that it is refused."""
PROBE_TIME = 120.0
"""Seconds after which a probe that told nothing is given up, and another message may be one."""
_MINUTE = 60.0
_BURST = 0.1
"""The part of a minute's limit that may go at once; the rest is spread, so that no minute sees more than the limit."""
_TINY = 1e-6
LONGEST_HOLD = 120.0
_LONGEST_DEBT = 3600.0
"""Seconds. A moment further ahead was written by a clock that was wrong, or has gone back since."""


@frozen
class MinuteRate:
    """At most so many in any minute."""

    per_minute: float

    @property
    def burst(self) -> float:
        """Return how many may go at once, after a rest."""
        return max(1.0, _BURST * self.per_minute)

    @property
    def interval(self) -> float:
        """Return the seconds that one takes."""
        return _MINUTE / max(_TINY, self.per_minute - _BURST * self.per_minute)


@frozen
class Breaker:
    """An account without money: nothing is sent until a probe passes. `refused` counts refusals in a row."""

    probe_at: float
    refused: int = 1
    reason: str = ""
    is_probing: bool = False

    @property
    def interval(self) -> float:
        """Return the seconds from a refusal to the next probe."""
        return min(LONGEST_PROBE, FIRST_PROBE * 2.0 ** min(self.refused - 1, 10))


@frozen
class Pace:
    """The state of one credential. `paid_up` says for each kind of rate until when what was taken is paid for."""

    held_until: float = 0.0
    breaker: Breaker | None = None
    paid_up: Mapping[str, float] = field(default_factory=dict)

    def hold(self, until: float) -> Pace:
        """Return the state in which nobody sends before a moment."""
        is_wrong = self.held_until - until > LONGEST_HOLD + 1
        return replace(self, held_until=until if is_wrong else max(self.held_until, until))

    def seconds_held(self, now: float) -> float:
        """Return for how long nobody sends: 0 for what is longer than any hold, since a clock has gone back."""
        left = self.held_until - now
        return left if 0 < left <= LONGEST_HOLD + 1 else 0.0

    def take(self, kind: str, rate: MinuteRate, count: float, now: float) -> tuple[Pace, float]:
        """Return the state after `count` were taken, and 0; or this state and the seconds until that is possible.

        What is more than goes at once is taken from a full measure, and those after it wait the longer.
        """
        paid_up = self.paid_up.get(kind, 0.0)
        since = paid_up if now < paid_up <= now + _LONGEST_DEBT else now
        wait = since + min(count, rate.burst) * rate.interval - now - rate.burst * rate.interval
        if wait > _TINY:
            return self, wait
        return replace(self, paid_up={**self.paid_up, kind: since + count * rate.interval}), 0.0

    def trip(self, now: float, reason: str) -> Pace:
        """Return the state after a refusal for want of quota."""
        before = self.breaker
        refused = 1 if before is None else before.refused + before.is_probing  # others may have been under way
        breaker = Breaker(0.0, refused, reason)
        return replace(self, breaker=replace(breaker, probe_at=now + breaker.interval))

    def probe(self, now: float) -> tuple[Pace, bool]:
        """Return the state, and whether the one who asks is to be the probe: one alone, when its time has come."""
        if self.breaker is None or 0 < self.breaker.probe_at - now <= LONGEST_PROBE:
            return self, False
        return replace(self, breaker=replace(self.breaker, probe_at=now + PROBE_TIME, is_probing=True)), True

    def close(self) -> Pace:
        """Return the state after an answer: there is money."""
        return self if self.breaker is None else replace(self, breaker=None)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        breaker = self.breaker and [
            self.breaker.probe_at,
            self.breaker.refused,
            self.breaker.reason,
            self.breaker.is_probing,
        ]
        return json.dumps({"held": self.held_until, "breaker": breaker, "paid_up": dict(self.paid_up)}).encode()

    @classmethod
    def from_bytes(cls, content: bytes | None) -> Pace:
        """Return what to_bytes() wrote; what cannot be read counts as nothing: the service itself still says no."""
        try:
            document: Any = json.loads(content or b"")
            told = document["breaker"]
            breaker = (
                None if told is None else Breaker(float(told[0]), max(1, int(told[1])), str(told[2]), bool(told[3]))
            )
            paid_up = {str(kind): float(until) for kind, until in document["paid_up"].items()}
            return cls(float(document["held"]), breaker, paid_up)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError):
            return cls()
