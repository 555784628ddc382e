"""Bytes to server-sent events: what the HTML standard's event stream says, for bytes cut anywhere.

Lines end with CR, LF or CRLF and with nothing else: U+2028 and U+0085 are legal inside JSON. UTF-8 is decoded only
when an event is whole. Comments and pings are keep-alives; they are not passed on and do not count as data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LONGEST_EVENT: Final = (
    64 * 1024 * 1024
)  # an event may hold a whole audio answer; one that never ends must not fill memory

_BOM: Final = b"\xef\xbb\xbf"
_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_PINGS: Final = frozenset({"ping", "heartbeat", "keepalive", "keep-alive"})


class Event(NamedTuple):
    """One event: its data lines joined with LF, and its name ("" for almost all)."""

    data: str
    name: str = ""


class EventTooLong(ValueError):
    """One event is longer than the reader accepts."""


class EventReader:
    """Cuts bytes into events.

    `saw_data` tells whether the last feed brought data, be it a part of a line; a guard against stalls watches it,
    since a server that sends comments is alive but not answering.
    """

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self.saw_data = False
        self._longest = longest
        self._unfinished: list[bytes] = []  # parts of the line whose end has not come
        self._lines: list[bytes] = []  # data lines of the event whose blank line has not come
        self._held = 0  # bytes in both
        self._name = ""
        self._at_start = True
        self._after_cr = False

    def feed(self, received: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete; raise EventTooLong."""
        self.saw_data = False
        if self._after_cr and received:  # CRLF whose two halves came apart: the LF ends nothing
            self._after_cr = False
            received = received.removeprefix(b"\n")
        if b"\n" not in received and b"\r" not in received:
            self._keep(received)
            return []
        self._after_cr = received.endswith(b"\r")
        if self._unfinished:
            received = self._join(received)
        lines = received.splitlines()
        unfinished = b"" if received.endswith((b"\n", b"\r")) else lines.pop()
        events = self._events(lines)
        self._keep(unfinished)
        return events

    def close(self) -> list[Event]:
        """Return the event that the end of the bytes completes, if any: some servers leave out the last blank line."""
        return self._events([self._join(b""), b""])

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._unfinished.append(piece)
            self._held += len(piece)
            self.saw_data = self.saw_data or self._unfinished_is_data()
        if self._held > self._longest:
            raise EventTooLong(f"one event is longer than {self._longest} bytes")

    def _join(self, last: bytes) -> bytes:
        line = b"".join(self._unfinished)
        self._held -= len(line)
        self._unfinished = []
        return line + last

    def _unfinished_is_data(self) -> bool:
        head = self._unfinished[0]
        if len(head) <= len(b"data: "):
            head = b"".join(self._unfinished)
        return head.startswith(b"data:") and head not in (b"data:", b"data: ") and self._name not in _PINGS

    def _events(self, lines: list[bytes]) -> list[Event]:
        if self._at_start and lines:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        events = []
        for line in lines:
            if line.startswith(b"data:"):  # almost every line, so it is asked first
                self._hold(line[6:] if line[5:6] == b" " else line[5:])
            elif line:
                self._field(line)
            else:
                events += self._dispatch()
        return events

    def _hold(self, value: bytes) -> None:
        self._lines.append(value)
        self._held += len(value) + 1
        if value and self._name not in _PINGS:
            self.saw_data = True

    def _field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif line == b"data":  # a field without a colon has an empty value
            self._hold(b"")

    def _dispatch(self) -> list[Event]:
        """Return the event that a blank line ends; without data lines there is none."""
        event = Event(b"\n".join(self._lines).decode("utf-8", "replace"), self._name)
        whole = bool(self._lines) and self._name not in _PINGS
        self._held = 0
        self._lines, self._name = [], ""
        return [event] if whole else []


def looks_like_sse(first_bytes: bytes, content_type: str = "") -> bool:
    """Return whether an answer is an event stream.

    Its first bytes decide, since servers send streams as text/plain or without a type, and JSON as a stream; only
    where they are too few to tell, the content type does.
    """
    head = first_bytes.removeprefix(_BOM).lstrip()
    if head.startswith(_FIELDS):
        return True
    if head and not any(field.startswith(head) for field in _FIELDS):
        return False
    return "event-stream" in content_type.lower()
