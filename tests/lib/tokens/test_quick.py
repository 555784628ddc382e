"""A long text is sampled where only its rough length matters."""

from __future__ import annotations

import random
import time

import pytest

from lib.tokens.tokenizer import ENCODING, counter

WORDS = ["the", "invoice", "42", "Überweisung", "is", "due", "on", "Monday", "\n", "и", "total:", "x=1;"]


@pytest.fixture(scope="module")
def text() -> str:
    return " ".join(random.Random(7).choices(WORDS, k=250_000))  # noqa: S311 - a text


def test_a_quick_count_is_within_a_few_percent(text: str) -> None:
    quick, exact = counter(ENCODING, quick=True), counter(ENCODING)
    assert quick is not None
    assert exact is not None
    assert quick(text) == pytest.approx(exact(text), rel=0.1)


def test_a_megabyte_is_counted_many_times_as_fast(text: str) -> None:
    assert len(text) > 1_000_000
    taken = {}
    for quick in (True, False):
        count = counter(ENCODING, quick=quick)
        assert count is not None
        count("load the vocabulary")
        start = time.process_time()
        count(text)
        taken[quick] = time.process_time() - start
    assert taken[True] < taken[False] / 5


def test_a_short_text_is_counted_exactly() -> None:
    quick, exact = counter(ENCODING, quick=True), counter(ENCODING)
    assert quick is not None
    assert exact is not None
    assert quick("word " * 10_000) == exact("word " * 10_000)
