"""Thresholds are read from a few words, and what is not one is named."""

from __future__ import annotations

import pytest

from lib.moderations.thresholds import read_thresholds
from pysailor import InvalidConfig


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("", {}),
        ("violence 0.4", {"violence": 0.4}),
        ("violence: 0.4, sexual/minors=.01;\nhate 1\n", {"violence": 0.4, "sexual/minors": 0.01, "hate": 1.0}),
        ("brand-new/kind 0", {"brand-new/kind": 0.0}),
    ],
)
def test_thresholds_are_read(text: str | None, expected: dict[str, float]) -> None:
    assert read_thresholds(text) == expected


@pytest.mark.parametrize("text", ["violence", "0.4", "violence 1.1", "violence -1", "violense 0.4", "hate 1, hate 0"])
def test_what_is_no_threshold_is_named(text: str) -> None:
    with pytest.raises(InvalidConfig, match="/thresholds"):
        read_thresholds(text)
