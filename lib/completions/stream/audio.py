"""Spoken words in the making."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ..answer.content import join_surrogates


class Audio:
    """Base64 in pieces, each of which may be padded on its own, and the words in text."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._transcript: list[str] = []
        self._fields: dict[str, Any] = {}

    def add(self, audio: dict[str, Any]) -> str:
        transcript, data = audio.get("transcript"), audio.get("data")
        if isinstance(data, str):
            self._data.append(data)
        self._fields.update(
            (key, value) for key, value in audio.items() if key not in ("data", "transcript") and value is not None
        )
        if not isinstance(transcript, str):
            return ""
        self._transcript.append(transcript)
        return transcript

    def to_json(self) -> dict[str, Any]:
        return {**self._fields, "data": _base64(self._data), "transcript": join_surrogates("".join(self._transcript))}


def _base64(pieces: list[str]) -> str:
    if not any(piece.endswith("=") for piece in pieces[:-1]):
        return "".join(pieces)
    try:
        return base64.b64encode(b"".join(map(base64.b64decode, pieces))).decode()
    except (binascii.Error, ValueError):
        return "".join(pieces)
