"""What a server may do to a body to make it smaller, undone piece by piece (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP: Final = ("gzip", "x-gzip")
_DEFLATE: Final = "deflate"
_GZIP_MAGIC: Final = 0x1F
_ZLIB_METHOD: Final = 8
_MOST: Final = 65_536
"""Bytes that are made at once of however few."""


def decode(pieces: Iterator[bytes], encodings: str) -> Iterator[bytes]:
    """Return the body as it was before the encodings of its header, which are undone up to the first unknown one.

    Raise zlib.error where it is not what its header says, or has no end. An empty body has no encoding.
    """
    for encoding in reversed([each.strip() for each in encodings.lower().split(",")]):
        if encoding not in (*_GZIP, _DEFLATE):
            break
        pieces = _inflate(pieces, encoding)
    return pieces


def _inflate(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder: Any = None
    for piece in pieces:
        rest = piece
        while rest:
            if decoder is None or decoder.eof:
                if decoder is not None and rest[0] != _GZIP_MAGIC:
                    return  # gzip may have several members; whatever else follows the end belongs to none
                decoder = zlib.decompressobj(_window(encoding, rest[0]))
            yield from _decompress(decoder, rest)
            rest = decoder.unused_data
    if decoder is not None and not decoder.eof:
        raise zlib.error("the compressed body has no end")


def _decompress(decoder: Any, data: bytes) -> Iterator[bytes]:
    found = decoder.decompress(data, _MOST)
    while found:
        yield found
        found = decoder.decompress(decoder.unconsumed_tail, _MOST)


def _window(encoding: str, first: int) -> int:
    """Return zlib's `wbits`: servers mean two things by deflate, of which only one has a header."""
    if encoding != _DEFLATE:
        return zlib.MAX_WBITS + 16
    return zlib.MAX_WBITS if first & 0x0F == _ZLIB_METHOD else -zlib.MAX_WBITS
