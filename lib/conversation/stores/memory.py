"""Conversations in this process: gone when it ends, and the oldest before that when there are too many.

For tests, and for people who try things out.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import TurnLost
from ..lease import Lease, leave
from ..store import LEASE_SECONDS, Draft, Store, turn_lost_text
from ..turn import Place, Summary, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CONVERSATIONS = 10_000
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    key: str
    at: float
    document: str

    def turn(self) -> Turn:
        return Turn.read(self.number, self.key, self.at, self.document)


@dataclass(slots=True)
class _Kept:
    lease: Lease
    expires: float | None
    rows: list[_Row] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(sys.getsizeof(row.document) for row in self.rows)


class MemoryStore(Store):
    """Conversations in a dict, the one silent for longest first. It is forgotten when there is too much of them."""

    def __init__(
        self,
        lease_seconds: float = LEASE_SECONDS,
        *,
        most_conversations: int = MOST_CONVERSATIONS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        super().__init__(lease_seconds)
        self._most_conversations, self._most_bytes = most_conversations, most_bytes
        self._lock = threading.RLock()
        self._kept: dict[Place, _Kept] = {}
        self._size = 0

    def _turns(self, place: Place, newest: int | None) -> Sequence[Turn]:
        with self._lock:
            rows = self._rows(place)
            return [row.turn() for row in (rows if newest is None else rows[max(0, len(rows) - newest) :])]

    def _find(self, place: Place, key: str) -> Turn | None:
        with self._lock:
            return next((row.turn() for row in self._rows(place) if row.key == key), None)

    def _list(self, owner: str, limit: int) -> Sequence[Summary]:
        with self._lock:
            summaries = [self._summary(place) for place in self._kept if place.owner == owner]
        found = [summary for summary in summaries if summary is not None]
        return sorted(found, key=lambda summary: summary.changed, reverse=True)[:limit]

    def _delete(self, place: Place) -> bool:
        with self._lock:
            kept = self._current(place)
            self._drop(place)
            return kept is not None and bool(kept.rows)

    def purge(self) -> int:
        """Remove what has expired."""
        with self._lock:
            gone = [place for place in self._kept if self._current(place) is None]
            for place in gone:
                self._drop(place)
            return len(gone)

    def _look(self, place: Place) -> tuple[Lease | None, float]:
        with self._lock:
            kept = self._current(place)
            return (kept.lease if kept else None), time.time()

    def _swap(self, place: Place, old: Lease | None, new: Lease) -> bool:
        with self._lock:
            kept = self._current(place)
            if (kept.lease if kept else None) != old:
                return False
            if kept is None:
                self._drop(place)
                self._kept[place] = _Kept(new, new.until)
            else:
                kept.lease = new
                kept.expires = None if kept.expires is None else max(kept.expires, new.until)
            return True

    def _free(self, place: Place, token: str) -> None:
        with self._lock:
            kept = self._current(place)
            if kept is None or kept.lease.holder != token:
                return
            kept.lease = leave(kept.lease, token)
            if not kept.rows and not kept.lease.queue:
                self._drop(place)

    def _append(self, place: Place, token: str, draft: Draft, ttl_seconds: float | None) -> Turn:
        with self._lock:
            stored = self._find(place, draft.key)
            if stored is not None:
                self._free(place, token)
                return stored
            kept = self._current(place)
            if kept is None or kept.lease.holder != token:
                raise TurnLost(turn_lost_text(place))
            row = _Row(len(kept.rows) + 1, draft.key, time.time(), draft.document)
            kept.rows.append(row)
            self._size += sys.getsizeof(row.document)
            self._kept[place] = self._kept.pop(place)
            kept.lease = leave(kept.lease, token)
            kept.expires = None if ttl_seconds is None else row.at + ttl_seconds
            self._make_room()
            return row.turn()

    def _make_room(self) -> None:
        """Forget the conversations silent for longest, but for those whose turn is being made, until all fits."""
        while len(self._kept) > self._most_conversations or self._size > self._most_bytes:
            oldest = next((place for place, kept in self._kept.items() if kept.rows and not kept.lease.holder), None)
            if oldest is None:
                return
            self._drop(oldest)

    def _drop(self, place: Place) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            self._size -= kept.size

    def _current(self, place: Place) -> _Kept | None:
        kept = self._kept.get(place)
        return None if kept is None or (kept.expires is not None and kept.expires <= time.time()) else kept

    def _rows(self, place: Place) -> list[_Row]:
        kept = self._current(place)
        return kept.rows if kept else []

    def _summary(self, place: Place) -> Summary | None:
        with self._lock:
            kept = self._current(place)
            if kept is None or not kept.rows:
                return None
            return Summary(place.id, len(kept.rows), kept.rows[0].at, kept.rows[-1].at, kept.expires)
