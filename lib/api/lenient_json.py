"""JSON as servers write it: what is broken in small ways is read all the same, and remarked upon.

A remark is a sentence for the answer's warnings.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from contextlib import suppress
from typing import Any, Final

import orjson

BROKEN_BYTES: Final = "the answer held bytes that are not UTF-8; they were replaced"
BYTE_ORDER_MARK: Final = "the answer began with a byte order mark; it was left out"
CONTROL_CHARACTERS: Final = "the answer held control characters that JSON does not allow; they were kept"
NO_NUMBERS: Final = "the answer held numbers that JSON does not know (such as NaN); they became null"
MORE: Final = "something followed the answer; it was left out"

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HUGE: Final = re.compile(r"[eE]\+?\d{3}")
_DECODE: Final = json.JSONDecoder().decode
_BETWEEN: Final = re.compile(r"(?:\s|\x00|data:|\[DONE\]|\x1e)*")

_DIGITS: Final = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))
_LONG: Final = b"0" * 19
"""Whole numbers with more digits are more than orjson reads as such; it would round them."""
_LARGE: Final = 262_144
"""Characters. Longer texts are mostly one long string, which json reads faster than they are searched."""

Remarks = tuple[str, ...]


def decode(content: bytes, charset: str = "") -> tuple[str, Remarks]:
    """Return bytes as text, whatever they are, and remarks; `charset` counts where they are not UTF-8."""
    remarks: Remarks = ()
    encoding = "utf-8"
    for mark, named in _MARKS:
        if content.startswith(mark):
            content, encoding, remarks = content[len(mark) :], named, (BYTE_ORDER_MARK,)
    try:
        return content.decode(encoding), remarks
    except UnicodeDecodeError:
        with suppress(LookupError, UnicodeError, ValueError):
            if charset and codecs.lookup(charset).name != encoding:
                return content.decode(charset), remarks
        return content.decode(encoding, "replace"), (*remarks, BROKEN_BYTES)


def parse(text: str) -> tuple[Any, Remarks]:
    """Return the one value that the text is, and remarks; raise ValueError or RecursionError."""
    reader = _Reader(text)
    value, end = reader.read(_start(text, 0))
    if text[end:].strip(" \t\r\n\x00"):
        raise json.JSONDecodeError("Extra data", text, end)
    return value, tuple(reader.remarks)


def parse_plain(content: bytes) -> Any:
    """Return what nothing is odd about: one object in UTF-8, and no more; None for anything else."""
    if not content.startswith(b"{") or len(content) > _LARGE or _LONG in content.translate(_DIGITS):
        return None
    try:
        return orjson.loads(content)
    except ValueError:
        return None


def parse_all(text: str) -> tuple[list[Any], Remarks]:
    """Return the values that stand one after the other, and remarks; raise ValueError or RecursionError."""
    if len(text) <= _LARGE and _LONG not in text.encode(errors="replace").translate(_DIGITS):
        with suppress(ValueError):  # also half a surrogate pair, and numbers that JSON does not know
            return [orjson.loads(text)], ()
    if not may_be_odd(text):
        with suppress(ValueError):
            return [_DECODE(text)], ()
    reader, values, place = _Reader(text), [], _start(text, 0)
    while place < len(text):
        value, place = reader.read(place)
        values.append(value)
        place = _start(text, place)
    return values, tuple(reader.remarks)


def may_be_odd(text: str) -> bool:
    """Return whether the text may hold numbers that JSON does not know; if not, an ordinary decoder will do."""
    return "NaN" in text or "Infinity" in text or _HUGE.search(text) is not None


def _start(text: str, place: int) -> int:
    """Return where the next value begins."""
    found = _BETWEEN.match(text, place)
    return found.end() if found else place


class _Reader:
    """Reads values out of one text, and remembers what was odd about them."""

    def __init__(self, text: str) -> None:
        self.remarks: dict[str, None] = {}
        self._text = text
        self._options: dict[str, Any] = {"parse_constant": self._no_number}
        if _HUGE.search(text):
            self._options["parse_float"] = self._float
        self._decoder = json.JSONDecoder(**self._options)

    def read(self, place: int) -> tuple[Any, int]:
        """Return the value that begins there, and where it ends; raise ValueError or RecursionError."""
        try:
            return self._decoder.raw_decode(self._text, place)
        except json.JSONDecodeError as error:
            if not error.msg.startswith("Invalid control character"):
                raise
        self._decoder = json.JSONDecoder(strict=False, **self._options)
        found = self._decoder.raw_decode(self._text, place)
        self.remarks[CONTROL_CHARACTERS] = None
        return found

    def _no_number(self, _: str) -> Any:
        self.remarks[NO_NUMBERS] = None
        return None

    def _float(self, written: str) -> float | None:
        number = float(written)
        if math.isfinite(number):
            return number
        self._no_number(written)
        return None
