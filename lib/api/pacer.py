"""Keeps the calls of one credential to its pace, over threads and over the workers that share a store.

A call that may go at once costs a few comparisons: the store is asked once a second at most, and permits of a rate are
taken from it in batches that last a second.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from pysailor import Measure, StoreUnavailable

from ..errors.requested_wait import from_limits
from .pace import LONGEST_HOLD, MinuteRate, Pace
from .told_limits import KINDS, read_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pysailor import Context, Store

    from .connection import Connection

LOG = logging.getLogger(__name__)

_SPREAD = 0.5  # seconds over which held calls come back
_LOOK_EVERY = 1.0
_KEEP = 3600.0
_AWAY = 15.0
_BATCHES = 10
"""A batch is this part of what may go at once."""
_BYTES_A_TOKEN = 4
_TOLD_SECONDS = 10.0
"""For so long what an answer told of a limit holds, unless the next one tells it again."""


class Paused(Exception):
    """Nothing is sent just now; the text says why, and until when. `code` is that of the error it stands for."""

    def __init__(self, text: str, code: str) -> None:
        self.code = code
        super().__init__(text)


class _Permits:
    """What this process has taken of one rate, and not used; it lasts a second."""

    __slots__ = ("kind", "left", "owed", "rate", "until")

    def __init__(self, kind: str, per_minute: float) -> None:
        self.kind, self.rate = kind, MinuteRate(per_minute)
        self.left = self.owed = self.until = 0.0

    def holds(self, count: float) -> bool:
        """Return whether so many are left."""
        return self.left >= count and time.monotonic() < self.until

    def batch(self, count: float) -> float:
        """Return how many to take at once where so many are needed."""
        return max(1.0, count + self.owed, self.rate.burst // _BATCHES)


class Pacer:
    """The pace of one credential, as this process knows it. Threads share it."""

    def __init__(self, connection: Connection, store: Store | None = None) -> None:
        """Share with whoever uses the same store; with the threads of this process alone without one."""
        self._place, self._server = _place(connection), connection.server_name
        self._store = store
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._pace = Pace()
        self._offset = 0.0  # from time.monotonic to the store's clock
        self._looked = 0.0
        self._away_until = 0.0
        self._told: dict[str, tuple[_Permits, float]] = {}
        self._limits = [
            _Permits(kind, limit)
            for kind, limit in (("requests", connection.requests_per_minute), ("tokens", connection.tokens_per_minute))
            if limit
        ]

    def is_free(self) -> bool:
        """Return whether a call may go at once, and nothing is to be taken or asked for it: so it mostly is."""
        pace = self._pace
        is_known = self._store is None or time.monotonic() - self._looked < _LOOK_EVERY
        is_held = pace.held_until and pace.seconds_held(self._now()) > 0
        has_limits = self._limits or self._told_limits()
        return is_known and not has_limits and pace.breaker is None and not is_held

    def check(self, report: Callable[[Measure], None]) -> bool:
        """Return if calls may be made, True to the one that is to find out whether they may; raise Paused."""
        self._look()
        breaker = self._pace.breaker
        if breaker is None:
            return False
        won = False

        def probe(pace: Pace, now: float) -> Pace:
            nonlocal won
            pace, won = pace.probe(now)
            return pace

        if self._pace.probe(self._now())[1]:
            self._change(probe)
        breaker = self._pace.breaker
        if won or breaker is None:
            report(Measure("quota_breaker_open", 0.0 if breaker is None else 1.0, {"server": self._server}))
            return won
        left = max(0.0, breaker.probe_at - self._now())
        raise Paused(
            f"{self._server} said that the account has no quota left ({breaker.reason}); nothing is sent until a "
            f"message that is tried in {left:.0f} s passes",
            "quota",
        )

    def wait(self, size: int) -> tuple[float, bool]:
        """Return the seconds that a call of so many bytes must wait, 0 for none, and whether it must: it is our limit.

        Where it need not wait, it has taken its permits; where it must, none: of one that waits for its tokens no
        request is used up. For a told limit no call is larger than what goes at once, since pictures are no tokens.
        """
        held = self._pace.seconds_held(self._now())
        if held > 0:
            return held + random.random() * _SPREAD, False  # noqa: S311 - not all at once
        asked = [(permits, _count(permits, size), True) for permits in self._limits]
        told = self._told_limits()
        asked += [(permits, min(_count(permits, size), permits.rate.burst), False) for permits in told]
        for ask in (self._seconds_until, self._take):
            for permits, count, is_ours in asked:
                seconds = ask(permits, count)
                if seconds > 0:
                    return seconds, is_ours
        return 0.0, False

    def learn(
        self, headers: Mapping[str, str], size: int, tokens: int | None, report: Callable[[Measure], None]
    ) -> None:
        """Learn from an answer: there is quota, what it took, and whether the next call would be one too many."""
        if self._pace.breaker is not None:
            self._change(lambda pace, _: pace.close())
            report(Measure("quota_breaker_open", 0.0, {"server": self._server}))
        for permits in (*self._limits, *self._told_limits()):
            if permits.kind.endswith("tokens") and tokens is not None:
                permits.owed += tokens - max(1.0, size / _BYTES_A_TOKEN)
        if "x-ratelimit-remaining-requests" in headers or "x-ratelimit-remaining-tokens" in headers:
            self._learn_limits(headers, 1.0 if tokens is None else float(max(1, tokens)))

    def _learn_limits(self, headers: Mapping[str, str], tokens: float) -> None:
        """Slow down while little is left of a limit that refills; wait for one that is lifted as a whole."""
        exhausted = [kind for kind in KINDS if headers.get(f"x-ratelimit-remaining-{kind}") == "0"]
        for told in read_limits(headers, time.time()):
            if not (told.is_low and told.refills):
                continue
            known = self._told.get(told.kind)
            rate = MinuteRate(told.limit)
            permits = known[0] if known and known[0].rate == rate else _Permits(f"told {told.kind}", told.limit)
            self._told[told.kind] = permits, time.monotonic() + min(told.reset, _TOLD_SECONDS)
            if told.kind in exhausted:
                exhausted.remove(told.kind)
                self.hold((1.0 if told.kind == "requests" else tokens) * 60 / told.limit)
        if exhausted:
            seconds = from_limits(headers, time.time())
            if seconds:
                self.hold(seconds)

    def _told_limits(self) -> list[_Permits]:
        """Return the rates of the service that hold just now: little was left a moment ago."""
        if not self._told:
            return []
        now = time.monotonic()
        return [permits for permits, until in list(self._told.values()) if now < until]

    def hold(self, seconds: float) -> None:
        """Have all calls of this credential wait."""
        seconds = min(seconds, LONGEST_HOLD)
        self._change(lambda pace, now: pace.hold(now + seconds))

    def trip(self, reason: str, report: Callable[[Measure], None]) -> None:
        """Have nothing sent until a probe passes: the account has no quota."""
        self._change(lambda pace, now: pace.trip(now, reason))
        report(Measure("quota_breaker_open", 1.0, {"server": self._server}))

    def _seconds_until(self, permits: _Permits, count: float) -> float:
        """Return the seconds until so many can be taken, as far as this process knows."""
        with self._lock:
            if permits.holds(count):
                return 0.0
            batch = permits.batch(count)
        return self._pace.take(permits.kind, permits.rate, batch, self._now())[1]

    def _take(self, permits: _Permits, count: float) -> float:
        with self._lock:
            if permits.holds(count):
                permits.left -= count
                return 0.0
            count, batch = max(1.0, count + permits.owed), permits.batch(count)
        wait = 0.0

        def take(pace: Pace, now: float) -> Pace:
            nonlocal wait
            pace, wait = pace.take(permits.kind, permits.rate, batch, now)
            return pace

        self._change(take)
        if wait == 0.0:
            with self._lock:
                permits.left, permits.owed, permits.until = batch - count, 0.0, time.monotonic() + 1.0
        return wait

    def _now(self) -> float:
        return time.monotonic() + self._offset

    def _look(self) -> None:
        """Take over what other workers wrote, once a second; only one thread asks, and none waits for it."""
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY or now < self._away_until or self._store is None:
            return
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._looked = now
            found = self._store.get(self._place)
            if found is not None or self._pace != Pace():
                self._offset = self._store.now() - time.monotonic()
                self._pace = Pace.from_bytes(found)
        except StoreUnavailable as error:
            self._note_away(error)
        finally:
            self._looking.release()

    def _change(self, change: Callable[[Pace, float], Pace]) -> None:
        """Change the pace for all workers; for this process alone while the store is away."""
        if self._store is not None and time.monotonic() >= self._away_until:
            try:
                self._offset = self._store.now() - time.monotonic()
                now = self._now()
                written = self._store.update(
                    self._place, lambda found: change(Pace.from_bytes(found), now).to_bytes(), _KEEP
                )
                self._pace = Pace.from_bytes(written)
            except StoreUnavailable as error:
                self._note_away(error)
            else:
                return
        with self._lock:
            self._pace = change(self._pace, self._now())

    def _note_away(self, error: StoreUnavailable) -> None:
        """Leave the store alone for a while: to find out that it is away may take seconds, and messages wait."""
        self._away_until = time.monotonic() + _AWAY
        LOG.debug("the pace of other workers is not known for %g s: %s", _AWAY, error)


def _count(permits: _Permits, size: int) -> float:
    return 1.0 if permits.kind.endswith("requests") else max(1.0, size / _BYTES_A_TOKEN)


def shared_pacer(connection: Connection, ctx: Context) -> Pacer:
    """Return the pacer of a step's credential, which goes by what all workers with the same store know."""
    return ctx.keep(Pacer, connection, ctx.store)  # type: ignore[arg-type]  # a store is hashed by its identity


def _place(connection: Connection) -> str:
    """Return the key of a credential: whoever pays the same account goes by the same pace."""
    named = "\n".join([connection.address, connection.api_key, connection.organization or "", connection.project or ""])
    return f"pace/{hashlib.sha256(named.encode(errors='surrogatepass')).hexdigest()[:40]}"
