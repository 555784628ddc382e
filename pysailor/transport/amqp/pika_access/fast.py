"""The way by pika's internals."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import ChannelWrongStateError

from .. import frames
from .connection import CorkedConnection
from .interface import OnConfirm, OnDelivery, Outgoing, read_confirms

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..properties import ReceivedProperties

_LARGE_PIECE: Final = 65_536


class FastAccess:
    """By pika's internals."""

    connection_class: type[Any] = CorkedConnection

    def hang_up(self, connection: Any) -> bool:
        """Shut the socket down, if there is one: to pika it looks as if the broker had done it. Else abort the try."""
        used = getattr(getattr(connection, "_transport", None), "_sock", None)
        if used is not None:
            with suppress(OSError):
                used.shutdown(socket.SHUT_RDWR)
            return True
        workflow = getattr(connection, "_connection_workflow", None)
        if workflow is None:
            return False
        with suppress(AMQPConnectorException):  # it has just ended by itself, and tells so
            workflow.abort()
        return True

    def release(self, connection: Any) -> None:
        """Close what the transport has, or what is on its way to one."""
        connector = getattr(getattr(connection, "_connection_workflow", None), "_connector", None)
        for owner in (getattr(connection, "_transport", None), connector):
            used = getattr(owner, "_sock", None)
            if used is not None:
                used.close()

    def read_in_large_pieces(self, connection: Any) -> None:
        """Set it, where this pika knows it by that name. A turn is one read: what is left makes the next turn.

        Not over TLS, where what is left may have left the socket already.
        """
        transport = getattr(connection, "_transport", None)
        if transport is None:
            return
        if hasattr(transport, "_MAX_RECV_BYTES"):
            transport._MAX_RECV_BYTES = _LARGE_PIECE  # noqa: SLF001 - the package is for this
        if hasattr(transport, "_MAX_CONSUME_BYTES") and type(transport._sock) is socket.socket:  # noqa: SLF001
            transport._MAX_CONSUME_BYTES = 1  # noqa: SLF001

    def consume(self, channel: Any, queue: str, on_delivery: OnDelivery, on_ready: Callable[[Any], None]) -> str:
        """Consume; deliveries that only pika understands come as pika has them."""

        def rare(_channel: Any, method: Any, properties: ReceivedProperties, content: bytes) -> None:
            on_delivery(method.delivery_tag, method.redelivered, properties, content)

        tag: str = channel.basic_consume(queue, rare, callback=on_ready)
        channel.connection.frame_reader(channel).take_deliveries(tag, on_delivery)
        return tag

    def confirm(self, channel: Any, on_confirm: OnConfirm, on_ready: Callable[[Any], None]) -> None:
        """Have publishes confirmed."""
        channel.confirm_delivery(read_confirms(on_confirm), callback=on_ready)
        channel.connection.frame_reader(channel).take_confirms(on_confirm)

    def publish(self, channel: Any, exchange: str, routing_key: str, message: Outgoing, *, mandatory: bool) -> None:
        """Publish, in as few pieces as can be."""
        if not channel.is_open:
            raise ChannelWrongStateError("The channel is not open.")
        connection, number = channel.connection, channel.channel_number
        properties, content = message
        start = connection.publish_start(number, exchange, routing_key, mandatory)
        longest = connection.params.frame_max
        pieces = frames.content_frames(number, properties, content, longest)
        connection.send(1 + frames.count_content_frames(len(content), longest), [start, *pieces])

    def settle(self, channel: Any, tag: int, *, accept: bool, requeue: bool = False) -> None:
        """Acknowledge or reject."""
        if not channel.is_open:
            raise ChannelWrongStateError("The channel is not open.")
        number = channel.channel_number
        frame = frames.ack(number, tag) if accept else frames.reject(number, tag, requeue=requeue)
        channel.connection.send(1, [frame])
