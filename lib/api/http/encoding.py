"""A body that comes compressed, unpacked piece by piece."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

from .errors import WrongEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPTED = "gzip, deflate"

NOT_AS_TOLD: Final = "the answer was not compressed as its head said; it was read all the same"

_GZIP, _DEFLATE, _ZLIB, _RAW, _PLAIN = "gzip", "deflate", "zlib", "raw", "plain"
_WINDOW: Final = {_GZIP: 16 + zlib.MAX_WBITS, _ZLIB: zlib.MAX_WBITS, _RAW: -zlib.MAX_WBITS}
_GZIP_HEAD: Final = b"\x1f\x8b"
_MOST_AT_ONCE: Final = 1024 * 1024  # a few bytes may unpack to gigabytes; the reader stops at its own limit in between
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no text has it; what is packed soon does
_ENOUGH: Final = 6  # bytes that tell
_TEXT: Final = tuple(
    start.encode()
    for start in (
        '{"',
        "{ ",
        "{\n",
        "{\r",
        "{}",
        "[{",
        '["',
        "[]",
        "data:",
        "event:",
        ": ",
        "id:",
        "<!",
        "<h",
        "<H",
        "<?",
        "\ufeff",
    )
)


class Decoder:
    """Unpacks what its first bytes say it is: gzip of one or several members, deflate with or without zlib's head.

    The name in the head only decides where the bytes do not; what is not packed at all passes as it is. `remark` is a
    sentence if the name was wrong.
    """

    def __init__(self, encoding: str) -> None:
        self.remark = ""
        self._encoding = encoding
        self._first = b""
        self._kind = ""
        self._inner: Any = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data unpacks to, in pieces of at most 1 MiB; raise WrongEncoding."""
        if not self._kind:
            data = self._first + data
            if len(data.lstrip()) < _ENOUGH:
                self._first = data
                return
            self._first = b""
            self._begin(data)
        if self._kind == _PLAIN:
            yield data
            return
        while data:
            if self._inner.eof:
                data, self._first = self._first + data, b""
                if data == _GZIP_HEAD[:1]:
                    self._first = data  # perhaps the half of a head
                    return
                if not (self._kind == _GZIP and data.startswith(_GZIP_HEAD)):
                    return  # what follows the end means nothing
                self._inner = zlib.decompressobj(_WINDOW[_GZIP])
            yield self._unpack(data)
            data = self._inner.unconsumed_tail or self._inner.unused_data

    def finish(self) -> Iterator[bytes]:
        """Yield what was too short to tell; raise WrongEncoding unless the data had come to its end."""
        if self._first and not self._kind:
            self._begin(self._first)
            short, self._first = self._first, b""
            yield from self.decode(short)
        if self._inner is not None and not self._inner.eof:
            raise WrongEncoding

    def _begin(self, data: bytes) -> None:
        if data.startswith(_GZIP_HEAD):
            self._kind = _GZIP
        elif _is_text(data):
            self._kind = _PLAIN
        elif data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0:
            self._kind = _ZLIB
        else:
            self._kind = _RAW if self._encoding == _DEFLATE else _PLAIN
        if self._kind != _PLAIN:
            self._inner = zlib.decompressobj(_WINDOW[self._kind])
        if (self._kind == _GZIP) != (self._encoding == _GZIP) or self._kind == _PLAIN:
            self.remark = NOT_AS_TOLD

    def _unpack(self, data: bytes) -> bytes:
        try:
            return bytes(self._inner.decompress(data, _MOST_AT_ONCE))
        except zlib.error as fault:
            raise WrongEncoding from fault


def _is_text(data: bytes) -> bool:
    """Return whether bytes begin as an answer in plain text does; what is packed may begin so, but is no UTF-8."""
    if not data.lstrip().startswith(_TEXT) or _CONTROL.search(data[:64]):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:64])  # its last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def decoders_of(encoding: str | None) -> list[Decoder]:
    """Return what unpacks a body with this Content-Encoding, in the order of use; none where nothing is packed."""
    if not encoding:
        return []
    names = encoding.lower().replace("x-gzip", _GZIP).split(",")
    return [Decoder(name.strip()) for name in reversed(names) if name.strip() in (_GZIP, _DEFLATE)]


def unknown_encoding(encoding: str | None) -> str:
    """Return the name of an encoding that was not asked for and cannot be unpacked, "" if there is none."""
    names = [name.strip() for name in (encoding or "").lower().split(",")]
    return next((name for name in names if name in ("br", "zstd", "compress", "x-compress", "dcb", "dcz")), "")


def is_packed(first_bytes: bytes) -> bool:
    """Return whether a body is gzip though its head does not say so."""
    return first_bytes.startswith(_GZIP_HEAD)
