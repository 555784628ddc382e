"""Patterns take time in proportion to the text, explanations an amount of memory that is bounded."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from pysailor import BrokenComponent
from pysailor.metadata import Schema
from tests.support.schemas import settle

PROMPT = (
    20.0  # seconds of a slow machine whose memory is full of what other tests left; what has no bound takes minutes
)


REFUSED_PATTERNS = [
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(?<!a)b",
    r"(a)\1",
    "(?P<n>a)(?P=n)",
    r"\k<n>",
    "(?>a+)b",
    "(?(1)a|b)",
    "(?#note)a",
    "^(?:(?:a{1,50}){1,50}){1,50}$",
    "a{1000000}",
    "(" * 500 + ")" * 500,
    "[",
    "(",
    "*",
    "\\",
]


SLOW_ELSEWHERE = [
    "^(a+)+$",
    r"^(\w+\s?)*$",
    "(a|aa)+$",
    "(.*a){25}!!",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    r"[\s\S]*x[\s\S]*y[\s\S]*z$",
    "(x+x+)+y",
    "^(a?){60}a{60}$",
    "^((((((((a*)*)*)*)*)*)*)*)b$",
    r"(\d{1,3}){1,3000}x",
    r"^\S+@\S+\.\S+$",
    r"^(\d+)*x$",
]


@pytest.mark.parametrize("pattern", SLOW_ELSEWHERE)
def test_patterns_take_time_in_proportion_to_the_text(pattern: str) -> None:
    settle({"type": "string"}, 1)
    fits, faults, seconds = settle(
        {"properties": {"a": {"pattern": pattern}}, "additionalProperties": False}, {"a": "a" * 5000 + " !", "b": 1}
    )
    assert not fits
    assert faults
    assert seconds < PROMPT


@pytest.mark.parametrize("pattern", REFUSED_PATTERNS)
def test_a_pattern_that_cannot_be_linear_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(BrokenComponent, match=r"/properties/a/pattern: .* linear time") as refused:
        Schema({"properties": {"a": {"pattern": pattern}}})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("rule", [{"type": "object"}, {"type": "array"}])
def test_a_body_with_100_000_wrong_items_takes_memory_in_proportion(rule: Any) -> None:
    schema = Schema({"properties": {"items": {"type": "array", "items": {"anyOf": [rule, {"const": 1}, rule]}}}})
    body = {"items": ["wrong"] * 100_000}
    settle({"type": "string"}, 1)
    tracemalloc.start()
    try:
        _, faults = schema.fit(body)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 2 <= len(faults) <= 101
    assert faults[-1].message.endswith("more faults than are told here")
    assert most < 15 * len(json.dumps(body))
