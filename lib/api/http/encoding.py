"""A body that comes compressed, unpacked piece by piece."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .errors import WrongEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPTED = "gzip, deflate"

_GZIP = 16 + zlib.MAX_WBITS
_MOST_AT_ONCE = 1024 * 1024  # a few bytes may unpack to gigabytes; the reader stops at its own limit in between


class Decoder:
    """Unpacks gzip, of one or several members, or deflate, with or without zlib's head."""

    def __init__(self, encoding: str) -> None:
        self._is_gzip = encoding in ("gzip", "x-gzip")
        self._started = False
        self._inner = zlib.decompressobj(_GZIP if self._is_gzip else zlib.MAX_WBITS)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data unpacks to, in pieces of at most 1 MiB; raise WrongEncoding."""
        while data:
            if self._inner.eof:
                if not self._is_gzip:
                    return  # what follows the end of deflate means nothing
                self._inner = zlib.decompressobj(_GZIP)
            yield self._unpack(data)
            data = self._inner.unconsumed_tail or self._inner.unused_data

    def finish(self) -> None:
        """Raise WrongEncoding unless the data had come to its end."""
        if self._started and not self._inner.eof:
            raise WrongEncoding

    def _unpack(self, data: bytes) -> bytes:
        try:
            unpacked = self._inner.decompress(data, _MOST_AT_ONCE)
        except zlib.error as fault:
            if self._started or self._is_gzip:
                raise WrongEncoding from fault
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            self._started = True
            return self._unpack(data)
        self._started = True
        return unpacked


def decoder_of(encoding: str | None) -> Decoder | None:
    """Return what unpacks a body with this Content-Encoding; None where nothing is packed. Raise WrongEncoding."""
    name = (encoding or "identity").strip().lower()
    if name in ("identity", ""):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return Decoder(name)
    raise WrongEncoding(name)
