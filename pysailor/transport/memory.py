"""A transport within the process: for tests of a component or of a worker, and for flows without a broker.

It keeps the promises of `Transport`: at most *prefetch* deliveries in work, a publish returns when it is kept, the
first outcome of a delivery counts, what is returned comes again and says so. It can be made to fail as a broker does:

    unroutable     a publish to these routing keys raises Unroutable
    largest        more content than so many bytes raises TooLarge
    fail(key, …)   the next publishes to this routing key raise these errors, one each
    away(), back() nothing is confirmed in between: a publish waits, at most until its deadline (Unconfirmed) or until
                   the transport is closed (Stopped)

Nothing outlives the process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from ..wire.envelope import Delivery, Publish
from .base import DeliveryOutcome, InputMissing, Stopped, TooLarge, TransportState, Unconfirmed, Unroutable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from .base import IdOf, OnDelivery, OnFate

LOG = logging.getLogger(__name__)


class MemoryTransport:
    """Deliveries that `put` was given go in, `published` holds what came out, `outcomes` what became of each.

    Threads may share it. A context manager: connected inside, closed afterwards.
    """

    def __init__(self, *, prefetch: int = 1, unroutable: Collection[str] = (), largest: int | None = None) -> None:
        self.published: list[Publish] = []
        self.outcomes: dict[int, DeliveryOutcome] = {}
        self._prefetch = prefetch
        self._unroutable = frozenset(unroutable)
        self._largest = largest
        self._failures: dict[str, deque[Exception]] = {}
        self._failed = threading.Event()
        self._changed = threading.Condition(threading.RLock())
        self._ready: deque[Delivery] = deque()
        self._in_work: dict[int, Delivery] = {}
        self._count = 0
        self._on_delivery: OnDelivery | None = None
        self._threads = 0
        self._connected = False
        self._away = False
        self._closed = False

    def put(
        self, content: bytes, headers: Mapping[str, Any] | None = None, properties: Mapping[str, Any] | None = None
    ) -> Delivery:
        """Queue a message for the step; return the delivery that it will be."""
        with self._changed:
            self._count += 1
            delivery = Delivery(self._count, content, headers or {}, properties or {})
            self._ready.append(delivery)
            self._hand_out()
        return delivery

    def away(self) -> None:
        """Confirm nothing from now on."""
        self._away = True

    def back(self) -> None:
        """Confirm again, first what has waited."""
        with self._changed:
            self._away = False
            self._changed.notify_all()

    def fail(self, routing_key: str, *errors: Exception) -> threading.Event:
        """Have the next publishes to this key raise these errors, one each; return what is set when the first did."""
        with self._changed:
            self._failures.setdefault(routing_key, deque()).extend(errors)
            self._failed = threading.Event()
            return self._failed

    @property
    def waiting(self) -> tuple[Delivery, ...]:
        """What is queued and not in work."""
        with self._changed:
            return tuple(self._ready)

    # --- the promises of Transport ---------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect, so that `publish` works."""
        self._connected = True

    def consume(self, on_delivery: OnDelivery, id_of: IdOf) -> None:  # noqa: ARG002 - no delivery is lost from sight here
        """Have deliveries handed to `on_delivery`; raise InputMissing if it is closed or not connected."""
        with self._changed:
            if self._closed or not self._connected:
                raise InputMissing("There is nothing to read from: the transport is not connected.")
            self._on_delivery = on_delivery
            self._hand_out()

    def publish(self, publish: Publish, deadline: float | None = None) -> None:
        """Return when the message is among `published`; raise NotPublished when it is not."""
        size = len(publish.content)
        if self._largest is not None and size > self._largest:
            raise TooLarge(f"The message has {size} bytes; the transport takes at most {self._largest}.")
        with self._changed:
            self._wait_until_confirmed(deadline)
            if failures := self._failures.get(publish.routing_key):
                self._failed.set()
                raise failures.popleft()
            if publish.routing_key in self._unroutable:
                if publish.mandatory:
                    raise Unroutable(f"No queue takes messages with routing key {publish.routing_key!r}.")
                return
            self.published.append(publish)
            self._changed.notify_all()

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        """Publish here and now, and tell `on_fate`."""
        try:
            self.publish(publish)
        except Exception as error:  # noqa: BLE001 - whatever `fail` was given
            on_fate(error)
        else:
            on_fate(None)

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Settle a delivery; the first outcome counts. Another one takes its place in work."""
        with self._changed:
            known = self._in_work.pop(delivery.number, None)
            if known is None:
                return
            if outcome is DeliveryOutcome.RETURNED:
                self._ready.appendleft(replace(known, redelivered=True))
            self.outcomes[delivery.number] = outcome
            self._hand_out()
            self._changed.notify_all()

    def probe(self, report: Callable[[TransportState], None]) -> None:
        """Report the state, here and now."""
        with self._changed:
            is_open = self._connected and not self._closed
            state = TransportState(is_open, is_open and not self._away, self._on_delivery is not None, self._away)
        report(state)

    def stop_consuming(self) -> None:
        """Take no more deliveries."""
        with self._changed:
            self._on_delivery = None

    def drain(self, deadline: float | None = None) -> bool:
        """Wait until no delivery is in work, nor queued while there is consuming; return whether that came about."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, _left(deadline))

    def close(self, deadline: float | None = None) -> None:  # noqa: ARG002 - there is nothing to wait for
        """Disconnect. What still waits to be published raises Stopped."""
        with self._changed:
            self._on_delivery = None
            self._closed = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _wait_until_confirmed(self, deadline: float | None) -> None:
        if not self._changed.wait_for(lambda: self._closed or not self._away, _left(deadline)):
            raise Unconfirmed("The message was not confirmed in the time given.")
        if self._closed:
            raise Stopped("The worker stops; the message was not confirmed.")

    def _is_idle(self) -> bool:
        return not self._in_work and not (self._ready and self._on_delivery)

    def _hand_out(self) -> None:
        """Have as many deliveries in work as may be, each on a thread."""
        while self._on_delivery is not None and self._ready and len(self._in_work) < self._prefetch:
            delivery = self._ready.popleft()
            self._in_work[delivery.number] = delivery
            self._threads += 1
            name = f"pysailor-memory-{self._threads}"
            threading.Thread(target=self._work, args=(self._on_delivery, delivery), name=name, daemon=True).start()

    def _work(self, on_delivery: OnDelivery, delivery: Delivery) -> None:
        outcome: DeliveryOutcome | None
        try:
            outcome = on_delivery(delivery)
        except Stopped:
            outcome = DeliveryOutcome.RETURNED
        except Exception:
            LOG.exception("delivery %d ended in an error that nobody handled: rejected", delivery.number)
            outcome = DeliveryOutcome.FAILED
        with self._changed:
            # A delivery that was given back and is in work again is the work of another thread.
            if outcome is not None and self._in_work.get(delivery.number) is delivery:
                self.finish(delivery, outcome)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
