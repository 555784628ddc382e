"""AMQP's values and header tables, read and written here instead of by pika.

pika 1.4 fails at a timestamp beyond the year 9999, and the broker would bring that message again for ever; it cuts the
fraction off a float and cannot write one. Here whatever the broker delivers can be read, and goes out as it came in.
It also costs a third less, which pays for having it.
"""

from __future__ import annotations

import calendar
import logging
import math
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

LOG = logging.getLogger(__name__)

_LONGEST_SHORT: Final = 255
_DEEPEST: Final = 50
_OFTEN_THE_SAME: Final = 128
"""Characters. Longer texts are not kept."""
_SIZE: Final = struct.Struct(">I")
_INTEGER: Final = struct.Struct(">ci")
_LONG: Final = struct.Struct(">cq")
_TEXT: Final = struct.Struct(">cI")
_UNREADABLE: Final = (LookupError, ValueError, ArithmeticError, struct.error)

Read = Callable[[bytes, int], tuple[Any, int]]
"""Returns the value at an offset, and where the next one begins."""
Write = Callable[[Any], bytes]


class Timestamp(int):
    """Seconds that no datetime can hold. Milliseconds by mistake, mostly."""


# --- reading -------------------------------------------------------------------------------------------------------


def read_table(content: bytes, offset: int, depth: int = 0) -> tuple[dict[Any, Any], int]:
    """Return a table, and where it ends. What cannot be read is left out, with all that follows it in this table."""
    begin = offset + 4
    end = begin + _SIZE.unpack_from(content, offset)[0]
    table: dict[Any, Any] = {}
    offset = begin
    try:
        while offset < end:
            name_end = offset + 1 + content[offset]
            name, offset = _name(content[offset + 1 : name_end]), name_end
            kind = content[offset]
            if kind == _S:
                table[name], offset = _read_long(content, offset + 1)
            else:
                table[name], offset = _read_value(kind, content, offset + 1, depth)
    except _UNREADABLE as error:
        LOG.warning("a header cannot be read (%s): %d were read before it", type(error).__name__, len(table))
    return table, end


def _read_value(kind: int, content: bytes, offset: int, depth: int) -> tuple[Any, int]:
    read = _READERS.get(kind)
    if read is not None:
        return read(content, offset)
    if depth == _DEEPEST:
        raise ValueError("it is nested too deep: it could be read, but not be written again")
    return _NESTED[kind](content, offset, depth + 1)


def read_short(content: bytes, offset: int) -> tuple[str | bytes, int]:
    end = offset + 1 + content[offset]
    return _as_text(content[offset + 1 : end]), end


def _read_long(content: bytes, offset: int) -> tuple[str | bytes, int]:
    begin = offset + 4
    end = begin + _SIZE.unpack_from(content, offset)[0]
    return _as_text(content[begin:end]), end


@lru_cache(maxsize=1024)
def _name(content: bytes) -> str | bytes:
    """Return a header's name. The same dozen comes with each message."""
    return _as_text(content)


def _as_text(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _read_bytes(content: bytes, offset: int) -> tuple[bytes, int]:
    begin = offset + 4
    end = begin + _SIZE.unpack_from(content, offset)[0]
    return content[begin:end], end


def _read_list(content: bytes, offset: int, depth: int) -> tuple[list[Any], int]:
    begin = offset + 4
    end = begin + _SIZE.unpack_from(content, offset)[0]
    items: list[Any] = []
    offset = begin
    while offset < end:
        value, offset = _read_value(content[offset], content, offset + 1, depth)
        items.append(value)
    return items, end


def _read_timestamp(content: bytes, offset: int) -> tuple[Any, int]:
    seconds, end = _MOMENT(content, offset)
    try:
        return datetime.fromtimestamp(seconds, UTC), end
    except (ValueError, OverflowError, OSError):
        return Timestamp(seconds), end


def _read_decimal(content: bytes, offset: int) -> tuple[Decimal, int]:
    places, raw = struct.unpack_from(">Bi", content, offset)
    return Decimal(raw).scaleb(-places), offset + 5


def _read_flag(content: bytes, offset: int) -> tuple[bool, int]:
    return content[offset] != 0, offset + 1


def _read_nothing(_content: bytes, offset: int) -> tuple[None, int]:
    return None, offset


def read_number(form: str) -> Read:
    packed = struct.Struct(">" + form)

    def read(content: bytes, offset: int) -> tuple[Any, int]:
        return packed.unpack_from(content, offset)[0], offset + packed.size

    return read


_MOMENT: Final = read_number("Q")
_S: Final = ord("S")
_READERS: Final[Mapping[int, Read]] = {
    ord(kind): read
    for kind, read in (
        *zip("bBUsuIilLfd", map(read_number, "bBhhHiIqqfd"), strict=True),
        *(("t", _read_flag), ("V", _read_nothing), ("D", _read_decimal), ("T", _read_timestamp)),
        *(("S", _read_long), ("x", _read_bytes)),
    )
}
_NESTED: Final[Mapping[int, Callable[[bytes, int, int], tuple[Any, int]]]] = {
    ord("A"): _read_list,
    ord("F"): read_table,
}


# --- writing -------------------------------------------------------------------------------------------------------


def write_table(table: Mapping[Any, Any]) -> bytes:
    """Return a table as it is sent; raise ValueError, struct.error or TypeError if it cannot be."""
    pieces = []
    for name, value in table.items():
        text, written = _WRITTEN.get(name, _NEVER)
        pieces.append(written if text == value else _write_member(name, value))
    content = b"".join(pieces)
    return _SIZE.pack(len(content)) + content


def _write_member(name: Any, value: Any) -> bytes:
    if type(name) is not str:
        return write_short(name) + _write(value)
    if type(value) is int:
        return _write_name(name) + _write_integer(value)
    if type(value) is not str:
        return _write_name(name) + _write(value)
    written = _write_name(name) + _write_text(value)
    if len(value) <= _OFTEN_THE_SAME and (len(_WRITTEN) < _MOST_NAMES or name in _WRITTEN):
        _WRITTEN[name] = value, written
    return written


_WRITTEN: Final[dict[str, tuple[str, bytes]]] = {}
"""The last header of each name: most are the same in each message of a step."""
_MOST_NAMES: Final = 256
_NEVER: Final = (object(), b"")


@lru_cache(maxsize=_MOST_NAMES)
def _write_name(name: str) -> bytes:
    return write_short(name)


def _write(value: Any) -> bytes:
    if type(value) is int:
        return _write_integer(value)
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"a {type(value).__name__} has no form in AMQP")


def write_short(value: str | bytes) -> bytes:
    content = value if isinstance(value, bytes) else _utf8(value)
    if len(content) > _LONGEST_SHORT:
        raise ValueError(f"a name or property is longer than {_LONGEST_SHORT} bytes")
    return bytes((len(content),)) + content


def _write_text(value: str) -> bytes:
    content = _utf8(value)
    return _TEXT.pack(b"S", len(content)) + content


def _utf8(text: str) -> bytes:
    """Return a text in UTF-8; half characters, which JSON can hold and UTF-8 cannot, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _write_bytes(value: bytes) -> bytes:
    return _TEXT.pack(b"x", len(value)) + value


def _write_integer(value: int) -> bytes:
    return _INTEGER.pack(b"I", value) if -(1 << 31) <= value < 1 << 31 else _LONG.pack(b"l", value)


def _write_float(value: float) -> bytes:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number to RabbitMQ, which closes the connection for it")
    return struct.pack(">cd", b"d", value)


def _write_list(value: list[Any]) -> bytes:
    content = b"".join(map(_write, value))
    return _TEXT.pack(b"A", len(content)) + content


def _write_decimal(value: Decimal) -> bytes:
    places = max(0, -int(value.normalize().as_tuple().exponent))
    return struct.pack(">cBi", b"D", places, int(value.scaleb(places)))


def _write_moment(value: datetime) -> bytes:
    return struct.pack(">cQ", b"T", calendar.timegm(value.utctimetuple()))


_WRITERS: Final[tuple[tuple[Any, Write], ...]] = (
    (str, _write_text),
    (bool, lambda value: b"t\x01" if value else b"t\x00"),
    (Timestamp, lambda value: struct.pack(">cQ", b"T", value)),
    (int, _write_integer),
    (float, _write_float),
    (type(None), lambda _: b"V"),
    (dict, lambda value: b"F" + write_table(value)),
    (list, _write_list),
    (bytes, _write_bytes),
    (datetime, _write_moment),
    (Decimal, _write_decimal),
)
