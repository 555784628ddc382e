"""What a recording costs in tokens, at most: by its length, as far as its bytes tell it."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKENS_A_SECOND = 10  # as the service counts what it hears
_FEWEST_BYTES_A_SECOND = 1000  # the slowest MP3
_HEAD = 64  # so many characters hold the header of a WAV
_UNCOMPRESSED = (1, 3)  # whole numbers, and fractions


def audio_tokens(part: Mapping[str, Any]) -> int | None:
    """Return the most tokens that an input_audio part can have; None if its content is not there."""
    given = part.get("input_audio")
    data = given.get("data") if isinstance(given, dict) else None
    if not isinstance(data, str) or not data:
        return None
    size = len(data) * 3 // 4
    return 1 + size * _TOKENS_A_SECOND // _bytes_a_second(data)


def _bytes_a_second(data: str) -> int:
    """Return the rate in the header of an uncompressed WAV; anything else may be packed as tight as can be."""
    try:
        head = base64.b64decode(data[:_HEAD])
        kind, _, rate, _, frame = struct.unpack_from("<HHIIH", head, 20)
    except (binascii.Error, struct.error, ValueError):
        return _FEWEST_BYTES_A_SECOND
    is_wav = head.startswith(b"RIFF") and head[8:16] == b"WAVEfmt " and kind in _UNCOMPRESSED
    return max(_FEWEST_BYTES_A_SECOND, rate * frame) if is_wav else _FEWEST_BYTES_A_SECOND
