"""JSON as servers write it, read fast where that gives the same."""

from __future__ import annotations

import pytest

from lib.api import lenient_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"seed": 123456789012345678901234567890}', 123456789012345678901234567890, id="a long number"),
        pytest.param('{"seed": -9223372036854775809}', -9223372036854775809, id="one below 64 bits"),
        pytest.param('{"seed": 1e400}', None, id="a number without bound"),
        pytest.param('{"seed": "\\ud83d"}', "\ud83d", id="half a character, escaped"),
        pytest.param('{"seed": "\ud83d"}', "\ud83d", id="half a character"),
        pytest.param('{"seed": 1.0}', 1.0, id="a float that is whole"),
    ],
)
def test_what_is_read_fast_is_read_as_exactly_as_the_rest(text: str, value: object) -> None:
    ((document,), _) = lenient_json.parse_all(text)
    assert document == {"seed": value}
    assert type(document["seed"]) is type(value)
