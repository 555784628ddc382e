"""The class of a refusal follows from its codes, its words and its status, whatever its shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors.api_error import from_answer
from lib.errors.catalog import CATALOG, NO, YES
from lib.errors.classify import classify

REFUSALS = [
    json.loads(line) for line in Path(__file__).with_name("refusals.jsonl").read_text(encoding="utf-8").splitlines()
]
"""What servers were seen to answer, with the class that a person would give it."""


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal['status']} {refusal['class']}")
def test_a_refusal_has_the_class_that_a_person_would_give_it(refusal: dict[str, Any]) -> None:
    body = refusal["text"] if "text" in refusal else json.dumps(refusal["json"])
    assert from_answer(refusal["status"], {}, body.encode()).code == refusal["class"]


@pytest.mark.parametrize("status", [200, 400, 403, 404, 413, 422, 500, 503])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("This model's maximum context length is 4096 tokens.", "context_length"),
        ("The model `x` does not exist", "model_not_found"),
        ("Incorrect API key provided", "bad_key"),
        ("Insufficient account balance", "quota"),
        ("Your prompt was flagged by our moderation system", "content_filter"),
        ("The model is overloaded, please try again later", "overloaded"),
        ("This model does not support image input", "unsupported"),
        ("request entity too large", "body_too_large"),
        ("Model x is still loading", "model_loading"),
        ("Too many requests, slow down", "rate_limit"),
    ],
)
def test_the_words_tell_the_class_on_every_status(status: int, text: str, code: str) -> None:
    assert from_answer(status, {}, json.dumps({"message": text}).encode()).code == code


@pytest.mark.parametrize(
    ("code", "again"),
    [("context_length", NO), ("quota", NO), ("bad_key", NO), ("unsupported", NO), ("model_loading", YES)],
)
def test_whether_to_try_again_follows_from_the_class(code: str, again: str) -> None:
    assert CATALOG[code].again == again


@given(status=st.integers(100, 999), codes=st.lists(st.text(max_size=20), max_size=3), text=st.text(max_size=500))
def test_every_refusal_has_a_class(status: int, codes: list[str], text: str) -> None:
    assert classify(status, codes, text) in CATALOG
