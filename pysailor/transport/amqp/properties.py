"""AMQP's properties of a message, read from a header frame and written into one."""

from __future__ import annotations

import struct
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
        for flag, name, read, _ in _PROPERTIES:
            if flags & flag:
                value, offset = read(content, offset)
                self.others[name] = value
        if "headers" in self.others:
            self.headers = self.others.pop("headers")


class Properties:
    """The properties of a publish, and in `written` as they stand in a frame."""

    __slots__ = ("headers", "others", "written")

    def __init__(self, headers: Mapping[str, Any], others: Mapping[str, Any]) -> None:
        """Write them; raise ValueError if AMQP has no form for one."""
        self.headers, self.others = headers, others
        found = {**others, "headers": headers}
        flags, pieces = 0, [b""]
        try:
            for flag, name, _, write in _PROPERTIES:
                value = found.get(name)
                if value is not None:
                    flags |= flag
                    pieces.append(write(value))
        except (struct.error, ArithmeticError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(f"{name} cannot be written: {error}") from error
        pieces[0] = flags.to_bytes(2, "big")
        self.written = b"".join(pieces)

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
