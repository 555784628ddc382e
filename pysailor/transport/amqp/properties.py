"""AMQP's properties of a message, read from a header frame and written into one."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

from .tables import Read, Write, read_number, read_short, read_table, write_short, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping

BASIC: Final = 60
"""The class of a message's properties, among AMQP's classes of methods."""


class ReceivedProperties:
    """The properties of a delivery: its headers, and by name the others that were set."""

    __slots__ = ("headers", "others")

    @classmethod
    def of(cls, headers: Mapping[str, Any], others: dict[str, Any]) -> Self:
        """Return what another has read."""
        made = cls(b"\0\0")
        made.headers, made.others = headers, others
        return made

    def __init__(self, content: bytes, offset: int = 0) -> None:
        """Read a header frame's content from its flags on."""
        flags, offset = _FLAGS(content, offset)
        self.headers: Mapping[str, Any] = {}
        self.others: dict[str, Any] = {}
        for name, read in _find_readers(flags):
            self.others[name], offset = read(content, offset)
        if "headers" in self.others:
            self.headers = self.others.pop("headers")


class Properties:
    """The properties of a publish, and in `written` as they stand in a frame."""

    __slots__ = ("headers", "others", "written")

    def __init__(self, headers: Mapping[str, Any], others: Mapping[str, Any]) -> None:
        """Write them; raise ValueError if AMQP has no form for one."""
        self.headers, self.others = headers, others
        try:
            before, after = _write_others(tuple(others.items()))
        except TypeError:  # a value that no property has: it is named below
            before, after = _write_others.__wrapped__(tuple(others.items()))
        try:
            self.written = before + write_table(headers) + after
        except _UNWRITABLE as error:
            raise ValueError(f"headers cannot be written: {error}") from error

    def __len__(self) -> int:
        """Return how many bytes they take."""
        return len(self.written)


_MOMENT: Final = read_number("Q")
_FLAGS: Final = read_number("H")
_OCTET: Final = read_number("B")
_WRITE_OCTET: Final[Write] = struct.Struct("B").pack
_WRITE_SECONDS: Final[Write] = struct.Struct(">Q").pack
_ORDER: Final[tuple[tuple[str, Read, Write], ...]] = (
    ("content_type", read_short, write_short),
    ("content_encoding", read_short, write_short),
    ("headers", read_table, write_table),
    ("delivery_mode", _OCTET, _WRITE_OCTET),
    ("priority", _OCTET, _WRITE_OCTET),
    ("correlation_id", read_short, write_short),
    ("reply_to", read_short, write_short),
    ("expiration", read_short, write_short),
    ("message_id", read_short, write_short),
    ("timestamp", _MOMENT, _WRITE_SECONDS),
    ("type", read_short, write_short),
    ("user_id", read_short, write_short),
    ("app_id", read_short, write_short),
    ("cluster_id", read_short, write_short),
)
_PROPERTIES: Final = tuple((1 << (15 - place), *each) for place, each in enumerate(_ORDER))
"""AMQP's properties in the order in which they stand in a frame, each with its flag."""
_UNWRITABLE: Final = (struct.error, ArithmeticError, RecursionError, TypeError, ValueError)
_MOST_KINDS: Final = 64


@lru_cache(maxsize=_MOST_KINDS)
def _find_readers(flags: int) -> tuple[tuple[str, Read], ...]:
    """Return what reads the properties of these flags. Most messages have the same ones."""
    return tuple((name, read) for flag, name, read, _ in _PROPERTIES if flags & flag)


@lru_cache(maxsize=_MOST_KINDS)
def _write_others(others: tuple[tuple[str, Any], ...]) -> tuple[bytes, bytes]:
    """Return flags and properties as they stand before and after the headers; raise ValueError as `Properties` does."""
    found, flags = {**dict(others), "headers": ()}, 0
    pieces: dict[str, bytes] = {}
    for flag, name, _, write in _PROPERTIES:
        value = found.get(name)
        if value is None:
            continue
        flags |= flag
        try:
            pieces[name] = write(value) if name != "headers" else b""
        except _UNWRITABLE as error:
            raise ValueError(f"{name} cannot be written: {error}") from error
    names = list(pieces)
    at = names.index("headers")
    before, after = (b"".join(map(pieces.__getitem__, part)) for part in (names[:at], names[at:]))
    return flags.to_bytes(2, "big") + before, after
