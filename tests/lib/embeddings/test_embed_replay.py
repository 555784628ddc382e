"""Texts whose vectors came already are not paid for again when their message is brought again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.embeddings.cutting import most_texts_for
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from lib.replay import MAY_REPEAT
from pysailor.errors import Rebound
from pysailor.journal import FateUnknown
from tests.support.bring import Reports, bring, die_before_answers
from tests.support.fake_api import FakeApi
from tests.support.journaled import journal

URL = "https://gw.example/v1"
ADDRESS = f"{URL}/embeddings"
CFG: dict[str, Any] = {"apiKey": KEY, "baseUrl": URL, "embeddingModel": "text-embedding-3-small"}
TEXTS = {"texts": [f"text {number}" for number in range(2000)]}
"""More than go into one request."""
MOST = most_texts_for(1536, base64=False)
PARTS = (MOST, 2000 - MOST)


def answer(count: int, first: float = 1.0) -> dict[str, Any]:
    data = [{"object": "embedding", "index": at, "embedding": [first, float(at)]} for at in range(count)]
    return {"data": data, "model": "text-embedding-3-small", "usage": {"prompt_tokens": count, "total_tokens": count}}


def test_all_vectors_are_given_again_and_marked() -> None:
    worker, reports = journal(), Reports()
    with FakeApi() as api:
        for count in PARTS:
            api.post(ADDRESS, json=answer(count))
        first = bring(worker, "embed", TEXTS, reports, **CFG)
        again = bring(worker, "embed", TEXTS, reports, **CFG)
        assert len(api.received) == 2
    assert json.dumps(first.body) == json.dumps(again.body)
    assert again.headers == {**first.headers, "x-replayed": "true"}
    assert [(one.outcome, one.tries, one.cost is None) for one in reports] == [("ok", 1, True)] * 2 + [
        ("replayed", 0, True)
    ] * 2


def test_only_the_request_that_was_under_way_is_made_again_and_that_is_said() -> None:
    worker = journal()
    with FakeApi() as api:
        for count in PARTS:
            api.post(ADDRESS, json=answer(count))
        first = bring(worker, "embed", TEXTS, **CFG)
        die_before_answers(worker, 1)
        api.post(ADDRESS, json=answer(PARTS[1]))
        again = bring(worker, "embed", TEXTS, **CFG)
        assert len(api.received) == 3
    assert again.body["embeddings"] == first.body["embeddings"]
    assert again.body["warnings"] == [*first.body["warnings"], MAY_REPEAT]
    assert "x-replayed" not in again.headers


def test_where_it_is_not_known_whether_a_request_was_answered_the_step_says_what_is_done() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(ADDRESS, json=answer(1))
        bring(worker, "embed", {"text": "a"}, **CFG)
        die_before_answers(worker)
        with pytest.raises(FateUnknown):
            bring(worker, "embed", {"text": "a"}, onUnknownFate="fail", **CFG)
        with pytest.raises(Rebound):
            bring(worker, "embed", {"text": "a"}, onUnknownFate="rebound", **CFG)
        assert len(api.received) == 1


def test_a_server_that_refuses_base64_is_not_asked_again_by_a_worker_that_does_not_know_it_yet() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(ADDRESS, status=400, json={"error": {"message": "encoding_format is not supported"}})
        api.post(ADDRESS, json=answer(1))
        first = bring(worker, "embed", {"text": "a"}, **CFG)
        again = bring(worker, "embed", {"text": "a"}, **CFG)
        assert len(api.received) == 2
    assert json.dumps(first.body) == json.dumps(again.body)


def test_texts_that_went_in_halves_are_given_again_in_the_same_halves() -> None:
    worker, texts = journal(), {"texts": ["a", "b"]}
    with FakeApi() as api:
        api.post(ADDRESS, status=413, json={"error": {"message": "too large"}})
        api.post(ADDRESS, json=answer(1, 1.0))
        api.post(ADDRESS, json=answer(1, 2.0))
        first = bring(worker, "embed", texts, **CFG)
        again = bring(worker, "embed", texts, **CFG)
        assert len(api.received) == 3
    assert json.dumps(first.body) == json.dumps(again.body)
    assert [vector[0] for vector in again.body["embeddings"]] == [1.0, 2.0]


def test_what_was_refused_is_asked_again_without_a_warning() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(ADDRESS, status=401, json={"error": {"message": "no"}})
        api.post(ADDRESS, json=answer(1))
        with pytest.raises(ApiError):
            bring(worker, "embed", {"text": "a"}, **CFG)
        assert MAY_REPEAT not in bring(worker, "embed", {"text": "a"}, **CFG).body["warnings"]
