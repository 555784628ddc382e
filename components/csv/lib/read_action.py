"""Reads the CSV file that a message names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .reading import read
from .text import find_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, Message

_SETTINGS = {"header": True, "delimiter": "auto", "dynamicTyping": False}


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the rows; a path must lie in the step's folder."""
    url = msg.body["url"]
    if urlsplit(url).scheme not in ("http", "https"):
        url = str(find_below(cfg.get("folder", ""), url, "/url"))
    yield from read(url, {**_SETTINGS, **cfg, **{key: msg.body[key] for key in _SETTINGS if key in msg.body}}, ctx)
