"""Streams on file, and the ways to read one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.completions.stream import Stream
from lib.errors.api_error import ApiError

if TYPE_CHECKING:
    from lib.api.stream import Piece

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "streams"
TRANSCRIPTS = sorted(path.stem for path in GOLDEN.glob("*.sse"))


def bytes_of(name: str) -> bytes:
    return (GOLDEN / f"{name}.sse").read_bytes()


def expected_of(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((GOLDEN / f"{name}.expected.json").read_text(encoding="utf-8"))
    return expected


def read(pieces: list[bytes]) -> tuple[Stream, list[Piece], dict[str, Any] | ApiError]:
    """Read a stream to its end: the stream, the pieces of text, and what came of it."""
    stream, shown = Stream(), []
    try:
        for piece in pieces:
            shown += stream.feed(piece)
        shown += stream.close()
        return stream, shown, stream.finish()
    except ApiError as error:
        return stream, shown, error


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def told(result: dict[str, Any] | ApiError) -> Any:
    return result if isinstance(result, dict) else result.to_json()


def words(shown: list[Piece]) -> str:
    return "".join(piece.text for piece in shown if piece.kind == "content" and piece.choice == 0)


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, **choice}]}


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"
