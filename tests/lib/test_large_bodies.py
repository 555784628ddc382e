"""A body with very many faults costs little more than the body itself."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pysailor.metadata import Schema

_SCHEMA = Schema.load(Path(__file__).parents[2] / "lib" / "schemas" / "sendRequest.in.json")
_MANY = 100_000


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([1] * _MANY, id="numbers for messages"),
        pytest.param([{"role": "user", "content": [1] * _MANY}], id="numbers for parts"),
        pytest.param([{"role": "user"}] * _MANY, id="messages that say nothing"),
    ],
)
def test_a_body_with_a_hundred_thousand_faults_is_refused_at_once_and_in_little_memory(messages: list[Any]) -> None:
    body = {"model": "some-model", "messages": messages}
    _SCHEMA.fit({"model": 1, "messages": [1]})  # what explains is loaded
    tracemalloc.start()
    start = time.process_time()
    _, faults = _SCHEMA.fit(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(faults) == 101
    assert most <= 15 * len(json.dumps(body))
    assert time.process_time() - start < 30


def test_numbers_as_text_are_mended_by_the_fast_validator() -> None:
    body = {"model": "some-model", "temperature": "0.7", "messages": [{"role": "user", "content": "Hello"}] * 100}
    rounds = 20
    start = time.process_time()
    for _ in range(rounds):
        mended, faults = _SCHEMA.fit(body)
    assert (mended["temperature"], body["temperature"], faults) == (0.7, "0.7", [])
    assert (time.process_time() - start) / rounds < 0.002  # 0.1 ms; far below the 30 ms of the slow one on any machine


def test_nulls_are_left_out_of_a_large_body_too() -> None:
    body = {"model": "some-model", "messages": [{"role": "user", "content": "Hello", "name": None}] * 5000}
    mended, faults = _SCHEMA.fit(body)
    assert faults == []
    assert mended["messages"][-1] == {"role": "user", "content": "Hello"}
