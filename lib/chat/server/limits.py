"""How many are here, how often they speak, whose turn it is. Used in one event loop; the clock is given."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

_MOST_PACES = 10_000
_NETWORK = 64  # bits of an IPv6 address that one visitor gets from a provider; the others are for the visitor to choose


def address_of(host: str) -> str:
    """Give what counts as one address: an IPv4 address, or the network that one visitor has in IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _NETWORK), strict=False))
    return str(address)


class Places:
    """So many places, of which one name may take so many."""

    def __init__(self, most: int, most_of_one: int) -> None:
        """Be empty."""
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[Hashable] = Counter()

    def seat(self, name: Hashable) -> Seat | None:
        """Take a place; None if there is none left."""
        if self._taken.total() >= self._most or self._taken[name] >= self._most_of_one:
            return None
        self._taken[name] += 1
        return Seat(self, name)

    def free(self, name: Hashable) -> None:
        """Give a place back."""
        self._taken[name] -= 1
        if not self._taken[name]:
            del self._taken[name]


class Seat:
    """A place that is taken until it is left."""

    def __init__(self, places: Places, name: Hashable) -> None:
        """Hold it; made by `Places.seat`."""
        self._places: Places | None = places
        self._name = name

    def move(self, places: Places) -> bool:
        """Take a place elsewhere and leave this one; tell whether there was one."""
        if places.seat(self._name) is None:
            return False
        self.leave()
        self._places = places
        return True

    def leave(self) -> None:
        """Give it back; a second time does nothing."""
        if self._places is not None:
            self._places.free(self._name)
        self._places = None


class Pace:
    """So many messages a minute, a burst of as many at once."""

    def __init__(self, a_minute: float, now: float) -> None:
        """Be full."""
        self._most = self._left = float(a_minute)
        self._then = now

    def take(self, now: float) -> bool:
        """Take one; tell whether there was one left."""
        self._left = min(self._most, self._left + (now - self._then) * self._most / 60)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Paces:
    """The pace of each address; the one that was silent for longest is forgotten when there are too many."""

    def __init__(self, a_minute: float, most: int = _MOST_PACES) -> None:
        """Know nobody."""
        self._a_minute, self._most = a_minute, most
        self._paces: OrderedDict[str, Pace] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Take one message of the address; tell whether there was one left."""
        pace = self._paces.setdefault(address, Pace(self._a_minute, now))
        self._paces.move_to_end(address)
        if len(self._paces) > self._most:
            self._paces.popitem(last=False)
        return pace.take(now)


class Turns:
    """One turn of a conversation at a time in this process. Who waits here holds no thread."""

    def __init__(self) -> None:
        """Be free."""
        self._queues: dict[Hashable, deque[asyncio.Future[bool]]] = {}

    def ask(self, conversation: Hashable) -> asyncio.Future[bool]:
        """Give what becomes true when it is one's turn. Who does not want it any more may make it false."""
        queue = self._queues.setdefault(conversation, deque())
        place = asyncio.get_running_loop().create_future()
        queue.append(place)
        self._next(queue)
        return place

    def leave(self, conversation: Hashable, place: asyncio.Future[bool]) -> None:
        """Give the turn, or the place in the queue, to the next; a second time does nothing."""
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
