"""Whole answers become vectors in the order of the texts; broken ones are never passed on."""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.embeddings.vectors import EMBEDDINGS, check_lengths, read_vectors
from lib.errors.api_error import ApiError

FLOAT = st.floats(width=32, allow_nan=False, allow_infinity=False)


def as_base64(vector: list[float]) -> str:
    return b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def entry(embedding: Any, index: Any = 0) -> dict[str, Any]:
    return {"object": "embedding", "index": index, "embedding": embedding}


def answer(*entries: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(entries)}


@given(
    vectors=st.integers(1, 5).flatmap(
        lambda size: st.lists(st.lists(FLOAT, min_size=size, max_size=size), min_size=1, max_size=6)
    ),
    in_base64=st.booleans(),
    data=st.data(),
)
def test_vectors_come_in_the_order_of_the_texts_however_they_came(
    vectors: list[list[float]], in_base64: bool, data: st.DataObject
) -> None:
    entries = [entry(as_base64(one) if in_base64 else one, index) for index, one in enumerate(vectors)]
    shuffled = data.draw(st.permutations(entries))
    found, doubts = read_vectors(answer(*shuffled), len(vectors))
    assert found == vectors
    assert len(doubts) == (not all(map(any, vectors)))


def test_vectors_without_numbers_are_taken_as_they_come_with_a_doubt() -> None:
    vectors, doubts = read_vectors({"data": [{"embedding": [1.0]}, {"embedding": [2]}]}, 2)
    assert vectors == [[1.0], [2.0]]
    assert "did not number" in doubts[0]


@pytest.mark.parametrize(
    ("entries", "count", "why"),
    [
        ([], 1, "0 vectors for 1 texts"),
        ([entry([1.0])], 2, "1 vectors for 2 texts"),
        ([entry([1.0]), entry([1.0], 1)], 1, "2 vectors for 1 texts"),
        (["text"], 1, "1 vectors for 1 texts"),
        ([entry([1.0], 0), entry([1.0], 0)], 2, "numbered"),
        ([entry([1.0], 1), entry([1.0], 2)], 2, "numbered"),
        ([entry([1.0], "0")], 1, "numbered"),
        ([entry([1.0], 0), {"embedding": [1.0]}], 2, "numbered"),
        ([entry([1.0], False), entry([1.0], True)], 2, "numbered"),
        ([entry([1.0], 0), entry([1.0, 2.0], 1)], 2, "different lengths: 1, 2"),
        ([entry([])], 1, "empty"),
        ([entry(None)], 1, "empty"),
        ([entry({"0": 1})], 1, "empty"),
        ([entry([1.0, None])], 1, "not a finite number"),
        ([entry([True])], 1, "not a finite number"),
        ([entry(["1.0"])], 1, "not a finite number"),
        ([entry([math.nan])], 1, "not a finite number"),
        ([entry([math.inf])], 1, "not a finite number"),
        ([entry([10**400])], 1, "not a finite number"),
        ([entry(as_base64([1.0, math.nan]))], 1, "not a finite number"),
        ([entry(as_base64([-math.inf]))], 1, "not a finite number"),
        ([entry("")], 1, "empty"),
        ([entry("AAA")], 1, "not valid base64"),
        ([entry("ÄÖÜ=")], 1, "not valid base64"),
        ([entry(as_base64([1.0])[:-2] + "\n==")], 1, "not valid base64"),
        ([entry(b64encode(b"12345").decode())], 1, "5 bytes"),
    ],
)
def test_a_broken_answer_is_named_and_never_passed_on(entries: list[Any], count: int, why: str) -> None:
    with pytest.raises(ApiError, match=why) as refused:
        read_vectors(answer(*entries), count)
    assert refused.value.code == "answer_broken"


def test_a_vector_of_nothing_but_zeros_is_told() -> None:
    vectors, (doubt,) = read_vectors({"data": [entry([1.0, 0.0], 0), entry([0.0, 0.0], 1), entry([0, 0], 2)]}, 3)
    assert vectors[1] == [0.0, 0.0]
    assert "zeros came as vector 1, 2:" in doubt


def test_other_dimensions_than_were_asked_for_are_broken() -> None:
    with pytest.raises(ApiError, match="2 numbers where 3 were asked for"):
        read_vectors(answer(entry([1.0, 2.0])), 1, dimensions=3)


def test_vectors_of_several_requests_must_be_equally_long() -> None:
    with pytest.raises(ApiError, match="different lengths"):
        check_lengths([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"choices": []}])
def test_what_holds_no_vectors_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="holds no vectors"):
        EMBEDDINGS.read_answer(body)


def test_a_stream_is_no_answer() -> None:
    with pytest.raises(ApiError, match="stream"):
        EMBEDDINGS.read_stream()
