"""The way by pika's public interface alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pika import BasicProperties, SelectConnection

from ..properties import Properties, ReceivedProperties
from .interface import OnConfirm, OnDelivery, Outgoing, read_confirms

if TYPE_CHECKING:
    from collections.abc import Callable


class PlainConnection(SelectConnection):  # type: ignore[misc]  # pika has no types
    """Pika's own connection; what is written is never held back."""

    def cork(self) -> None:
        """Change nothing."""

    def uncork(self) -> None:
        """Change nothing."""


class PublicAccess:
    """By pika's public interface alone."""

    connection_class: type[Any] = PlainConnection

    def hang_up(self, connection: Any) -> bool:  # noqa: ARG002 - there is no public way
        """Leave it alone."""
        return False

    def release(self, connection: Any) -> None:
        """Leave it to the garbage collector."""

    def read_in_large_pieces(self, connection: Any) -> None:
        """Change nothing: there is no public way."""

    def consume(self, channel: Any, queue: str, on_delivery: OnDelivery, on_ready: Callable[[Any], None]) -> str:
        """Consume."""

        def deliver(_channel: Any, method: Any, properties: Any, content: bytes) -> None:
            on_delivery(method.delivery_tag, method.redelivered, read_properties(properties), content)

        tag: str = channel.basic_consume(queue, deliver, callback=on_ready)
        return tag

    def confirm(self, channel: Any, on_confirm: OnConfirm, on_ready: Callable[[Any], None]) -> None:
        """Have publishes confirmed."""
        channel.confirm_delivery(read_confirms(on_confirm), callback=on_ready)

    def publish(self, channel: Any, exchange: str, routing_key: str, message: Outgoing, *, mandatory: bool) -> None:
        """Publish."""
        properties, content = message
        channel.basic_publish(exchange, routing_key, content, write_properties(properties), mandatory)

    def settle(self, channel: Any, tag: int, *, accept: bool, requeue: bool = False) -> None:
        """Acknowledge or reject."""
        if accept:
            channel.basic_ack(tag)
        else:
            channel.basic_reject(tag, requeue=requeue)


def read_properties(properties: Any) -> ReceivedProperties:
    """Return what pika has read."""
    found = {name: value for name, value in vars(properties).items() if value is not None}
    return ReceivedProperties.of(found.pop("headers", None) or {}, found)


def write_properties(properties: Properties) -> Any:
    """Return them as pika writes them."""
    return BasicProperties(headers=dict(properties.headers), **properties.others)
