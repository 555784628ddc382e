"""JSON as servers write it, read fast where that gives the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


PARTS = st.sampled_from(
    ["{", "}", '"a": ', '"\u00e9"', '"\\ud83d"', "1e400", "NaN", "-0", "1.0", "9" * 19, ", ", " ", "\x00"]
)


@given(st.lists(PARTS, max_size=6).map("".join) | st.text(max_size=8), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_what_is_plain_is_what_a_closer_look_finds_too(inside: str, encoding: str) -> None:
    content = f"{{{inside}}}".encode(encoding, "replace")
    plain = lenient_json.parse_plain(content)
    if plain is not None:
        text, odd = lenient_json.decode(content)
        documents, odder = lenient_json.parse_all(text)
        assert (repr(documents), odd, odder) == (repr([plain]), (), ())
