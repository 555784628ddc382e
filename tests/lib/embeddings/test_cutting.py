"""Texts are cut into requests that keep every limit, and none is lost or moved."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lib.embeddings.cutting import MOST_BYTES, MOST_TEXTS, cut, most_texts_for

SIZES = st.lists(st.integers(1, 120), max_size=80)


@given(sizes=SIZES, most_texts=st.integers(1, 20), most_tokens=st.integers(1, 200))
def test_the_parts_are_the_texts_in_order(sizes: list[int], most_texts: int, most_tokens: int) -> None:
    parts = list(cut(sizes, most_texts, most_tokens))
    assert [index for part in parts for index in part] == list(range(len(sizes)))


@given(sizes=SIZES, most_texts=st.integers(1, 20), most_tokens=st.integers(1, 200))
def test_every_part_keeps_the_limits_unless_it_is_one_text(sizes: list[int], most_texts: int, most_tokens: int) -> None:
    for part in cut(sizes, most_texts, most_tokens):
        assert 1 <= len(part) <= most_texts
        assert len(part) == 1 or sum(sizes[index] for index in part) <= most_tokens


@given(sizes=SIZES, most_texts=st.integers(1, 20), most_tokens=st.integers(1, 200))
def test_no_part_could_have_taken_the_next_text(sizes: list[int], most_texts: int, most_tokens: int) -> None:
    parts = list(cut(sizes, most_texts, most_tokens))
    for part, after in pairwise(parts):
        tokens = sum(sizes[index] for index in part) + sizes[after.start]
        assert len(part) == most_texts or tokens > most_tokens


def test_an_answer_stays_readable_whatever_the_server_writes_numbers_in() -> None:
    assert most_texts_for(3072, base64=True) == MOST_TEXTS
    assert most_texts_for(3072, base64=False) * 3072 * 22 <= MOST_BYTES
    assert most_texts_for(None, base64=False) == most_texts_for(3072, base64=False)
    assert most_texts_for(10**9, base64=False) == 1
