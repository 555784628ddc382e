"""What the mapper could not build otherwise is mended."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings

from pysailor.errors import Fault
from pysailor.metadata import Schema
from tests.support.schemas import CHAT, HELLO, JSON


@pytest.mark.parametrize(
    ("field", "built", "meant"),
    [
        ("temperature", "0.5", 0.5),
        ("n", "2", 2),
        ("stream", "true", True),
        ("stop", {"a": "x", "b": "y"}, ["x", "y"]),
        ("functions", {"name": "f"}, [{"name": "f"}]),
        ("functions", {"one": {"name": "f"}, "two": {"name": "g"}}, [{"name": "f"}, {"name": "g"}]),
        ("bias", {"12": "5"}, {"12": 5}),
    ],
)
def test_what_the_mapper_can_build_becomes_what_is_meant(field: str, built: Any, meant: Any) -> None:
    body, faults = CHAT.fit({**HELLO, field: built})
    assert faults == []
    assert body[field] == meant


def test_null_is_left_out_where_nothing_else_is_declared() -> None:
    assert CHAT.fit({**HELLO, "temperature": None, "stop": None}) == (HELLO, [])


def test_null_inside_what_nobody_declared_stays() -> None:
    free = {**HELLO, "metadata": {"default": None}}
    assert CHAT.fit(free) == (free, [])


def test_a_text_that_is_no_number_is_not_guessed_at() -> None:
    assert CHAT.fit({**HELLO, "temperature": "hot"})[1] == [
        Fault("/temperature", 'found text "hot", allowed: a number from 0 to 2')
    ]


def test_mending_leaves_the_original_alone() -> None:
    body = {**HELLO, "stop": {"a": "x"}}
    CHAT.fit(body)
    assert body["stop"] == {"a": "x"}


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_mending_twice_changes_nothing_more(body: Any) -> None:
    once = CHAT.coerce(body)
    assert CHAT.coerce(once) == once


def test_nulls_of_a_large_body_are_left_out_only_where_they_are_refused() -> None:
    row = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": ["string", "null"]}, "c": {}}}
    rows: list[dict[str, Any]] = [{"a": None, "b": None, "c": None, "d": None}, {"a": "1", "b": "2"}] * 4000
    mended, faults = Schema({"type": "array", "items": row}).fit(rows)
    assert faults == []
    assert mended[:2] == [{"b": None, "c": None, "d": None}, {"a": 1, "b": "2"}]
    assert rows[0]["a"] is None


def test_numbers_that_came_as_text_cost_little_more_than_numbers() -> None:
    message = {"type": "object", "properties": {"content": {"anyOf": [{"type": "string"}, {"type": "array"}]}}}
    schema = Schema(
        {"properties": {"temperature": {"type": "number"}, "messages": {"type": "array", "items": message}}}
    )
    body = {"messages": [{"content": "x"}] * 100}

    def fastest(temperature: Any) -> float:
        asked = {**body, "temperature": temperature}
        times = []
        for _ in range(50):
            before = time.perf_counter()
            assert not schema.fit(asked)[1]
            times.append(time.perf_counter() - before)
        return min(times)

    assert fastest("0.7") < 25 * fastest(0.7)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "1" + 400 * "0"])
def test_a_text_that_is_no_finite_number_stays_what_it_is(text: str) -> None:
    assert CHAT.fit({**HELLO, "temperature": text})[1] == [
        Fault("/temperature", f"found {_quote(text)}, allowed: a number from 0 to 2")
    ]


def _quote(text: str) -> str:
    return f'text "{text}"' if len(text) < 50 else f'text "{text[:59]}… ({len(text)} characters)'


ONE_OF_TWO = [{"required": ["a"]}, {"required": ["b"]}]


@pytest.mark.parametrize("rule", [{"type": "object", "anyOf": ONE_OF_TWO}, {"anyOf": ONE_OF_TWO}])
def test_an_object_that_lacks_something_does_not_become_a_list_to_escape_the_rule(rule: Any) -> None:
    body, faults = Schema({"properties": {"part": rule}}).fit({"part": {}})
    assert body == {"part": {}}
    assert faults == [Fault("/part", "found an empty object, allowed: one with a or one with b")]


def test_an_object_becomes_the_list_that_is_asked_for_beside_null() -> None:
    schema = Schema({"properties": {"tags": {"type": ["array", "null"]}}})
    assert schema.fit({"tags": {"one": 1}}) == ({"tags": [{"one": 1}]}, [])
