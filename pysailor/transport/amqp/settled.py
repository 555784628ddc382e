"""What was settled last: the broker may not know it yet when the connection goes.

An acknowledgement that is written into a socket whose other end is dead, unnoticed so far, is lost, and the broker
brings the message again. It is not run again if it is certain that it is the same: it was brought before, it has the
event name that our sailor gives each event (`x-pysailor-event-id`), the same length and the same end (the content is a
chain of encrypted blocks: the end depends on all of it), and it was settled by this process on an earlier channel. If a
copy of it came since, as when the step before was brought its own input again, it is not certain any more.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from pysailor.wire.headers import event_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from pysailor.transport.base import DeliveryOutcome
    from pysailor.wire.envelope import Delivery

MOST: Final = 10_000
LONG_ENOUGH: Final = 5.0
"""Seconds. What was settled so long before the broker sent something is known to it."""
_END: Final = 64


class SettledMemory:
    """The outcomes of the latest deliveries that have an event name, by that name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, int, tuple[int, bytes], DeliveryOutcome]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._known)

    def add(self, delivery: Delivery, outcome: DeliveryOutcome, generation: int) -> None:
        """Keep what a delivery was settled with on this generation's channel."""
        key = event_key(delivery.headers)
        if key is None:
            return
        self._known[key] = self._clock(), generation, _look_of(delivery), outcome
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def take(self, delivery: Delivery, generation: int) -> DeliveryOutcome | None:
        """Return what a delivery that comes now was settled with before; None if it is new, or not certain."""
        if not self._known:
            return None
        found = self._known.pop(event_key(delivery.headers), None)
        if generation == self._last_generation():
            self._forget_old()
        if found is None or not delivery.redelivered:
            return None
        _, settled_on, look, outcome = found
        return outcome if settled_on < generation and look == _look_of(delivery) else None

    def _last_generation(self) -> int:
        return next(reversed(self._known.values()))[1] if self._known else -1

    def _forget_old(self) -> None:
        """Forget what the broker knows: it sends on the channel on which it was told."""
        limit = self._clock() - LONG_ENOUGH
        while self._known:
            key, (at, *_) = next(iter(self._known.items()))
            if at > limit:
                return
            del self._known[key]


def _look_of(delivery: Delivery) -> tuple[int, bytes]:
    return len(delivery.content), delivery.content[-_END:]
