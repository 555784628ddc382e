"""A message as a transport carries it: in, a delivery; out, a publish. Both look as they do in RabbitMQ."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["data", "error", "rebound", "snapshot", "http-reply", "error-reply"]
"""What a publish is. A reply goes to whoever waits for one; that is where its routing key leads."""
RateName = Literal["data", "error", "snapshot"]
"""A limit that publishes count against."""


@frozen
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


@frozen
class Publish:
    """One message to go out; `properties` as in a delivery.

    The routing key follows from the kind, but for replies and for data whose message says where to go. `throttle`
    names the limit that the publish counts against, None if it does not wait. `kind` is for a transport that has
    no routing keys.
    """

    routing_key: str
    content: bytes = field(repr=False)
    headers: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    throttle: RateName | None = None
    kind: Kind = "data"
    mandatory: bool = True

    def retry(self, count: int) -> Self:
        """Return the same message as it is sent after `count` tries that failed."""
        return replace(self, headers={**self.headers, "retry": count})
