"""The answers of POST /embeddings: whether each is whole, and the vectors in it. Pure."""

from __future__ import annotations

import binascii
import math
import sys
from array import array
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from ..api.endpoint import WholeAnswerFormat
from ..errors.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BYTES = 4  # of a float32
_UNNUMBERED = "the server did not number its vectors; they were taken in the order in which they came"
_ZEROS: Final = "nothing but zeros came as vector {places}: no text is like it, nor unlike"
_MOST_TOLD: Final = 5

EMBEDDINGS: Final = WholeAnswerFormat("embeddings", "data", "vectors")


def read_vectors(
    answer: Mapping[str, Any], count: int, dimensions: int | None = None
) -> tuple[list[list[float]], tuple[str, ...]]:
    """Return the vectors in the order of the texts, and doubts about them in sentences.

    There are `count`, all equally long, of `dimensions` numbers if that many were asked for. Raise ApiError
    (answer_broken) for anything else: a vector in the wrong place is worse than none.
    """
    entries = answer["data"]
    if len(entries) != count or not all(isinstance(entry, dict) for entry in entries):
        raise _reject(f"It holds {len(entries)} vectors for {count} texts.")
    if not entries:
        raise _reject("It holds no vector.")
    places, doubts = _places(entries)
    vectors: list[list[float]] = [[] for _ in entries]
    for place, entry in zip(places, entries, strict=True):
        vectors[place] = _vector(entry.get("embedding"), place)
    check_lengths(vectors, dimensions)
    zeros = [place for place, vector in enumerate(vectors) if not any(vector)]
    if zeros:
        told = [str(place) for place in zeros[:_MOST_TOLD]] + ["…"] * (len(zeros) > _MOST_TOLD)
        doubts += (_ZEROS.format(places=", ".join(told)),)
    return vectors, doubts


def check_lengths(vectors: Sequence[Sequence[float]], dimensions: int | None = None) -> None:
    """Raise ApiError unless all vectors are equally long, and as long as was asked for."""
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1:
        raise _reject(f"Its vectors have different lengths: {', '.join(map(str, sorted(lengths)))}.")
    if dimensions is not None and lengths and lengths != {dimensions}:
        found = lengths.pop()
        raise _reject(
            f"Its vectors have {found} numbers where {dimensions} were asked for: the model or the server may not be "
            "able to shorten them; leave Dimensions empty."
        )


def _places(entries: Sequence[Mapping[str, Any]]) -> tuple[list[int], tuple[str, ...]]:
    """Return to which text each vector belongs."""
    numbers = [entry.get("index") for entry in entries]
    if all(number is None for number in numbers):
        return list(range(len(entries))), (_UNNUMBERED,) if len(entries) > 1 else ()
    places = [number for number in numbers if isinstance(number, int) and not isinstance(number, bool)]
    if sorted(places) != list(range(len(entries))):
        raise _reject("Its vectors are not numbered from 0 without gaps, so that nobody knows which text is whose.")
    return places, ()


def _vector(given: Any, place: int) -> list[float]:
    """Return the numbers of one vector, whether they came as base64 or as numbers; raise ApiError."""
    numbers = _decode(given, place) if isinstance(given, str) else _numbers(given)
    if not numbers or not all(map(math.isfinite, numbers)):
        raise _reject(f"Vector {place} is empty, or holds what is not a finite number.")
    return numbers


def _decode(text: str, place: int) -> list[float]:
    try:
        content = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise _reject(f"Vector {place} is not valid base64.") from fault
    if len(content) % _BYTES:
        raise _reject(f"Vector {place} has {len(content)} bytes, which is no whole number of 32-bit floats.")
    numbers = array("f")
    numbers.frombytes(content)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _numbers(given: Any) -> list[float]:
    """Return the numbers of a list, none if something else is in it."""
    if not isinstance(given, list) or not all(type(number) in (int, float) for number in given):
        return []
    try:
        return [float(number) for number in given]
    except OverflowError:
        return []


def _reject(why: str) -> ApiError:
    return ApiError("answer_broken", why)
