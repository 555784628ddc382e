"""The only module that touches what pika does not document, and the public way for a pika that looks different.

What is relied on, one line each; `find_differences` tries all of it when the first transport is made:

_adapter_emit_data(data)        every byte that pika writes goes through this method of a connection
_transport                      what that method writes to; None when the socket is gone
_transport._sock                the socket; shut down to end a try to connect, at whose closing pika fails. Without it
                                the try ends by itself, in 15 seconds
_transport._MAX_RECV_BYTES      how much one read takes; pika's 4,096 bytes make hundreds of reads of a large message
_read_frame(), _frame_buffer    the method takes the first frame off the buffer: (bytes taken, frame or None)
frame.Header                    calls `encode()` and reads `INDEX` of whatever it is given as properties

With them a batch is written in one piece (pika makes a system call for each frame, three a message), and a message's
properties are read and written by `properties` (pika fails at some, and takes three times as long). Without them all
works as pika has it: slower, no fractions in headers, no time after the year 9999.
"""

from __future__ import annotations

import inspect
import logging
import socket
import struct
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Protocol

from pika import BasicProperties, SelectConnection
from pika.frame import Header
from pika.spec import FRAME_END, FRAME_HEADER

from .properties import BASIC, Properties, ReceivedProperties

LOG = logging.getLogger(__name__)

_HEADER_FRAME: Final = struct.Struct(">BHLHHQ")
_BEFORE_CONTENT: Final = 7
_LARGE_PIECE: Final = 65_536


class PikaAccess(Protocol):
    """How this package uses pika: a class of connections, and properties in the form that those take and give."""

    connection_class: type[Any]

    def hang_up(self, connection: Any) -> bool:
        """Have a connection that is not open yet fail soon; return whether it will."""

    def read_in_large_pieces(self, connection: Any) -> None:
        """Have an open connection take as much at a time as it can."""

    def read_properties(self, properties: Any) -> ReceivedProperties:
        """Return the properties that came with a delivery."""

    def write_properties(self, properties: Properties) -> Any:
        """Return the properties for a publish."""


class CorkedConnection(SelectConnection):  # type: ignore[misc]  # pika has no types
    """Writes what one batch brings in one piece, and reads properties by `properties`."""

    _held: list[bytes] | None = None

    def cork(self) -> None:
        """Hold back what is written from now on."""
        self._held = []

    def uncork(self) -> None:
        """Write what was held back."""
        held, self._held = self._held, None
        if held and self._transport is not None:
            super()._adapter_emit_data(b"".join(held))

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._held is None:
            super()._adapter_emit_data(data)
        else:
            self._held.append(data)

    def _read_frame(self) -> Any:
        buffer = self._frame_buffer
        if len(buffer) < _HEADER_FRAME.size or buffer[0] != FRAME_HEADER:
            return super()._read_frame()
        _, channel, size, kind, _, body_size = _HEADER_FRAME.unpack_from(buffer)
        end = _BEFORE_CONTENT + size
        if kind != BASIC or len(buffer) <= end or buffer[end] != FRAME_END:
            return super()._read_frame()  # not whole yet, or wrong in a way that pika tells
        return end + 1, Header(channel, body_size, ReceivedProperties(buffer[:end], _HEADER_FRAME.size))


class FastAccess:
    """By pika's internals."""

    connection_class: type[Any] = CorkedConnection

    def hang_up(self, connection: Any) -> bool:
        """Shut the socket down, if there is one: to pika it looks as if the broker had done it."""
        used = getattr(getattr(connection, "_transport", None), "_sock", None)
        if used is None:
            return False
        with suppress(OSError):
            used.shutdown(socket.SHUT_RDWR)
        return True

    def read_in_large_pieces(self, connection: Any) -> None:
        """Set it, where this pika knows it by that name."""
        transport = getattr(connection, "_transport", None)
        if transport is not None and hasattr(transport, "_MAX_RECV_BYTES"):
            transport._MAX_RECV_BYTES = _LARGE_PIECE  # noqa: SLF001 - the module is for this

    def read_properties(self, properties: Any) -> ReceivedProperties:
        """Return them as they are: the connection has read them."""
        received: ReceivedProperties = properties
        return received

    def write_properties(self, properties: Properties) -> Any:
        """Return them as they are: a frame takes them."""
        return properties


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

    def read_properties(self, properties: Any) -> ReceivedProperties:
        """Return what pika has read."""
        found = {name: value for name, value in vars(properties).items() if value is not None}
        return ReceivedProperties.of(found.pop("headers", None) or {}, found)

    def write_properties(self, properties: Properties) -> Any:
        """Return them as pika writes them."""
        return BasicProperties(headers=dict(properties.headers), **properties.others)


def find_differences(connection: type[Any] = SelectConnection, header: type[Any] = Header) -> list[str]:
    """Return what looks different in this pika from what is relied on."""
    checks = (
        ("_adapter_emit_data", lambda: _takes(connection._adapter_emit_data, ["self", "data"])),  # noqa: SLF001
        ("_transport", lambda: "_transport" in connection._adapter_emit_data.__code__.co_names),  # noqa: SLF001
        ("_read_frame", lambda: _takes(connection._read_frame, ["self"]) and _reads_a_frame(connection)),  # noqa: SLF001
        ("frame.Header", lambda: _writes_properties(header)),
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


def _writes_properties(header: type[Any]) -> bool:
    ours = header(1, 5, Properties({}, {"content_type": "a"})).marshal()
    return bool(ours == Header(1, 5, BasicProperties(content_type="a", headers={})).marshal())
