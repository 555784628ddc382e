"""Pika's connection, with the frames that each message needs read and written without it."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, Final

from pika import SelectConnection
from pika.frame import Header

from .. import frames
from ..properties import ReceivedProperties
from .frame_reader import FrameReader

_MOST_STARTS: Final = 64
_HEARTBEAT: Final = 8


class CorkedConnection(SelectConnection):  # type: ignore[misc]  # pika has no types
    """Writes what one batch brings in one piece, and leaves to pika only the frames that are rare."""

    _frame_buffer: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._held: list[bytes] | None = None
        self._readers: dict[int, FrameReader] = {}
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

    def frame_reader(self, channel: Any) -> FrameReader:
        """Return what takes the frequent frames of this channel, until it is closed."""
        found = self._readers.get(channel.channel_number)
        if found is None:
            found = self._readers[channel.channel_number] = FrameReader()
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
        self._readers.pop(channel.channel_number, None)

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
                reader = self._readers.get(number)
                if reader is None or buffer[end] != frames.END:
                    taken = False
                else:
                    begin, at = at, end + 1
                    taken = reader.take(kind, buffer, begin + frames.START.size, end)
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
