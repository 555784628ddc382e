"""What befalls a reply on its way through the socket: late, stalled, cut off, or in awkward packets."""

from __future__ import annotations

from dataclasses import replace

from . import errors
from .chunks import DONE
from .reply import EVENTS, Packet, SandboxReply, encode

Packets = list[Packet]

_BEATS_A_STALL = 20
_AWKWARD_BYTES = 61  # in a packet
_FIRST_OF_SEVERAL = 0xC0  # UTF-8: here begins a character of several bytes


def delay(reply: SandboxReply, slow: float) -> SandboxReply:
    """Let a reply wait before its first byte."""
    return replace(reply, wait=slow)


def break_json(reply: SandboxReply, _slow: float) -> SandboxReply:
    """End the body midway, its length in keeping."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def send_half(reply: SandboxReply, _slow: float) -> SandboxReply:
    """Close the connection after half of the body."""
    return replace(reply, sent=len(reply.body) // 2)


def _build_stream(packets: Packets, *, hangs_up: bool = False) -> SandboxReply:
    return SandboxReply(media=EVENTS, packets=tuple(packets), hangs_up=hangs_up)


def _first_half(packets: Packets) -> Packets:
    return packets[: max(1, len(packets) // 2)]


def delay_stream(packets: Packets, slow: float) -> SandboxReply:
    """Let a stream wait before its first packet."""
    return replace(_build_stream(packets), wait=slow)


def stall(packets: Packets, slow: float) -> SandboxReply:
    """Let a stream wait midway."""
    start = _first_half(packets)
    return _build_stream([*start, replace(packets[len(start)], wait=slow), *packets[len(start) + 1 :]])


def stall_with_comments(packets: Packets, slow: float) -> SandboxReply:
    """Send only comments midway, for as long."""
    start = _first_half(packets)
    beats = [Packet(b": keep-alive\n\n", slow / _BEATS_A_STALL)] * _BEATS_A_STALL
    return _build_stream([*start, *beats, *packets[len(start) :]])


def cut_stream(packets: Packets, _slow: float) -> SandboxReply:
    """Close the connection midway."""
    return _build_stream(_first_half(packets), hangs_up=True)


def end_early(packets: Packets, _slow: float) -> SandboxReply:
    """End a stream midway, in good order."""
    return _build_stream(_first_half(packets))


def insert_error(packets: Packets, _slow: float) -> SandboxReply:
    """End a stream midway with an error event."""
    error = encode({"error": errors.overloaded().error})
    return _build_stream([*_first_half(packets), Packet(b"data: %b\n\n" % error)])


def drop_done(packets: Packets, _slow: float) -> SandboxReply:
    """Leave [DONE] out."""
    return _build_stream([packet for packet in packets if packet.data != DONE])


def send_comments(packets: Packets, _slow: float) -> SandboxReply:
    """Send the same stream as awkwardly as the rules allow: CRLF, comments, packets that end inside a character."""
    lines = b": sandbox, not a model\r\n\r\n" + b"".join(
        b": still working\r\n" + packet.data.replace(b"\n", b"\r\n") for packet in packets
    )
    first = next((at for at, byte in enumerate(lines) if byte >= _FIRST_OF_SEVERAL), 0)
    cuts = [0, *range((first + 1) % _AWKWARD_BYTES or _AWKWARD_BYTES, len(lines), _AWKWARD_BYTES)]
    return _build_stream([Packet(lines[start:end]) for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)])
