"""The frames that every message needs, read and written here instead of by pika: they are most of what it costs.

deliver, with its header and bodies   in: a message of ours to work on
confirm (basic.ack, basic.nack)       in: the broker has what we published, or has no room for it
publish, with its header and bodies   out
ack, reject                           out

All other frames, and any of these that looks odd, are pika's. Nothing here knows pika or a socket.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from .properties import BASIC

if TYPE_CHECKING:
    from .properties import Properties

METHOD: Final = 1
HEADER: Final = 2
BODY: Final = 3
END: Final = 0xCE
START: Final = struct.Struct(">BHI")
"""A frame's kind, its channel, and how many bytes follow before its end."""
AROUND: Final = START.size + 1
"""Bytes of a frame that are not its content."""

_PUBLISH, _DELIVER, _ACK, _REJECT, _NACK = 40, 60, 80, 90, 120
_METHOD: Final = struct.Struct(">HH")
_TAG: Final = struct.Struct(">Q")
_TAG_AND_FLAGS: Final = struct.Struct(">HHQB")
_SETTLEMENT: Final = struct.Struct(">BHIHHQBB")
_HEADER_START: Final = struct.Struct(">BHIHHQ")
_HEADER: Final = struct.Struct(">HHQ")
_DELIVER_START: Final = _METHOD.pack(BASIC, _DELIVER)
_CONFIRMS: Final = (_METHOD.pack(BASIC, _ACK), _METHOD.pack(BASIC, _NACK))
_END: Final = bytes((END,))
_MANDATORY, _MULTIPLE, _REDELIVERED = 1, 1, 1


class Deliver(NamedTuple):
    """What a delivery's first frame says."""

    consumer_tag: bytes
    tag: int
    redelivered: bool


class Confirm(NamedTuple):
    """Which publishes the broker has, or with `refused` has not; `multiple` means all until this tag."""

    tag: int
    multiple: bool
    refused: bool


def read_deliver(buffer: bytes, begin: int, end: int) -> Deliver | None:
    """Return what the method between the two offsets says; None if it is not a delivery, or not a sound one."""
    if buffer[begin : begin + 4] != _DELIVER_START:
        return None
    begin += 4
    tag_at = _after_short(buffer, begin, end)
    exchange_at = tag_at + _TAG.size + 1
    if exchange_at >= end or _after_short(buffer, _after_short(buffer, exchange_at, end), end) != end:
        return None
    (tag,) = _TAG.unpack_from(buffer, tag_at)
    return Deliver(buffer[begin + 1 : tag_at], tag, bool(buffer[exchange_at - 1] & _REDELIVERED))


def read_confirm(buffer: bytes, begin: int, end: int) -> Confirm | None:
    """Return what the method between the two offsets says; None if it is not a confirm."""
    if end - begin != _TAG_AND_FLAGS.size or buffer[begin : begin + 4] not in _CONFIRMS:
        return None
    _, method, tag, flags = _TAG_AND_FLAGS.unpack_from(buffer, begin)
    return Confirm(tag, bool(flags & _MULTIPLE), method == _NACK)


def read_header(buffer: bytes, begin: int, end: int) -> tuple[int, int] | None:
    """Return how many bytes of body follow, and where the properties begin; None if they are not a message's."""
    if end - begin < _HEADER.size + 2:
        return None
    kind, _, size = _HEADER.unpack_from(buffer, begin)
    return (size, begin + _HEADER.size) if kind == BASIC else None


def publish_start(channel: int, exchange: str, routing_key: str, *, mandatory: bool) -> bytes:
    """Return the first frame of a publish; raise ValueError if a name is longer than AMQP allows."""
    arguments = b"".join(
        (
            _METHOD.pack(BASIC, _PUBLISH),
            b"\0\0",
            _short(exchange),
            _short(routing_key),
            bytes((_MANDATORY * mandatory,)),
        )
    )
    return START.pack(METHOD, channel, len(arguments)) + arguments + _END


def content_frames(channel: int, properties: Properties, content: bytes, frame_max: int) -> list[bytes]:
    """Return a message's header and its bodies, each frame with no more than `frame_max` bytes."""
    written, size = properties.written, len(content)
    pieces = [_HEADER_START.pack(HEADER, channel, _HEADER.size + len(written), BASIC, 0, size), written]
    longest = frame_max - AROUND
    if size <= longest:
        if size:
            pieces += (_END + START.pack(BODY, channel, size), content)
    else:
        for begin in range(0, size, longest):
            piece = content[begin : begin + longest]
            pieces += (_END + START.pack(BODY, channel, len(piece)), piece)
    pieces.append(_END)
    return pieces


def count_content_frames(size: int, frame_max: int) -> int:
    """Return how many frames `content_frames` makes of a content of this size."""
    longest = frame_max - AROUND
    return 1 + -(-size // longest)


def ack(channel: int, tag: int) -> bytes:
    """Return the frame that says: this delivery is done."""
    return _SETTLEMENT.pack(METHOD, channel, _TAG_AND_FLAGS.size, BASIC, _ACK, tag, 0, END)


def reject(channel: int, tag: int, *, requeue: bool) -> bytes:
    """Return the frame that gives a delivery back, or drops it."""
    return _SETTLEMENT.pack(METHOD, channel, _TAG_AND_FLAGS.size, BASIC, _REJECT, tag, requeue, END)


def _after_short(buffer: bytes, at: int, end: int) -> int:
    """Return where the short text that begins there ends; beyond `end` if it does not fit."""
    return at + 1 + buffer[at] if at < end else end + 1


def _short(text: str) -> bytes:
    content = text.encode()
    return bytes((len(content),)) + content
