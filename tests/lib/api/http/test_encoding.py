"""Compressed bodies, however they are cut."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.http.encoding import Decoder, decoder_of
from lib.api.http.errors import WrongEncoding

if TYPE_CHECKING:
    from collections.abc import Callable

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :]),
    "deflate": zlib.compress,
    "deflate, bare": lambda data: zlib.compress(data, wbits=-zlib.MAX_WBITS),
}


def unpacked(decoder: Decoder, packed: bytes, at_once: int) -> bytes:
    pieces = [packed[start : start + at_once] for start in range(0, len(packed), at_once)]
    found = b"".join(part for piece in pieces for part in decoder.decode(piece))
    decoder.finish()
    return found


@pytest.mark.parametrize("name", PACKED)
@given(data=st.binary(max_size=300), at_once=st.sampled_from([2, 7, 10_000]))
def test_a_body_is_what_was_packed(name: str, data: bytes, at_once: int) -> None:
    decoder = decoder_of(name.partition(",")[0])
    assert decoder is not None
    assert unpacked(decoder, PACKED[name](data), at_once) == data


def test_a_few_bytes_that_unpack_to_gigabytes_come_in_pieces() -> None:
    pieces = list(Decoder("gzip").decode(gzip.compress(bytes(50_000_000))))
    assert max(map(len, pieces)) <= 1024 * 1024
    assert sum(map(len, pieces)) == 50_000_000


@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"x" * 100)[:-9]])
def test_what_is_not_packed_as_it_says_is_an_error(packed: bytes) -> None:
    with pytest.raises(WrongEncoding):
        unpacked(Decoder("gzip"), packed, 1000)


def test_an_encoding_that_was_not_asked_for_is_an_error() -> None:
    assert decoder_of(None) is decoder_of("identity") is None
    with pytest.raises(WrongEncoding):
        decoder_of("br")
