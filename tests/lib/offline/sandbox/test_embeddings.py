"""The sandbox's vectors: shaped like the API's, refused like the API's, near each other for like texts."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lib.offline.sandbox import KEY
from tests.support.embedding import golden

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox


def post(sandbox: Sandbox, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{sandbox.base_url}/embeddings", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]


def asking(given: Any, **more: Any) -> dict[str, Any]:
    return {"model": "text-embedding-3-small", "input": given, **more}


@pytest.mark.parametrize("given", ["a", ["a", "b"], [1, 2], [[1], [2, 3]]])
def test_an_answer_has_the_shape_that_the_api_publishes(sandbox: Sandbox, given: Any) -> None:
    status, answer = post(sandbox, asking(given))
    assert status == 200
    jsonschema.Draft202012Validator(golden("embeddings.response.json")).validate(answer)
    assert len(answer["data"][0]["embedding"]) == 1536


def test_texts_with_the_same_words_are_nearer_than_others(sandbox: Sandbox) -> None:
    _, answer = post(sandbox, asking(["a rain barrel of oak", "an oak barrel for rain", "the price of tea"]))
    first, near, far = (entry["embedding"] for entry in answer["data"])
    assert sum(a * b for a, b in zip(first, near, strict=True)) > sum(a * b for a, b in zip(first, far, strict=True))


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (asking(""), 400, None, "'$.input' is invalid"),
        (asking([]), 400, None, "'$.input' is invalid"),
        (asking(["a"] * 2049), 400, None, "'$.input' is invalid"),
        (asking(["a", ""]), 400, None, "'$.input' is invalid"),
        (asking(["a", "x" * 60_000]), 400, None, "Invalid 'input[1]': maximum input length is 8192 tokens."),
        (asking(["x" * 32_000] * 38), 400, "max_tokens_per_request", "Requested 304000 tokens, max 300000 tokens"),
        (asking("a", stream=True), 400, "unknown_parameter", "stream"),
        (asking("a", dimensions=0), 400, "integer_below_min_value", "dimensions"),
        (asking("a", dimensions=9999), 400, "integer_above_max_value", "dimensions"),
        ({"input": "a"}, 400, "missing_required_parameter", "model"),
        ({"model": "gpt-sandbox-2", "input": "a"}, 404, "model_not_found", "does not exist"),
        ([], 400, "invalid_type", "object"),
    ],
)
def test_what_the_api_refuses_is_refused_in_its_words(
    sandbox: Sandbox, body: Any, status: int, code: str | None, words: str
) -> None:
    found, error = post(sandbox, body)
    assert (found, error["code"]) == (status, code)
    assert words in error["message"]
