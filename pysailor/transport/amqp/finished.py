"""What was finished while the broker was away: it brings those messages again, and they are not run again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pysailor.transport.base import DeliveryOutcome
    from pysailor.wire.envelope import Delivery

REMEMBERED: Final = 10_000
"""So many of them are known, the latest."""


class FinishedMemory:
    """The outcomes of such deliveries, by the id that a message is known by and by its content."""

    def __init__(self) -> None:
        self._outcomes: OrderedDict[tuple[Hashable, bytes], DeliveryOutcome] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._outcomes)

    def add(self, known_by: Hashable, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Keep what became of a delivery; one that is known by nothing, None, cannot be told when it comes again."""
        if known_by is None:
            return
        self._outcomes[known_by, _digest(delivery)] = outcome
        while len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)

    def take(self, known_by: Hashable, delivery: Delivery) -> DeliveryOutcome | None:
        """Return what became of the same message, and forget it; None if it is new."""
        return self._outcomes.pop((known_by, _digest(delivery)), None)


def _digest(delivery: Delivery) -> bytes:
    """Return what stands for the content."""
    return hashlib.blake2b(delivery.content, digest_size=16).digest()
