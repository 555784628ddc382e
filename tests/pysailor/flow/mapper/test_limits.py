"""One call of a function that is large, or slow, by itself: nothing looks at the clock between its steps but itself."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from pysailor.flow.document import FlowExpression
from pysailor.flow.mapper import MapContext, MappingFailed, compile_expression
from pysailor.flow.mapper.errors import LARGEST


def evaluate(text: str, body: Any = None) -> Any:
    return compile_expression(FlowExpression(text)).evaluate(body, MapContext())


def test_distinct_values_of_a_long_list_are_found_in_one_look_at_each() -> None:
    assert evaluate("$count($distinct([1..200000]))") == 200_000


@pytest.mark.parametrize(
    ("given", "distinct"),
    [
        ([1, True, 1.0, "1", None, 0, False, None, True], [1, True, "1", None, 0, False]),
        ([{"a": 1, "b": [1]}, {"b": [1.0], "a": 1}, {"b": [True]}], [{"a": 1, "b": [1]}, {"b": [True]}]),
        ([[1, 2], [2, 1], [1, 2], []], [[1, 2], [2, 1], []]),
    ],
)
def test_values_are_distinct_as_on_the_platform(given: list[Any], distinct: list[Any]) -> None:
    found = evaluate("$distinct(list)", {"list": given})
    assert [(type(one), one) for one in found] == [(type(one), one) for one in distinct]


@pytest.mark.parametrize(
    "text",
    [
        '$replace(text, "a", text)',
        "$replace(text, /a/, text)",
        "$join($map([1..9000], function($n) {text}))",
        "$join(list, text)",
    ],
)
def test_a_text_that_no_message_can_hold_is_refused_before_it_is_made(text: str) -> None:
    body = {"text": "a" * 9000, "list": [""] * 9000}
    tracemalloc.start()
    try:
        with pytest.raises(MappingFailed) as refused:
            evaluate(text, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.reason == "too_large"
    assert peak < 2 * LARGEST
