"""No body of an error, however it is made, takes long to read."""

from __future__ import annotations

import time

import pytest

from lib.errors.api_error import from_answer

MANY = 200_000


@pytest.mark.parametrize(
    "body",
    [
        b"<" * MANY,
        b"<title>" * (MANY // 7),
        b"<html><script>" + b"<script>" * (MANY // 8),
        b"<message>" + b" " * MANY,
        b"<a>" + b"<message> " * (MANY // 10),
        b"data: " * (MANY // 6),
        b"data: x\n" * (MANY // 8),
        b"[" * MANY,
        b'{"error":' * (MANY // 9),
        b'{"error":' * 300 + b"1" + b"}" * 300,
        b'{"message": "' + b"model " * (MANY // 6) + b'"}',
        b'{"message": "' + b"the model does not " * (MANY // 19) + b'"}',
        b'{"message": "' + b"try again in 1m " * (MANY // 16) + b'"}',
        b'{"message": "' + b"1 s and " * (MANY // 8) + b'"}',
        b'{"detail": [' + b'{"msg": "x"},' * (MANY // 13) + b'{"msg": "x"}]}',
        b'{"error": ' + b'"{' * (MANY // 2) + b'"}',
    ],
    ids=range(16),
)
def test_it_is_read_in_a_moment(body: bytes) -> None:
    start = time.process_time()
    assert len(str(from_answer(400, {}, body))) < 2000
    assert time.process_time() - start < 10
