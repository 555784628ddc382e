"""A picture's place: an address, data, or an attachment of the message."""

from __future__ import annotations

import pytest

from lib.completions.preflight.rules import media
from tests.support.rule_cases.media import PICTURE, picture


@pytest.mark.parametrize("url", ["cat.png", "images/cat.png", "attachment:dog.png", "ftp://a.example/b", "blob:x", " "])
def test_a_picture_that_is_nowhere_is_found(url: str) -> None:
    assert [pointer for pointer, _ in media.find_missing_sources(picture(url), {"other.png": {}})] == [PICTURE]


@pytest.mark.parametrize(
    "url", ["https://a.example/b", "HTTP://a.example/b", "data:image/png;base64,iVBO", "cat.png", "attachment:cat.png"]
)
def test_a_picture_that_has_a_place_is_not(url: str) -> None:
    assert list(media.find_missing_sources(picture(url), {"cat.png": {"url": "https://a.example/c"}})) == []
