"""Bytes to server-sent events: what the HTML standard's event stream says, for bytes cut anywhere.

Lines end with CR, LF or CRLF and with nothing else: U+2028 and U+0085 are legal inside JSON. UTF-8 is decoded only
when an event is whole. Comments and pings are keep-alives; they are not passed on and do not count as data.

What servers get wrong is understood all the same, and remarked upon: events that one line end parts instead of two, and
JSON without `data:` before it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .lenient_json import BROKEN_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

ONE_LINE_END: Final = "the events of the stream were parted by one line end instead of two"
NO_DATA_FIELD: Final = 'the stream held JSON without "data:" before it'
NOT_TYPED: Final = "the server did not mark the stream as text/event-stream"

LONGEST_EVENT: Final = (
    64 * 1024 * 1024
)  # an event may hold a whole audio answer; one that never ends must not fill memory

_BOM: Final = b"\xef\xbb\xbf"
_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_LONGEST_FIELD: Final = max(map(len, _FIELDS))
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
    since a server that sends comments is alive but not answering. `remarks` tells what was odd about the bytes.
    """

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self.saw_data = False
        self.remarks: dict[str, None] = {}
        self._longest = longest
        self._unfinished: list[bytes] = []  # parts of the line whose end has not come
        self._lines: list[bytes] = []  # data lines of the event whose blank line has not come
        self._held = 0  # bytes in both
        self._name = ""
        self._next_name: str | None = None  # came after data, so it may belong to the event that follows
        self._bare: list[bytes] = []  # lines of a JSON object that no field holds
        self._at_start = True
        self._after_cr = False

    def feed(self, received: bytes) -> list[Event]:
        """Return the events that the next bytes complete; raise EventTooLong."""
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
                value = line[6:] if line[5:6] == b" " else line[5:]
                if self._lines and _is_next_event(self._lines, value):
                    events += self._dispatch_early()
                self._hold(value)
            elif not line:
                events += self._dispatch()
            elif self._bare or line.lstrip().startswith((b"{", b"[DONE]")):
                events += self._read_bare(line)
            else:
                self._field(line)
        return events

    def _dispatch_early(self) -> list[Event]:
        """Return the event that the next one ends."""
        self.remarks[ONE_LINE_END] = None
        following, self._next_name = self._next_name, None
        events = self._dispatch()
        self._name = following or ""
        return events

    def _read_bare(self, line: bytes) -> list[Event]:
        """Return the event that a line without a field completes."""
        self._bare.append(line)
        self._held += len(line)
        self.saw_data = True
        is_one_line = len(self._bare) == 1 and line.rstrip().endswith((b"}", b"[DONE]"))
        if not is_one_line and line.rstrip() != b"}":
            return []
        self.remarks[NO_DATA_FIELD] = None
        before = self._dispatch()
        self._lines, self._bare = self._bare, []
        return before + self._dispatch()

    def _hold(self, value: bytes) -> None:
        self._lines.append(value)
        self._held += len(value) + 1
        if value and self._name not in _PINGS:
            self.saw_data = True

    def _field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
            if self._lines:
                self._next_name = name
            else:
                self._name = name
        elif field == b"error" and not self._lines:  # no field of the standard, but some servers refuse so
            self._name = "error"
            self._hold(value.removeprefix(b" "))
        elif line == b"data":  # a field without a colon has an empty value
            self._hold(b"")

    def _dispatch(self) -> list[Event]:
        """Return the event that a blank line ends; without data lines there is none."""
        lines, name = self._lines, self._name if self._next_name is None else self._next_name
        self._held = 0
        self._lines, self._name, self._next_name = [], "", None
        return [Event(self._decode(b"\n".join(lines)), name)] if lines and name not in _PINGS else []

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.remarks[BROKEN_BYTES] = None
            return data.decode("utf-8", "replace")


def _is_next_event(held: list[bytes], value: bytes) -> bool:
    """Return whether a data line begins another event although no blank line came: two objects are no one object."""
    return held[0].startswith(b"{") and held[-1].rstrip().endswith(b"}") and value.startswith((b"{", b"[DONE]"))


def as_events(documents: Iterable[Any]) -> bytes:
    """Return JSON values as an event stream."""
    return b"".join(b"data: " + json.dumps(document).encode() + b"\n\n" for document in documents)


def is_undecided(first_bytes: bytes) -> bool:
    """Return whether the first bytes are too few to tell a stream from JSON."""
    head = first_bytes.lstrip()
    if _BOM.startswith(head):
        return True
    head = head.removeprefix(_BOM).lstrip()
    return len(head) < _LONGEST_FIELD and any(field.startswith(head) and field != head for field in _FIELDS)


def looks_like_sse(first_bytes: bytes, content_type: str = "") -> bool:
    """Return whether an answer is an event stream.

    Its first bytes decide, since servers send streams as text/plain or without a type, and JSON as a stream; only
    where they are too few to tell, the content type does.
    """
    head = first_bytes.removeprefix(_BOM).lstrip()
    if head.startswith(_FIELDS) or (head.startswith(b"error:") and "event-stream" in content_type.lower()):
        return True
    if len(head) > _LONGEST_FIELD or (head and not any(field.startswith(head) for field in _FIELDS)):
        return False
    return "event-stream" in content_type.lower()
