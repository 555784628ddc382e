"""What carries messages to and from a step, whatever the wire is.

A delivery comes in, publishes go out, and the delivery is finished: done, failed, or returned to be brought again.
RabbitMQ is one way (`pysailor.transport.amqp`), and messages look as they do there: headers, properties, routing
keys. Queues, channels and tags stay on its side, and a publish says what kind it is, so that a way without routing
keys need not guess (platform contract, appendix A).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from typing import Protocol

from .. import errors
from ..errors import SailorError
from ..values import frozen
from ..wire.envelope import Delivery, Publish


class TransportError(SailorError):
    """Messages cannot be carried."""

    code = "transport_failed"


class Unreachable(TransportError):
    """The other side cannot be reached, or refuses the login."""

    code = "unreachable"


class InputMissing(TransportError):
    """The queue that this step reads its messages from does not exist, or may not be read."""

    code = "input_missing"


class NotPublished(TransportError):
    """A message did not get through; whoever published it has to say what happens to its input."""

    code = "not_published"


class Unroutable(NotPublished):
    """The message was accepted, but no queue is bound to its routing key; it is gone."""

    code = "unroutable"


class Refused(NotPublished):
    """The message was refused as often as the settings allow, or will be refused however often it is sent."""

    code = "refused"


class TooLarge(Refused):
    """The content or the headers are larger than the other side takes; a smaller message may get through."""

    code = "too_large"


class Unconfirmed(NotPublished):
    """The time given was over before the message was confirmed. It may or may not have got through."""

    code = "unconfirmed"


class Stopped(Unconfirmed, errors.Stopped):
    """The worker stops. The input is neither done nor failed: it is brought again, to us or to another worker."""

    code = "stopped"


class DeliveryOutcome(Enum):
    """What became of a delivery."""

    DONE = "done"
    FAILED = "failed"
    RETURNED = "returned"
    """Neither: to be brought again at once. For a worker that stops."""


@frozen
class TransportState:
    """How a transport is: whether it can read and write, gets deliveries, and is asked to send nothing for now."""

    reading: bool = False
    writing: bool = False
    consuming: bool = False
    blocked: bool = False


OnDelivery = Callable[[Delivery], DeliveryOutcome | None]
"""Works on one delivery, on a thread of its own, and returns what became of it; None if `finish` will say so later."""
OnFate = Callable[[Exception | None], None]
"""Takes what a publish came to: None when it is safe, else what `publish` would raise. It must not wait."""
IdOf = Callable[[Delivery], Hashable]
"""Returns by what a message is known when it is brought again (its messageId), or None if by nothing."""


class Transport(Protocol):
    """A way in and out. Deadlines are on the clock of `time.monotonic`; None waits for as long as it takes."""

    def connect(self) -> None:
        """Connect, so that `publish` works; raise `Unreachable` if that is impossible."""

    def consume(self, on_delivery: OnDelivery, id_of: IdOf) -> None:
        """Have deliveries handed to `on_delivery`, or raise `InputMissing`."""

    def publish(self, publish: Publish, deadline: float | None = None) -> None:
        """Return when the message is safe on the other side; raise `NotPublished` when it is not."""

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        """Publish, and have `on_fate` called when its fate is known; raise `NotPublished` if it is known now."""

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Settle a delivery whose work does not come to an end by itself; the first outcome counts."""

    def probe(self, report: Callable[[TransportState], None]) -> None:
        """Have `report` called with the state by whatever keeps the transport going: a sign that it still does."""

    def stop_consuming(self) -> None:
        """Take no more deliveries; those not yet handed out go back."""

    def drain(self, deadline: float | None) -> bool:
        """Wait until no delivery is in work; return whether that came about."""

    def close(self, deadline: float | None) -> None:
        """Disconnect. What still waits to be published raises `Stopped`."""
