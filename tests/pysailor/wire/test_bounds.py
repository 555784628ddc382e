"""What is larger than a worker takes is refused by name, before it costs time or memory."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysailor.wire.bounds import Bounds, TooMuch, depth_of

SMALL = Bounds(size=100, depth=3, headers=3, header_bytes=40)
values: Any = st.recursive(st.none() | st.integers(), lambda it: st.lists(it) | st.dictionaries(st.text(), it))


def plain_depth(value: Any) -> int:
    """Return the depth, as one writes it without a thought for depth."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(plain_depth, members), default=0)


@given(values)
def test_the_depth_is_counted_level_by_level(value: Any) -> None:
    assert depth_of(value, 100) == plain_depth(value)


@pytest.mark.parametrize(
    ("headers", "content", "said"),
    [
        ({}, b"x" * 101, "101 bytes, and 100 are allowed (PYSAILOR_INPUT_SIZE_LIMIT)"),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, b"", "PYSAILOR_INPUT_HEADERS_LIMIT"),
        ({"a": "x" * 40}, b"", "PYSAILOR_INPUT_HEADER_BYTES_LIMIT"),
        ({"a": {"b": ["x" * 20, "y" * 20]}}, b"", "PYSAILOR_INPUT_HEADER_BYTES_LIMIT"),
        ({"a": [1] * 100_000}, b"", "PYSAILOR_INPUT_HEADER_BYTES_LIMIT"),
    ],
)
def test_what_is_too_much_is_named_with_its_setting(headers: dict[str, Any], content: bytes, said: str) -> None:
    with pytest.raises(TooMuch) as caught:
        SMALL.check(headers, content)
    assert said in str(caught.value)


def test_what_fits_passes() -> None:
    SMALL.check({"a": "x", "b": {"c": 1}}, b"x" * 100)
    SMALL.check_depth({"a": {"b": [1] * 100}}, 300)
    with pytest.raises(TooMuch, match="PYSAILOR_INPUT_DEPTH_LIMIT"):
        SMALL.check_depth({"a": {"b": [[]]}}, 300)


def test_a_usual_message_is_looked_at_in_microseconds() -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}] * 20, "model": "m"}
    headers = {f"x-{number}": "value" for number in range(20)}
    size, bounds = len(json.dumps(body)), Bounds()
    began = time.thread_time()
    for _ in range(1000):
        bounds.check(headers, b"x")
        bounds.check_depth(body, size)
    assert (time.thread_time() - began) / 1000 < 500e-6
