"""Connection limits, rates and the order of turns. Used in one event loop; the clock is given."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

_MOST_BUCKETS = 10_000
_NETWORK = 64  # bits of an IPv6 address that one visitor gets from a provider; the others are for the visitor to choose


def address_of(host: str) -> str:
    """Return what counts as one address: an IPv4 address, or the network that one visitor has in IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _NETWORK), strict=False))
    return str(address)


class ConnectionLimit:
    """At most so many connections, and so many of one name."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[Hashable] = Counter()

    def acquire(self, name: Hashable) -> Slot | None:
        """Return a slot; None if all are taken."""
        if self._taken.total() >= self._most or self._taken[name] >= self._most_of_one:
            return None
        self._taken[name] += 1
        return Slot(self, name)

    def free(self, name: Hashable) -> None:
        """Free one slot of this name."""
        self._taken[name] -= 1
        if not self._taken[name]:
            del self._taken[name]


class Slot:
    """A connection that counts until it is released."""

    def __init__(self, limit: ConnectionLimit, name: Hashable) -> None:
        """Hold it; `ConnectionLimit.acquire` makes it."""
        self._limit: ConnectionLimit | None = limit
        self._name = name

    def move(self, limit: ConnectionLimit) -> bool:
        """Count against another limit from now on; return whether it had room."""
        if limit.acquire(self._name) is None:
            return False
        self.release()
        self._limit = limit
        return True

    def release(self) -> None:
        """Release it; a second time does nothing."""
        if self._limit is not None:
            self._limit.free(self._name)
        self._limit = None


class TokenBucket:
    """So many tokens a minute, and a burst of as many at once."""

    def __init__(self, a_minute: float, now: float) -> None:
        self._most = self._left = float(a_minute)
        self._then = now

    def take(self, now: float) -> bool:
        """Take a token; return whether there was one left."""
        self._left = min(self._most, self._left + (now - self._then) * self._most / 60)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RateLimiter:
    """A token bucket for each address; the one that was silent for longest is forgotten when there are too many."""

    def __init__(self, a_minute: float, most: int = _MOST_BUCKETS) -> None:
        self._a_minute, self._most = a_minute, most
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Take a token of the address; return whether there was one left."""
        bucket = self._buckets.setdefault(address, TokenBucket(self._a_minute, now))
        self._buckets.move_to_end(address)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket.take(now)


class TurnQueue:
    """One turn of a conversation at a time in this process. Who waits here holds no thread."""

    def __init__(self) -> None:
        self._queues: dict[Hashable, deque[asyncio.Future[bool]]] = {}

    def ask(self, conversation: Hashable) -> asyncio.Future[bool]:
        """Return a future that becomes true when it is one's turn. Who does not want it any more may make it false."""
        queue = self._queues.setdefault(conversation, deque())
        place = asyncio.get_running_loop().create_future()
        queue.append(place)
        self._next(queue)
        return place

    def leave(self, conversation: Hashable, place: asyncio.Future[bool]) -> None:
        """Return the turn, or the place in the queue, to the next; a second time does nothing."""
        queue = self._queues.get(conversation, deque())
        if place not in queue:
            return
        queue.remove(place)
        self._next(queue)
        if not queue:
            del self._queues[conversation]

    def _next(self, queue: deque[asyncio.Future[bool]]) -> None:
        if queue and not queue[0].done():
            queue[0].set_result(True)
