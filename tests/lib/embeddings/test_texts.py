"""Texts are found in a message with their places, and what is none is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.embeddings.length import TokenCounter, estimate, fit_texts
from lib.embeddings.texts import PlacedText, read_texts
from pysailor import InvalidInput

ENCODING = "cl100k_base"


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({"text": "a"}, "text", [("/text", "a")]),
        ({"texts": ["a", 2, 1.5]}, "text", [("/texts/0", "a"), ("/texts/1", "2"), ("/texts/2", "1.5")]),
        ({"items": [{"text": "a"}, {"text": "b"}]}, "text", [("/items/0/text", "a"), ("/items/1/text", "b")]),
        ({"items": [{"product": {"title": "a"}}]}, "product.title", [("/items/0/product/title", "a")]),
        ({"items": [{"a/b": "c"}]}, "a/b", [("/items/0/a~1b", "c")]),
        ({"text": "a", "texts": None}, "text", [("/text", "a")]),
    ],
)
def test_texts_come_with_their_places(body: Any, field: str, expected: list[tuple[str, str]]) -> None:
    assert read_texts(body, field) == tuple(PlacedText(*one) for one in expected)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/text"]),
        ({"text": "a", "items": [{"text": "b"}]}, ["/items"]),
        ({"text": ""}, ["/text"]),
        ({"texts": []}, ["/texts"]),
        ({"texts": "a"}, ["/texts"]),
        ({"texts": ["a", "", None, True, {}, []]}, [f"/texts/{index}" for index in range(1, 6)]),
        ({"items": [{"text": "a"}, {}, "b", {"text": None}]}, ["/items/1/text", "/items/2/text", "/items/3/text"]),
    ],
)
def test_every_place_without_a_text_is_named(body: Any, pointers: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_texts(body, "text")
    assert [fault.pointer for fault in refused.value.faults] == pointers


@settings(deadline=None)  # the first one loads the vocabulary
@given(text=st.text(max_size=400), limit=st.integers(1, 60))
def test_a_shortened_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    tokens = TokenCounter.of(ENCODING)
    assert tokens.exact is not None
    shorter = tokens.shorten(text, limit)
    assert text.startswith(shorter)
    assert tokens.count_above(shorter, limit) is None or len(shorter) == 1
    assert shorter == text or tokens.count_above(text, limit)


@given(text=st.text(max_size=400), limit=st.integers(4, 60))
def test_without_a_tokenizer_a_shortened_text_is_a_beginning_too(text: str, limit: int) -> None:
    assert text.startswith(TokenCounter(None).shorten(text, limit))


def test_texts_that_are_too_long_are_all_named_with_their_length() -> None:
    texts = (
        PlacedText("/texts/0", "word " * 50),
        PlacedText("/texts/1", "short"),
        PlacedText("/texts/2", "word " * 20),
    )
    with pytest.raises(InvalidInput, match="reads 10 of one text") as refused:
        fit_texts(texts, 10, TokenCounter.of(ENCODING), shorten=False)
    assert [fault.pointer for fault in refused.value.faults] == ["/texts/0", "/texts/2"]


def test_shortening_is_told_with_the_places_and_leaves_the_others_alone() -> None:
    texts = (*(PlacedText(f"/texts/{index}", "word " * 50) for index in range(7)), PlacedText("/texts/7", "short"))
    fitting, notes = fit_texts(texts, 10, TokenCounter.of(ENCODING), shorten=True)
    assert fitting[7] is texts[7]
    assert all(len(one.text) < 50 for one in fitting)
    (note,) = notes
    assert note.startswith("shortened to 10 tokens: /texts/0, ")
    assert note.endswith("and 2 more")


def test_an_estimate_without_a_tokenizer_is_near() -> None:
    exact = TokenCounter.of(ENCODING)
    for text in (
        "The quick brown fox jumps over the lazy dog. " * 20,
        "Der schnelle braune Fuchs. " * 20,
        "日本語" * 50,
    ):
        assert estimate(text) >= exact.count(text) * 0.6
