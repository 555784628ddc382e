"""JSON as JavaScript reads and writes it."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pysailor.wire import json_text


def test_a_number_of_more_digits_than_python_reads_is_infinite_as_in_javascript() -> None:
    read = json_text.read(b'{"n": %s, "m": 7}' % (b"9" * 5000))
    assert (math.isinf(read["n"]), read["m"]) == (True, 7)
    assert json_text.write(read) == b'{"n":null,"m":7}'


@pytest.mark.parametrize("content", [b"NaN", b"{", b"\xff", b"[" * 100_000, b"9" * 5000 + b"x"])
def test_what_is_not_json_is_an_error_that_does_not_quote_it(content: bytes) -> None:
    with pytest.raises(json_text.NotJson, match=r"not JSON|nested too deeply"):
        json_text.read(content)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(exclude_categories=()), max_size=30)  # half surrogate pairs among them
NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats() | st.floats(-100, 100).map(round).map(float)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
JSON_LIKE = st.text('0123456789.eE+-[]{}:,"\\ud8aNtruefalsnIfinity \n\x00é', max_size=40)


def as_javascript(value: Any) -> Any:
    """Return what JSON.stringify makes of the numbers in a value."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, (list, tuple)):
        return [as_javascript(item) for item in value]
    return {key: as_javascript(member) for key, member in value.items()} if isinstance(value, dict) else value


@PATIENT
@given(VALUES)
@example({"n": 1.0, "text": "1.0", "big": 2**64, "bigger": 2**64 + 1, "least": -(2**63) - 1})
@example([math.nan, math.inf, -0.0, 1e16, 1e22, 5e-324, "\ud800", "\u2028\x7f\x00"])
def test_what_is_written_reads_as_the_same_value_with_numbers_as_javascript_has_them(value: Any) -> None:
    written = json_text.write(value)
    assert repr(json.loads(written)) == repr(as_javascript(value))
    assert b"\n" not in written


@PATIENT
@given(VALUES, st.booleans(), st.sampled_from([(",", ":"), (" , ", " : ")]))
@example([2**53 + 1, 10**18, 10**19, 2**63, 2**64, -(2**64), 123456789012345678901234567890], True, (",", ":"))
@example([1.0, -0.0, 1e300, 0.1234567890123456789], True, (",", ":"))
def test_any_json_is_read_as_json_reads_it(value: Any, ascii_only: bool, separators: tuple[str, str]) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    with suppress(UnicodeEncodeError):
        if "NaN" not in text and "Infinity" not in text:
            assert repr(json_text.read(text.encode())) == repr(json.loads(text))


@PATIENT
@given(JSON_LIKE)
@example("-0")
@example("1e400")
@example('"\\ud800"')
@example("\ufeff1")
@example("[1,]")
def test_a_text_is_json_exactly_if_json_takes_it_for_that(text: str) -> None:
    try:
        wanted = json.loads(text, parse_constant=refuse)
    except ValueError:
        with pytest.raises(json_text.NotJson):
            json_text.read(text.encode())
    else:
        assert repr(json_text.read(text.encode())) == repr(wanted)


def refuse(name: str) -> Any:
    raise ValueError(name)


def test_a_long_number_in_a_long_text_keeps_its_digits() -> None:
    value = {"n": 2**64 + 1, "text": "x" * 300_000}
    assert json_text.read(json_text.write(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (MappingProxyType({"a": MappingProxyType({})}), b'{"a":{}}'),
        ({1: 2, None: 3, 0.5: 1}, b'{"1":2,"null":3,"0.5":1}'),
    ],
)
def test_other_mappings_and_keys_are_written_as_json_writes_them(value: Any, written: bytes) -> None:
    assert json_text.write(value) == written


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", {"a": object()}, {(1, 2): 3}])
def test_what_has_no_form_in_json_is_an_error(value: Any) -> None:
    with pytest.raises(json_text.NotJson, match="cannot be written as JSON"):
        json_text.write(value)


def test_a_value_that_contains_itself_is_an_error() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(json_text.NotJson, match="nested too deeply"):
        json_text.write(value)


def test_what_is_nested_deeper_than_orjson_writes_is_written() -> None:
    value: Any = 1
    for _ in range(300):
        value = [value]
    assert json_text.read(json_text.write(value)) == value
