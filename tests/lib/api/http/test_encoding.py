"""Compressed bodies, however they are cut."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.api.http.encoding import NOT_AS_TOLD, Decoder, decoders_of, unknown_encoding
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
    return found + b"".join(decoder.finish())


@pytest.mark.parametrize("name", PACKED)
@example(data=b"\xe4\x10", at_once=2)
@example(data=b"\xeb\xc0\x00\x00\x91", at_once=2)
@given(data=st.binary(max_size=300), at_once=st.sampled_from([2, 7, 10_000]))
def test_a_body_is_what_was_packed(name: str, data: bytes, at_once: int) -> None:
    (decoder,) = decoders_of(name.partition(",")[0])
    assert unpacked(decoder, PACKED[name](data), at_once) == data


def test_a_few_bytes_that_unpack_to_gigabytes_come_in_pieces() -> None:
    pieces = list(Decoder("gzip").decode(gzip.compress(bytes(50_000_000))))
    assert max(map(len, pieces)) <= 1024 * 1024
    assert sum(map(len, pieces)) == 50_000_000


def test_what_is_not_packed_to_its_end_is_an_error() -> None:
    with pytest.raises(WrongEncoding):
        unpacked(Decoder("gzip"), gzip.compress(b"x" * 100)[:-9], 1000)


JSON = b'{"a": "b", "c": [1, 2, 3]}'


@pytest.mark.parametrize("at_once", [1, 3, 1000])
@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("gzip", JSON),
        ("deflate", JSON),
        ("gzip", b"data: {}\n\n"),
        ("deflate", b"\n\ndata: {}\n\n"),
        ("deflate", gzip.compress(JSON)),
        ("gzip", zlib.compress(JSON)),
    ],
)
def test_the_bytes_count_where_their_name_is_wrong(told: str, sent: bytes, at_once: int) -> None:
    decoder = Decoder(told)
    assert unpacked(decoder, sent, at_once) in (JSON, sent)
    assert decoder.remark == NOT_AS_TOLD


@pytest.mark.parametrize("after", [bytes(20), b"\r\n", b"junk"])
def test_what_follows_the_end_means_nothing(after: bytes) -> None:
    assert unpacked(Decoder("gzip"), gzip.compress(JSON) + after, 1000) == JSON


def test_the_names_of_encodings_come_in_lists_and_say_nothing_where_nothing_is_packed() -> None:
    assert [len(decoders_of(name)) for name in (None, "identity", "UTF-8", "identity, GZIP", "gzip, gzip")] == [
        0,
        0,
        0,
        1,
        2,
    ]
    assert (unknown_encoding("br"), unknown_encoding("identity, gzip")) == ("br", "")
