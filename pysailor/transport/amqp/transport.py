"""RabbitMQ as a `pysailor.transport.Transport`."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pika import URLParameters

from pysailor.transport.base import TransportState, Unreachable

from .channel import RecoveringConnection
from .consumer import Consumer
from .io_thread import IoThread
from .outage_log import OutageLog
from .pika_access import PikaAccess, access
from .publisher import Publisher
from .trouble import diagnose

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.transport.base import DeliveryOutcome, IdOf, OnDelivery, OnFate
    from pysailor.wire.envelope import Delivery, Publish

    from .broker import Broker


HEARTBEAT = 10
"""Seconds, unless the address says otherwise. RabbitMQ's own 60 leave a broker whose network fell silent unnoticed."""
LONGEST_START = 60.0
"""Seconds; a step that cannot begin to read for so long had better be started again, where somebody sees it."""


class Latch:
    """Waits until something happened a number of times, or failed."""

    def __init__(self, times: int) -> None:
        self._missing = times
        self._error: Exception | None = None
        self._over = threading.Event()

    def count_down(self) -> None:
        """Count one of the awaited events."""
        self._missing -= 1
        if self._missing <= 0:
            self._over.set()

    def fail(self, error: Exception) -> None:
        """Have `wait` raise this."""
        if not self._over.is_set():
            self._error = error
            self._over.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Return whether it happened in time; raise what failed."""
        happened = self._over.wait(seconds)
        if self._error is not None:
            raise self._error
        return happened


class Amqp:
    """One step's way to RabbitMQ. Declares nothing: queues and exchanges belong to the platform.

    One connection reads and one writes, so that a broker that takes no more messages (it stops reading from whoever
    sends them) still gets our acknowledgements.
    """

    def __init__(self, broker: Broker, pika: PikaAccess | None = None) -> None:
        pika = pika or access()
        self._io = IoThread()
        outages = OutageLog()
        self._parameters = _parameters(broker.uri, "read")
        self._reading = RecoveringConnection(self._io, broker, self._parameters, pika, outages)
        self._writing = RecoveringConnection(self._io, broker, _parameters(broker.uri, "write"), pika, outages)
        self._publisher = Publisher(self._io, self._writing, broker, pika)
        self._consumer = Consumer(self._io, self._reading, broker, pika)
        self._io.corkables = (self._reading, self._writing)
        self._closed = False

    def connect(self) -> None:
        """Open both connections; raise Unreachable after as many tries as the settings say."""
        opened = Latch(2)

        def take_reading(channel: Any) -> None:
            self._consumer.on_open(channel)
            opened.count_down()

        def take_writing(channel: Any) -> None:
            self._publisher.on_open(channel, opened.count_down)

        def fail(reason: Exception) -> None:
            opened.fail(Unreachable(_explain(reason, self._parameters)))

        self._reading.subscribe(take_reading, self._consumer.on_lost, fail)
        self._writing.subscribe(take_writing, self._publisher.on_lost, fail)
        self._io.start()
        self._io.post(self._reading.open)
        self._io.post(self._writing.open)
        try:
            opened.wait()
        except BaseException:  # a signal may end the wait, too
            self.close(time.monotonic() + 1)
            raise

    def consume(self, on_delivery: OnDelivery, id_of: IdOf) -> None:
        """Hand deliveries to `on_delivery`, prefetch-many at a time; raise InputMissing if the queue cannot be read."""
        started = Latch(1)

        def on_started(error: Exception | None) -> None:
            started.fail(error) if error else started.count_down()

        self._io.post(self._consumer.start, on_delivery, id_of, on_started)
        if not started.wait(LONGEST_START):
            raise Unreachable(f"RabbitMQ did not let us read within {LONGEST_START:.0f} s.")

    def publish(self, publish: Publish, deadline: float | None = None) -> None:
        """Return when the broker has the message for good; raise NotPublished when it has not.

        A queue that is full, a missing exchange and a lost connection are waited out, for as long as the settings and
        the deadline allow.
        """
        self._publisher.publish(publish, _left(deadline))

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        """Publish as above, for as long as it takes; `on_fate` is called on the I/O thread. Raise Refused at once."""
        self._publisher.publish_later(publish, on_fate)

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Settle a delivery before its work ends, which then counts no more; the first outcome stands."""
        self._io.post(self._consumer.finish_early, delivery, outcome)

    def probe(self, report: Callable[[TransportState], None]) -> None:
        """Have `report` called with the state on the I/O thread, when its loop comes to it."""
        self._io.post(lambda: report(self._state()))

    def _state(self) -> TransportState:
        return TransportState(
            self._reading.is_usable,
            self._writing.is_usable,
            self._consumer.is_consuming,
            self._reading.is_blocked or self._writing.is_blocked,
        )

    def stop_consuming(self) -> None:
        """Take no more deliveries; those that were not begun go back to the queue."""
        self._io.post(self._consumer.stop)

    def drain(self, deadline: float | None) -> bool:
        """Wait until no delivery is in work; return whether that came about."""
        idle = threading.Event()
        self._io.post(self._consumer.watch, idle)
        return idle.wait(_left(deadline))

    def close(self, deadline: float | None = None) -> None:
        """Close what is open, in at most five seconds or until the deadline. What still waits raises Stopped."""
        if self._closed:
            return
        self._closed = True
        self._io.ending = True
        if self._io.prevent():  # a signal came before the thread that connects had begun
            return
        until = min(time.monotonic() + 5, deadline if deadline is not None else float("inf"))
        closed = Latch(2)
        for connection in (self._reading, self._writing):
            connection.on_closed = closed.count_down
        self.stop_consuming()
        self._io.post(self._publisher.stop)
        self._io.post(self._reading.close)
        self._io.post(self._writing.close)
        closed.wait(_left(until))
        if self._io.end(timeout=1):
            self._reading.release()
            self._writing.release()
        self._consumer.dismiss()

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _parameters(uri: str, purpose: str) -> Any:
    split = urlsplit(uri)
    if split.scheme in ("amqp", "amqps") and (split.fragment or ("@" in uri and "@" not in split.netloc)):
        # A password cut in two: what follows would be taken for the host, and shown.
        raise Unreachable(
            "A sign in the user or password of the AMQP address (ELASTICIO_AMQP_URI) ends it early; "
            "write / as %2F, # as %23, ? as %3F."
        )
    try:
        parameters = URLParameters(uri) if uri.startswith(("amqp://", "amqps://")) else None
    except Exception:  # noqa: BLE001 - pika raises whatever its parts raise
        parameters = None
    if parameters is None:
        # Not from pika's error: its text may hold the address, and with it the password.
        options = ", or one of its options (behind the ?) is unknown or has a wrong value" if "?" in uri else ""
        raise Unreachable(
            f"The AMQP address (ELASTICIO_AMQP_URI) is not one like amqps://user:password@host/vhost{options}."
        )
    if "heartbeat=" not in urlsplit(uri).query:
        parameters.heartbeat = HEARTBEAT
    parameters.client_properties = {"connection_name": f"{socket.gethostname()}-{purpose}"}
    return parameters


def _explain(reason: Exception, parameters: Any) -> str:
    trouble = str(diagnose(reason, parameters))
    return trouble if "RabbitMQ at" in trouble else f"RabbitMQ cannot be reached: {trouble}"


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
