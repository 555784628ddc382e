"""What was asked and answered, as attributes of a span: secrets masked, and never longer than a bound."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..context import CallReport

LOG = logging.getLogger(__name__)
MOST: Final = 16_384
"""Characters of an attribute; the library's own variables for the length of attributes may say less."""
_LEAST_TEXT: Final = 64
_BOUNDS: Final = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
CUT: Final = "pysailor.content.cut"
"""The attribute that says that not all of it is there."""


class ContentCapture:
    """Makes the attributes of a call's content. `hide` masks secrets in a text."""

    def __init__(self, hide: Callable[[str], str], environ: Mapping[str, str]) -> None:
        self._hide = hide
        bounds = [environ.get(name, "").strip() for name in _BOUNDS]
        self._most = min([MOST, *(int(one) for one in bounds if one.isdecimal())])

    def attributes(self, call: CallReport) -> dict[str, str | bool]:
        """Return JSON by attribute; nothing if the call tells no content. Raise nothing."""
        if call.content is None:
            return {}
        try:
            return self._write(call.content())
        except Exception:
            # It is for whoever looks on: the message, which is paid for, must not fail of it.
            LOG.exception("what was said is left out of a span")
            return {}

    def _write(self, content: Mapping[str, Any]) -> dict[str, str | bool]:
        told: dict[str, str | bool] = {}
        for name, value in content.items():
            whole = map_texts(value, self._hide)
            text = json.dumps(whole, ensure_ascii=False)
            if len(text) > self._most:
                told[CUT] = True
                text = shorten(whole, self._most)
            told[name] = text
        return told


def shorten(value: Any, most: int) -> str:
    """Return JSON of at most so many characters: long texts are cut, then the first items of a list left out."""
    longest = most
    while longest >= _LEAST_TEXT:
        text = json.dumps(map_texts(value, partial(_cut, most=longest)), ensure_ascii=False)
        if len(text) <= most:
            return text
        longest //= 2
    if isinstance(value, list) and len(value) > 1:
        return shorten(value[len(value) // 2 :], most)
    return "[]"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with every text in it changed, however deep."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: map_texts(member, change) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_texts(item, change) for item in value]
    return value
