"""JSON as JavaScript reads and writes it."""

from __future__ import annotations

import math

import pytest

from pysailor.wire import json_text


def test_a_number_of_more_digits_than_python_reads_is_infinite_as_in_javascript() -> None:
    read = json_text.read(b'{"n": %s, "m": 7}' % (b"9" * 5000))
    assert (math.isinf(read["n"]), read["m"]) == (True, 7)
    assert json_text.write(read) == b'{"n":null,"m":7}'


@pytest.mark.parametrize("content", [b"NaN", b"{", b"\xff", b"[" * 100_000, b"9" * 5000 + b"x"])
def test_what_is_not_json_is_an_error_that_does_not_quote_it(content: bytes) -> None:
    with pytest.raises(json_text.NotJson, match=r"not JSON|nested too deeply"):
        json_text.read(content)
