"""What a picture costs in tokens: its size, as far as the request tells it, and the model's rule."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.table import Family, Image

_DATA_URL = re.compile(r"data:[^,;]*;base64,")
_HEAD = 65_536  # so many characters of a data URL are looked at for the size
_LARGEST_SQUARE = 2048
_SHORTEST_SIDE = 768
_TILE = 512
_PATCH = 32
_MOST_TILES = 8  # 768 by 2048
_PATCHES_OF_LOW = (_TILE // _PATCH) ** 2
_WITHOUT_RULE = 1500


def image_tokens(part: Mapping[str, Any], family: Family | None) -> int:
    """Return the tokens of an image_url part: at most, if its size is not known."""
    given = part.get("image_url")
    given = given if isinstance(given, dict) else {}
    rule = family.image if family else None
    if rule is None:
        return _WITHOUT_RULE
    detail = given.get("detail")
    detail = detail if detail in ("low", "high", "original") else rule.auto
    size = _size(given.get("url"))
    return _tiles(rule, detail, size) if rule.tile else _patches(rule, detail, size)


def _tiles(rule: Image, detail: str, size: tuple[int, int] | None) -> int:
    if detail == "low":
        return rule.base
    if size is None:
        return rule.base + _MOST_TILES * rule.tile
    shrink = min(1, _LARGEST_SQUARE / max(size))
    shrink = min(shrink, _SHORTEST_SIDE / min(size))
    across, down = (ceil(side * shrink / _TILE) for side in size)
    return rule.base + across * down * rule.tile


def _patches(rule: Image, detail: str, size: tuple[int, int] | None) -> int:
    most = rule.original if detail == "original" and rule.original else rule.patches
    most = min(most, _PATCHES_OF_LOW) if detail == "low" else most
    return ceil((most if size is None else _count_patches(size, most)) * rule.factor)


def _count_patches(size: tuple[int, int], most: int) -> int:
    """Return how many patches cover the picture, after it was made small enough."""
    patches = ceil(size[0] / _PATCH) * ceil(size[1] / _PATCH)
    if patches <= most:
        return patches
    shrink = sqrt(most * _PATCH**2 / (size[0] * size[1]))
    wide, high = (max(1.0, side * shrink / _PATCH) for side in size)
    shrink *= min(max(1, int(wide)) / wide, max(1, int(high)) / high)
    return min(most, ceil(size[0] * shrink / _PATCH - 1e-9) * ceil(size[1] * shrink / _PATCH - 1e-9))


def _size(url: Any) -> tuple[int, int] | None:
    """Return width and height from the beginning of a data URL, if it is one of a PNG, GIF or JPEG."""
    marked = _DATA_URL.match(url) if isinstance(url, str) else None
    if marked is None:
        return None
    text = marked.string[marked.end() : marked.end() + _HEAD]
    try:
        head = base64.b64decode(text[: len(text) // 4 * 4])
        size = _read_size(head)
    except (binascii.Error, struct.error, ValueError):
        return None
    return size if size and min(size) > 0 else None


def _read_size(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        wide, high = struct.unpack_from(">II", head, 16)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        wide, high = struct.unpack_from("<HH", head, 6)
    elif head.startswith(b"\xff\xd8"):
        wide, high = _size_of_jpeg(head)
    else:
        return None
    return wide, high


def _size_of_jpeg(head: bytes) -> tuple[int, int]:
    """Walk over the segments to the frame header, which holds the size."""
    place = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", head, place)
        if mark != 0xFF:  # noqa: PLR2004 - the byte that begins every segment
            return 0, 0
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):  # noqa: PLR2004 - the frame headers, SOF0 to SOF15
            high, wide = struct.unpack_from(">HH", head, place + 5)
            return wide, high
        place += 2 + length
