"""The vectors that the sandbox makes: no meaning, only words; texts with the same words are near each other.

It refuses what the API refuses, in the API's words, and counts four characters as a token.
"""

from __future__ import annotations

import hashlib
import math
import re
from array import array
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from . import errors
from .answers import CHARACTERS_A_TOKEN
from .errors import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DIMENSIONS = {
    "text-embedding-sandbox": 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
"""The models that make vectors here, those of the service by their names, and how many numbers each gives."""
_NOT_SHORTENED = "text-embedding-ada-002"
_MOST_INPUTS, _MOST_TOKENS, _MOST_TOKENS_EACH = 2048, 300_000, 8192
_MOST_COUNTED_EACH = _MOST_TOKENS_EACH * 3 // 2  # tokens are counted roughly, and what is in doubt is taken
_FIELDS = ("model", "input", "encoding_format", "dimensions", "user")
_WORD = re.compile(r"\w+")


def embed(request: Any) -> dict[str, Any]:
    """Return the answer to a request; raise ErrorReply for one that the API refuses."""
    inputs = _accept(request)
    model = request["model"]
    dimensions = request.get("dimensions") or DIMENSIONS[model]
    tokens = [_count(one) for one in inputs]
    _check_tokens(tokens)
    is_text = request.get("encoding_format") == "base64"
    vectors = (_vector(one, dimensions) for one in inputs)
    data = [
        {"object": "embedding", "index": index, "embedding": _encode(vector) if is_text else vector}
        for index, vector in enumerate(vectors)
    ]
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": sum(tokens), "total_tokens": sum(tokens)},
    }


def _accept(request: Any) -> list[Any]:
    """Return the inputs; raise ErrorReply."""
    if not isinstance(request, dict):
        raise errors.wrong_type("", "an object", type(request).__name__)
    for name in ("model", "input"):
        if name not in request:
            raise errors.missing(name)
    for name in request:
        if name not in _FIELDS:
            raise errors.unknown_parameter(name)
    _check_model(request)
    given = request["input"]
    is_one = isinstance(given, str) or (isinstance(given, list) and given and _is_tokens(given))
    inputs = [given] if is_one else given
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= _MOST_INPUTS or not all(map(_is_input, inputs)):
        raise ErrorReply(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    return inputs


def _check_model(request: Mapping[str, Any]) -> None:
    model, dimensions = str(request["model"]), request.get("dimensions")
    if model not in DIMENSIONS:
        raise ErrorReply(
            f"The model `{model[:100]}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
        )
    if dimensions is None:
        return
    if model == _NOT_SHORTENED:
        raise ErrorReply("This model does not support specifying dimensions.", param="dimensions")
    if not isinstance(dimensions, int) or isinstance(dimensions, bool) or dimensions < 1:
        raise errors.out_of_bounds("dimensions", dimensions, 1, "below")
    if dimensions > DIMENSIONS[model]:
        raise errors.out_of_bounds("dimensions", dimensions, DIMENSIONS[model], "above")


def _check_tokens(tokens: Sequence[int]) -> None:
    long = next((index for index, count in enumerate(tokens) if count > _MOST_COUNTED_EACH), None)
    if long is not None:
        raise ErrorReply(f"Invalid 'input[{long}]': maximum input length is {_MOST_TOKENS_EACH} tokens.")
    if sum(tokens) > _MOST_TOKENS:
        raise ErrorReply(
            f"Requested {sum(tokens)} tokens, max {_MOST_TOKENS} tokens per request",
            kind="max_tokens_per_request",
            code="max_tokens_per_request",
        )


def _is_input(one: Any) -> bool:
    return bool(one) and (isinstance(one, str) or (isinstance(one, list) and _is_tokens(one)))


def _is_tokens(one: list[Any]) -> bool:
    return all(isinstance(token, int) and not isinstance(token, bool) for token in one)


def _count(one: Any) -> int:
    return -(-len(one) // CHARACTERS_A_TOKEN) if isinstance(one, str) else len(one)


def _vector(one: Any, dimensions: int) -> list[float]:
    """Return a vector of length 1 in which every word of the text has its places."""
    numbers = [0.0] * dimensions
    words = _WORD.findall(one.lower()) if isinstance(one, str) else map(str, one)
    for word in [*words] or [str(one)]:
        digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
        for at in range(0, len(digest), 4):
            place = int.from_bytes(digest[at : at + 3], "big") % dimensions
            numbers[place] += 1.0 if digest[at + 3] % 2 else -1.0
    length = math.sqrt(sum(number * number for number in numbers))
    if not length:  # the places of its words cancel each other out
        return [1.0, *[0.0] * (dimensions - 1)]
    return [number / length for number in numbers]


def _encode(vector: Sequence[float]) -> str:
    return b64encode(array("f", vector).tobytes()).decode()


# --- what scenarios make of an answer ---------------------------------------------------------------------------------


def reverse(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the vectors in another order, with their numbers, as gateways do."""
    return {**answer, "data": answer["data"][::-1]}


def lose_one(answer: dict[str, Any]) -> dict[str, Any]:
    """Return one vector fewer than there are texts."""
    return {**answer, "data": answer["data"][:-1]}


def break_numbers(answer: dict[str, Any]) -> dict[str, Any]:
    """Return vectors in which a number is none."""
    broken = _encode([math.nan, 1.0])
    return {**answer, "data": [{**entry, "embedding": broken} for entry in answer["data"]]}
