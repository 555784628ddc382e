"""Whose turn it is: a lock that runs out by itself, with a queue. Pure; the stores keep it and compare before they set.

A killed worker needs nobody to clean up after it: its lease runs out, its place in the queue too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import Self

QUEUE_SECONDS = 5.0
"""Seconds after which one who waits and was not seen loses its place in the queue."""
_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who makes a turn, until when (seconds since 1970), and who waits: token and when last seen, first come first.

    `stamp` is new with each change, so that a store can tell whether what it read is still what it has.
    """

    holder: str = ""
    until: float = 0.0
    queue: tuple[tuple[str, float], ...] = ()
    stamp: str = ""

    @classmethod
    def read(cls, holder: str, until: float, queue: str, stamp: str) -> Self:
        """Read a lease as a store keeps it."""
        return cls(holder, until, tuple((token, seen) for token, seen in json.loads(queue)), stamp)

    @property
    def queue_text(self) -> str:
        """Return the queue as a store keeps it; "[]" when nobody waits."""
        return json.dumps(self.queue, separators=(",", ":"))

    def place_of(self, token: str) -> int:
        """Return how many stand before this token in the queue."""
        return next((at for at, (waiting, _) in enumerate(self.queue) if waiting == token), len(self.queue))


def acquire(lease: Lease, token: str, now: float, seconds: float, *, queue: bool) -> Lease:
    """Return the lease after `token` tried to take it: granted if free, with nobody before, else queued if wanted."""
    waiting = tuple((who, seen) for who, seen in lease.queue if seen > now - QUEUE_SECONDS)
    free = lease.holder in ("", token) or lease.until <= now
    first = not waiting or waiting[0][0] == token
    if lease.holder == token or (free and first):
        others = tuple(entry for entry in waiting if entry[0] != token)
        return Lease(token, now + seconds, others, new_name())
    if not queue:
        return lease
    seen = dict(waiting).get(token)
    if seen is not None and now - seen < _POLL_SECONDS:
        return lease  # one who polls often need not write often
    return replace(lease, queue=tuple({**dict(waiting), token: now}.items()), stamp=new_name())


def renew(lease: Lease, now: float, seconds: float) -> Lease:
    """Return the holder more time."""
    return replace(lease, until=now + seconds, stamp=new_name())


def leave(lease: Lease, token: str) -> Lease:
    """Return the lease after `token` went away, from the queue or from the turn."""
    waiting = tuple(entry for entry in lease.queue if entry[0] != token)
    if lease.holder == token:
        return Lease("", 0.0, waiting, new_name())
    return lease if waiting == lease.queue else replace(lease, queue=waiting, stamp=new_name())


def new_name() -> str:
    """Return a word that nobody had before, for a stamp or a token."""
    return os.urandom(16).hex()
