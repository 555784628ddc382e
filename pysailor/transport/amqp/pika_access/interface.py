"""How this package uses pika, whichever way the installed one allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pika.spec import Basic

from ..properties import Properties, ReceivedProperties

OnDelivery = Callable[[int, bool, ReceivedProperties, bytes], None]
"""Takes a delivery's tag, whether it was brought before, its properties and its content."""
OnConfirm = Callable[[int, bool, bool], None]
"""Takes a publish's number, whether all before it are meant too, and whether the broker has no room for them."""


class PikaAccess(Protocol):
    """How this package uses pika: a class of connections, and properties in the form that those take and give."""

    connection_class: type[Any]

    def hang_up(self, connection: Any) -> bool:
        """Have a connection that is not open yet fail soon; return whether it will."""

    def release(self, connection: Any) -> None:
        """Close the socket of a connection whose loop has ended before it did."""

    def read_in_large_pieces(self, connection: Any) -> None:
        """Have an open connection take as much at a time as it can."""

    def consume(self, channel: Any, queue: str, on_delivery: OnDelivery, on_ready: Callable[[Any], None]) -> str:
        """Have deliveries handed over; return the consumer's tag."""

    def confirm(self, channel: Any, on_confirm: OnConfirm, on_ready: Callable[[Any], None]) -> None:
        """Have publishes confirmed, numbered from 1."""

    def publish(self, channel: Any, exchange: str, routing_key: str, message: Outgoing, *, mandatory: bool) -> None:
        """Publish; raise ChannelWrongStateError if the channel is not open."""

    def settle(self, channel: Any, tag: int, *, accept: bool, requeue: bool = False) -> None:
        """Acknowledge a delivery, or reject it; raise ChannelWrongStateError if the channel is not open."""


Outgoing = tuple[Properties, bytes]
"""A message's properties and content."""


def read_confirms(on_confirm: OnConfirm) -> Callable[[Any], None]:
    """Return what takes a confirm as pika reads it."""

    def read(frame: Any) -> None:
        method = frame.method
        on_confirm(method.delivery_tag, method.multiple, isinstance(method, Basic.Nack))

    return read
