"""Tokens are counted only where a request may be too long: the vocabulary takes half a second to load, and 35 MB."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.completions.request import _length, _length_of_all, _may_be_too_long
from lib.endpoint import BuiltRequest
from lib.models.table import Models

FAMILY = Models.load().find("gpt-4o")


def request(content: Any) -> BuiltRequest:
    return BuiltRequest({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}, FAMILY, ())


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1_000_000}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64," + "A" * 1_000_000}},
        {"type": "input_audio", "input_audio": {"format": "mp3", "data": "A" * 1_000_000}},
    ],
    ids=["picture", "file", "sound"],
)
def test_the_bytes_of_a_file_are_no_text(part: dict[str, Any]) -> None:
    assert not _may_be_too_long(request([{"type": "text", "text": "What is this?"}, part]))


@pytest.mark.parametrize("text", ["word " * 60_000, "語" * 50_000], ids=["English", "Japanese"])
def test_text_that_may_be_too_long_is_counted(text: str) -> None:
    assert _may_be_too_long(request(text))
    assert _may_be_too_long(request([{"type": "text", "text": text}]))


@given(
    st.recursive(st.none() | st.booleans() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_no_text_is_left_out(value: Any) -> None:
    def characters(part: Any) -> int:
        if isinstance(part, str):
            return len(part)
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        return sum(map(characters, inner))

    assert _length(value) >= characters(value)


@given(st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": st.text()})))
def test_texts_alone_are_added_up_to_no_less(messages: list[dict[str, str]]) -> None:
    assert _length_of_all(messages) >= sum(len(one["content"]) for one in messages)
