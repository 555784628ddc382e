"""The only module that touches what pika does not document, and the public way for a pika that looks different.

What is relied on, one line each; `find_differences` tries all of it when the first transport is made:

_adapter_emit_data(data)        every byte that pika writes goes through this method of a connection
_transport                      what that method writes to; None when the socket is gone
_transport._sock                the socket; shut down to end a try to connect, at whose closing pika fails. Without it
                                the try ends by itself, in 15 seconds
_transport._tx_buffers          what is not written yet; while it is empty, what comes is written at once, since pika
                                would ask the system to tell when it may, each time. Over TLS pika does it all
_transport._MAX_RECV_BYTES      how much one read takes; pika's 4,096 bytes make hundreds of reads of a large message
_transport._MAX_CONSUME_BYTES   after how much a turn of reads ends; pika reads once more to find that there is nothing
_on_data_available(data)        every byte that was read goes through this method of a connection
_frame_buffer                   what that method has not used yet
_read_frame()                   takes the first frame off the buffer: (bytes taken, frame or None)
_trim_frame_buffer(n)           drops those bytes, _process_frame(frame) does what the frame asks for
bytes_received, frames_received, bytes_sent, frames_sent
                                what the heartbeat tells life by; counted here for the frames that are ours

With them a batch is written in one piece (pika makes a system call for each frame, three a message), the frames that
each message needs are read and written by `frames`, and a message's properties by `properties` (pika fails at some).
Pika keeps the handshake, heartbeats, TLS, closing and every other frame. Without these internals all works as pika has
it: slower, no fractions in headers, no time after the year 9999.
"""

from __future__ import annotations

import inspect
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Protocol

from pika import BasicProperties, SelectConnection
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import BodyTooLongError, ChannelWrongStateError
from pika.frame import Header
from pika.spec import Basic

from . import frames
from .properties import Properties, ReceivedProperties

LOG = logging.getLogger(__name__)

_LARGE_PIECE: Final = 65_536
_MOST_STARTS: Final = 64
_HEARTBEAT: Final = 8

OnDelivery = Callable[[int, bool, ReceivedProperties, bytes], None]
"""Takes a delivery's tag, whether it was brought before, its properties and its content."""
OnConfirm = Callable[[int, bool, bool], None]
"""Takes a publish's number, whether all before it are meant too, and whether the broker has no room for them."""


class PikaAccess(Protocol):
    """How this package uses pika: a class of connections, and properties in the form that those take and give."""

    connection_class: type[Any]

    def hang_up(self, connection: Any) -> bool:
        """Have a connection that is not open yet fail soon; return whether it will."""

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


class Frequent:
    """Takes the frames of one channel that are not left to pika."""

    __slots__ = ("_consumer_tag", "_deliver", "_missing", "_on_confirm", "_on_delivery", "_pieces", "_properties")

    def __init__(self) -> None:
        self._on_delivery: OnDelivery | None = None
        self._on_confirm: OnConfirm | None = None
        self._consumer_tag = b""
        self._deliver: frames.Deliver | None = None
        self._properties: ReceivedProperties | None = None
        self._pieces: list[bytes] = []
        self._missing = 0

    def take_deliveries(self, consumer_tag: str, on_delivery: OnDelivery) -> None:
        """Hand over the deliveries for this consumer from now on."""
        self._consumer_tag, self._on_delivery = consumer_tag.encode(), on_delivery

    def take_confirms(self, on_confirm: OnConfirm) -> None:
        """Hand over the confirms from now on."""
        self._on_confirm = on_confirm

    def take(self, kind: int, buffer: bytes, begin: int, end: int) -> bool:
        """Return whether the frame, whose content stands between the two offsets, was ours and is dealt with."""
        if kind == frames.METHOD:
            return self._take_method(buffer, begin, end)
        if self._deliver is None:
            return False
        if kind == frames.HEADER:
            return self._take_header(buffer, begin, end)
        return kind == frames.BODY and self._take_body(buffer, begin, end)

    def _take_method(self, buffer: bytes, begin: int, end: int) -> bool:
        self._deliver = self._properties = None
        if self._on_confirm is not None and (confirm := frames.read_confirm(buffer, begin, end)):
            self._on_confirm(*confirm)
            return True
        if self._on_delivery is not None:
            deliver = frames.read_deliver(buffer, begin, end)
            if deliver is not None and deliver.consumer_tag == self._consumer_tag:
                self._deliver = deliver
                return True
        return False

    def _take_header(self, buffer: bytes, begin: int, end: int) -> bool:
        header = frames.read_header(buffer, begin, end)
        if header is None or self._properties is not None:
            return False  # pika fails at it, as it should
        self._missing, at = header
        self._properties = ReceivedProperties(buffer[at:end])
        self._pieces = []
        if not self._missing:
            self._hand_over(b"")
        return True

    def _take_body(self, buffer: bytes, begin: int, end: int) -> bool:
        if self._properties is None:
            return False  # as above
        self._missing -= end - begin
        if self._missing < 0:
            raise BodyTooLongError(end - begin - self._missing, end - begin)
        piece = buffer[begin:end]
        if self._missing:
            self._pieces.append(piece)
        elif self._pieces:
            self._pieces.append(piece)
            self._hand_over(b"".join(self._pieces))
        else:
            self._hand_over(piece)
        return True

    def _hand_over(self, content: bytes) -> None:
        deliver, properties = self._deliver, self._properties
        self._deliver = self._properties = None
        self._pieces = []
        if self._on_delivery is not None and deliver is not None and properties is not None:
            self._on_delivery(deliver.tag, deliver.redelivered, properties, content)


class CorkedConnection(SelectConnection):  # type: ignore[misc]  # pika has no types
    """Writes what one batch brings in one piece, and leaves to pika only the frames that are rare."""

    _frame_buffer: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._held: list[bytes] | None = None
        self._frequent: dict[int, Frequent] = {}
        self._starts: dict[tuple[int, str, str, bool], bytes] = {}
        super().__init__(*args, **kwargs)

    def cork(self) -> None:
        """Hold back what is written from now on."""
        self._held = []

    def uncork(self) -> None:
        """Write what was held back."""
        held, self._held = self._held, None
        if held and self._transport is not None:
            self._write(b"".join(held))

    def frequent(self, channel: Any) -> Frequent:
        """Return what takes the frequent frames of this channel, until it is closed."""
        found = self._frequent.get(channel.channel_number)
        if found is None:
            found = self._frequent[channel.channel_number] = Frequent()
            channel.add_on_close_callback(self._forget)
        return found

    def send(self, count: int, pieces: list[bytes]) -> None:
        """Write so many frames."""
        self.frames_sent += count
        self.bytes_sent += sum(map(len, pieces))
        if self._held is None:
            self._write(b"".join(pieces))
        else:
            self._held += pieces

    def publish_start(self, channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
        """Return the first frame of a publish."""
        key = (channel, exchange, routing_key, mandatory)
        found = self._starts.get(key)
        if found is None:
            found = frames.publish_start(channel, exchange, routing_key, mandatory=mandatory)
            if len(self._starts) >= _MOST_STARTS:
                self._starts.clear()
            self._starts[key] = found
        return found

    def _forget(self, channel: Any, _reason: Exception) -> None:
        self._frequent.pop(channel.channel_number, None)

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._held is None:
            self._write(data)
        else:
            self._held.append(data)

    def _write(self, data: bytes) -> None:
        """Write what the socket takes now, and leave the rest to pika."""
        transport = self._transport
        used = getattr(transport, "_sock", None)
        if type(used) is socket.socket and not getattr(transport, "_tx_buffers", data):
            with suppress(OSError):  # it takes nothing now, or it is broken: pika finds out, and tells
                data = data[used.send(data) :]
        if data:
            super()._adapter_emit_data(data)

    def _on_data_available(self, data_in: bytes) -> None:
        """Deal with every frame that has come whole."""
        buffer = self._frame_buffer + data_in if self._frame_buffer else data_in
        at = 0
        try:
            while (frame := _whole_frame(buffer, at)) is not None:
                kind, number, end = frame
                frequent = self._frequent.get(number)
                if frequent is None or buffer[end] != frames.END:
                    taken = False
                else:
                    begin, at = at, end + 1
                    taken = frequent.take(kind, buffer, begin + frames.START.size, end)
                    at = at if taken else begin
                if taken:
                    self.frames_received += 1
                    self.bytes_received += at - begin
                else:
                    self._frame_buffer, buffer, at = buffer[at:], b"", 0
                    used, other = self._read_frame()
                    if other is None:
                        buffer = self._frame_buffer
                        return
                    self._trim_frame_buffer(used)
                    try:
                        self._process_frame(other)
                    finally:
                        buffer = self._frame_buffer
        finally:
            self._frame_buffer = buffer[at:]

    def _read_frame(self) -> Any:
        """Return pika's frame; a header's properties as they are read here."""
        buffer = self._frame_buffer
        found = _whole_frame(buffer, 0)
        if found is None or found[0] != frames.HEADER or buffer[found[2]] != frames.END:
            return super()._read_frame()  # not whole yet, or wrong in a way that pika tells
        _, number, end = found
        header = frames.read_header(buffer, frames.START.size, end)
        if header is None:
            return super()._read_frame()
        size, at = header
        return end + 1, Header(number, size, ReceivedProperties(buffer[at:end]))


def _whole_frame(buffer: bytes, at: int) -> tuple[int, int, int] | None:
    """Return kind and channel of the frame that begins there, and where its last byte is; None if it is not whole."""
    left = len(buffer) - at
    if left < frames.AROUND:
        return None
    kind, number, size = frames.START.unpack_from(buffer, at)
    if left < frames.AROUND + size:
        # What is no frame never becomes whole; pika knows the one answer that begins otherwise, and tells the rest.
        return None if frames.METHOD <= kind <= _HEARTBEAT else (kind, number, len(buffer) - 1)
    return kind, number, at + frames.START.size + size


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

    def read_in_large_pieces(self, connection: Any) -> None:
        """Set it, where this pika knows it by that name. A turn is one read: what is left makes the next turn.

        Not over TLS, where what is left may have left the socket already.
        """
        transport = getattr(connection, "_transport", None)
        if transport is None:
            return
        if hasattr(transport, "_MAX_RECV_BYTES"):
            transport._MAX_RECV_BYTES = _LARGE_PIECE  # noqa: SLF001 - the module is for this
        if hasattr(transport, "_MAX_CONSUME_BYTES") and type(transport._sock) is socket.socket:  # noqa: SLF001
            transport._MAX_CONSUME_BYTES = 1  # noqa: SLF001

    def consume(self, channel: Any, queue: str, on_delivery: OnDelivery, on_ready: Callable[[Any], None]) -> str:
        """Consume; deliveries that only pika understands come as pika has them."""

        def rare(_channel: Any, method: Any, properties: ReceivedProperties, content: bytes) -> None:
            on_delivery(method.delivery_tag, method.redelivered, properties, content)

        tag: str = channel.basic_consume(queue, rare, callback=on_ready)
        channel.connection.frequent(channel).take_deliveries(tag, on_delivery)
        return tag

    def confirm(self, channel: Any, on_confirm: OnConfirm, on_ready: Callable[[Any], None]) -> None:
        """Have publishes confirmed."""
        channel.confirm_delivery(_confirmed(on_confirm), callback=on_ready)
        channel.connection.frequent(channel).take_confirms(on_confirm)

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

    def read_in_large_pieces(self, connection: Any) -> None:
        """Change nothing: there is no public way."""

    def consume(self, channel: Any, queue: str, on_delivery: OnDelivery, on_ready: Callable[[Any], None]) -> str:
        """Consume."""

        def delivered(_channel: Any, method: Any, properties: Any, content: bytes) -> None:
            on_delivery(method.delivery_tag, method.redelivered, read_properties(properties), content)

        tag: str = channel.basic_consume(queue, delivered, callback=on_ready)
        return tag

    def confirm(self, channel: Any, on_confirm: OnConfirm, on_ready: Callable[[Any], None]) -> None:
        """Have publishes confirmed."""
        channel.confirm_delivery(_confirmed(on_confirm), callback=on_ready)

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


def _confirmed(on_confirm: OnConfirm) -> Callable[[Any], None]:
    def confirmed(frame: Any) -> None:
        method = frame.method
        on_confirm(method.delivery_tag, method.multiple, isinstance(method, Basic.Nack))

    return confirmed


def find_differences(connection: type[Any] = SelectConnection) -> list[str]:
    """Return what looks different in this pika from what is relied on."""
    checks = (
        ("_adapter_emit_data", lambda: _takes(connection._adapter_emit_data, ["self", "data"])),  # noqa: SLF001
        ("_transport", lambda: "_transport" in connection._adapter_emit_data.__code__.co_names),  # noqa: SLF001
        ("_read_frame", lambda: _takes(connection._read_frame, ["self"]) and _reads_a_frame(connection)),  # noqa: SLF001
        ("_on_data_available", lambda: _deals_with_data(connection)),
    )
    return [name for name, check in checks if not _holds(check)]


def choose(differences: list[str]) -> PikaAccess:
    """Return the fast access if nothing is different, else the public one, with a warning."""
    if not differences:
        return FastAccess()
    LOG.warning(
        "this version of pika differs from those known in %s: its public interface is used, which is slower",
        ", ".join(differences),
    )
    return PublicAccess()


@lru_cache(maxsize=1)
def access() -> PikaAccess:
    """Return the access to the pika that is installed; what is different is logged once."""
    return choose(find_differences())


def _holds(check: Any) -> bool:
    try:
        return bool(check())
    except Exception:  # noqa: BLE001 - whatever a pika that is different does, it is different
        return False


def _takes(function: Any, names: list[str]) -> bool:
    return list(inspect.signature(function).parameters) == names


def _reads_a_frame(connection: type[Any]) -> bool:
    probe = object.__new__(connection)
    whole = Header(1, 5, BasicProperties(content_type="a")).marshal()
    probe._frame_buffer = whole + b"rest"
    taken, frame = probe._read_frame()
    probe._frame_buffer = whole[:-1]
    return (taken, frame.channel_number, frame.body_size) == (len(whole), 1, 5) and not probe._read_frame()[1]


def _deals_with_data(connection: type[Any]) -> bool:
    """Return whether data that came goes through the methods that are relied on, and is counted."""
    seen: list[Any] = []

    class Probe(connection):  # type: ignore[misc]  # whatever pika has
        def __init__(self) -> None:
            self._frame_buffer = b""
            self.bytes_received = self.bytes_sent = self.frames_sent = 0

        def _process_frame(self, frame_value: Any) -> None:
            seen.append((frame_value.channel_number, frame_value.body_size))

        def _adapter_emit_data(self, data: bytes) -> None:
            seen.append(data)

    probe = Probe()
    whole = Header(1, 5, BasicProperties(content_type="a")).marshal()
    probe._on_data_available(whole + b"\x03")  # noqa: SLF001 - the module is for this
    probe._output_marshaled_frames([b"abc"])  # noqa: SLF001 - as above
    used = connection._process_frame.__code__.co_names  # noqa: SLF001 - as above
    return (
        seen == [(1, 5), b"abc"]
        and probe._frame_buffer == b"\x03"  # noqa: SLF001 - as above
        and (probe.bytes_received, probe.bytes_sent, probe.frames_sent) == (len(whole), 3, 1)
        and "frames_received" in used
    )
