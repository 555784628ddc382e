"""What carries messages to and from a step, whatever the wire is.

A delivery comes in, publishes go out, and the delivery is finished: done, failed, or returned to be brought again.
RabbitMQ is one way (`pysailor.amqp`), and messages look as they do there: headers, properties, routing keys. Queues,
channels and tags stay on its side, and a publish says what kind it is, so that a way without routing keys need not
guess (platform contract, appendix A).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol, Self

from ..errors import SailorError


class TransportError(SailorError):
    """Messages cannot be carried."""

    code = "transport_failed"


class Unreachable(TransportError):
    """The other side cannot be reached, or does not let us in."""

    code = "unreachable"


class InputMissing(TransportError):
    """The place that this step reads its messages from is not there, or is not ours to read."""

    code = "input_missing"


class NotPublished(TransportError):
    """A message did not get through; whoever published it has to say what happens to its input."""

    code = "not_published"


class Unroutable(NotPublished):
    """The message was taken, but nobody is there to get it; it is gone."""

    code = "unroutable"


class Refused(NotPublished):
    """The message was refused as often as the settings allow, or will be refused however often it is sent."""

    code = "refused"


class Unconfirmed(NotPublished):
    """The time given was over before the message was confirmed. It may or may not have got through."""

    code = "unconfirmed"


class Stopped(Unconfirmed):
    """The worker stops. The input is neither done nor failed: it is brought again, to us or to another worker."""

    code = "stopped"


class Outcome(Enum):
    """What became of a delivery."""

    DONE = "done"
    FAILED = "failed"
    RETURNED = "returned"
    """Neither: to be brought again at once. For a worker that stops."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came in.

    `properties` are those that were set, by their AMQP names (content_type, delivery_mode, priority, …), without the
    headers. `number` counts the deliveries of this process and names this one.
    """

    number: int
    content: bytes = field(repr=False)
    headers: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    redelivered: bool = False


Kind = Literal["data", "error", "rebound", "snapshot", "http-reply", "error-reply"]
"""What a publish is. A reply goes to whoever waits for one; that is where its routing key leads."""


class Publish(Protocol):
    """One message to go out; `properties` as in a delivery.

    The routing key follows from the kind, but for replies and for data whose message says where to go.
    """

    @property
    def kind(self) -> Kind: ...
    @property
    def routing_key(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, Any]: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...
    @property
    def mandatory(self) -> bool: ...
    def retried(self, count: int) -> Self:
        """Give the same message as it is sent after `count` tries that were turned down."""


OnDelivery = Callable[[Delivery], Outcome]
"""Works on one delivery, on a thread of its own, and tells what became of it."""
IdOf = Callable[[Delivery], Hashable]
"""Tells by what a message is known when it is brought again (its messageId), or None if by nothing."""


class Transport(Protocol):
    """A way in and out. Deadlines are on the clock of `time.monotonic`; None waits for as long as it takes."""

    def connect(self) -> None:
        """Be able to publish, or raise `Unreachable`."""

    def consume(self, on_delivery: OnDelivery, id_of: IdOf) -> None:
        """Have deliveries handed to `on_delivery`, or raise `InputMissing`."""

    def publish(self, publish: Publish, deadline: float | None = None) -> None:
        """Return when the message is safe on the other side; raise `NotPublished` when it is not."""

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        """Settle a delivery whose work does not come to an end by itself; the first outcome counts."""

    def stop_consuming(self) -> None:
        """Take no more deliveries; those not yet handed out go back."""

    def drain(self, deadline: float | None) -> bool:
        """Wait until no delivery is in work; tell whether that came about."""

    def close(self, deadline: float | None) -> None:
        """Be gone. What still waits to be published raises `Stopped`."""
