"""Batches of embeddings and moderations: checked before sending, answered by the sandbox, collected line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lib.actions import batch_submit
from lib.cost.worst_case import OverBudget
from lib.offline.sandbox import KEY
from pysailor.context import Context
from pysailor.errors import InvalidInput
from tests.support.batches import collect, created, lines_of, run, submit, uploaded
from tests.support.embedding import golden
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

OPENAI = "https://api.openai.com/v1"
EMBED = {"api": "embeddings", "model": "text-embedding-3-small"}
MODERATE = {"api": "moderations", "model": "omni-moderation-latest"}
PICTURE = "https://example.com/a.png"


def faults_of(requests: list[Any], common: Any = None, **cfg: Any) -> dict[str, str]:
    """Return what is found of a batch for the public API; nothing is sent."""
    body = {"requests": requests, **({"common": common} if common else {})}
    with FakeApi(), pytest.raises(InvalidInput) as caught:
        run("batchSubmit", body, OPENAI, "m", **cfg)
    return {fault.pointer: fault.message for fault in caught.value.faults}


def test_texts_become_vectors_at_half_the_price(sandbox: Sandbox) -> None:
    requests = ["One", {"custom_id": "b", "input": ["Two", "Three"]}, {"custom_id": "c", "input": "Four"}]
    made = submit(sandbox, requests, common={"dimensions": 8}, **EMBED)
    assert (made["count"], made["model"]) == (3, "text-embedding-3-small")
    (request,) = created(sandbox)
    jsonschema.Draft202012Validator(golden("batch.create.json")).validate(request)
    assert request["endpoint"] == "/v1/embeddings"
    for line in lines_of(uploaded(sandbox)[0]):
        jsonschema.Draft202012Validator(golden("embeddings.request.json")).validate(line["body"])
        assert line["url"] == "/v1/embeddings"
    *lines, total = collect(sandbox, made["batch_id"])
    found = {line["custom_id"]: line for line in lines}
    assert len(found["line-1"]["embedding"]) == 8
    assert [len(vector) for vector in found["b"]["embeddings"]] == [8, 8]
    assert (found["b"]["count"], found["b"]["dimensions"]) == (2, 8)
    assert all(line["result"]["outcome"] == "complete" for line in lines)
    assert (total["result"]["answered"], total["result"]["failed"]) == (3, 0)


def test_vectors_of_the_public_api_are_asked_for_in_base64_and_priced_at_half() -> None:
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches", json={"data": []})
        api.post(f"{OPENAI}/files", json={"id": "file-1"})
        api.post(f"{OPENAI}/batches", json={"id": "batch_1", "status": "validating"})
        (made,) = run("batchSubmit", {"requests": ["Hello"] * 100}, OPENAI, "m", maxCost="1", **EMBED)
        form = next(one.body.decode() for one in api.received if one.url.endswith("/files"))
    assert float(made.body["worst_case"]["amount"]) == pytest.approx(100 * 0.01 / 1e6)
    assert {line["body"]["encoding_format"] for line in lines_of(form)} == {"base64"}
    used = {"prompt_tokens": 1_000_000, "total_tokens": 1_000_000}
    vector = {"data": [{"index": 0, "embedding": [1.0]}], "model": "text-embedding-3-small", "usage": used}
    found = collected("/v1/embeddings", vector, {"input": "a"})
    assert float(found["result"]["cost"]["amount"]) == pytest.approx(0.01)


@pytest.mark.parametrize("tokens", [list(range(1000)), [list(range(500))] * 2])
def test_texts_that_come_as_tokens_are_counted_for_the_worst_case_and_the_limit_of_the_model(tokens: Any) -> None:
    with FakeApi(), pytest.raises(OverBudget, match="this batch may cost"):
        run("batchSubmit", {"requests": [{"input": tokens}]}, OPENAI, "m", maxCost="0.000001", **EMBED)
    assert "9000 tokens" in faults_of([{"input": [7] * 9000}], **EMBED)["/requests/0"]


def test_a_batch_vector_is_the_one_that_embed_makes(sandbox: Sandbox) -> None:
    made = submit(sandbox, ["One"], **EMBED)
    line, _ = collect(sandbox, made["batch_id"])
    (alone,) = run("embed", {"text": "One"}, sandbox.base_url, embeddingModel="text-embedding-3-small", model=None)
    assert line["embedding"] == pytest.approx(alone.body["embedding"])


def test_moderations_are_collected_with_flags_and_cost_nothing(sandbox: Sandbox) -> None:
    requests = ["Hello", {"custom_id": "b", "text": "Look", "images": [PICTURE]}, {"custom_id": "c", "input": "Bye"}]
    made = submit(sandbox, requests, **MODERATE)
    for line in lines_of(uploaded(sandbox)[0]):
        jsonschema.Draft202012Validator(golden("moderations.request.json")).validate(line["body"])
    *lines, total = collect(sandbox, made["batch_id"])
    assert {line["custom_id"] for line in lines} == {"line-1", "b", "c"}
    assert all(line["flagged"] is False and line["categories"] and line["scores"] for line in lines)
    assert float(total["result"]["cost"]["amount"]) == 0
    assert total["result"]["warnings"] == []


@pytest.mark.parametrize(
    ("requests", "common", "pointer", "said"),
    [
        (["ok", ""], None, "/requests/1", "empty"),
        (["ok", {"input": " "}], None, "/requests/1", "no text"),
        ([{"input": []}], None, "/requests/0", "no text"),
        ([{"input": ["a", 5]}], None, "/requests/0", "no text"),
        ([{"text": "a"}], None, "/requests/0/text", "no such field"),
        (["a"], {"dimensions": 5000}, "/requests/0/dimensions", "1536"),
        (["a"], {"dimensions": True}, "/requests/0/dimensions", "whole number"),
        ([{"input": ["a"] * 2049}], None, "/requests/0", "2048"),
        (["word " * 9000], None, "/requests/0", "8191|8192"),
        ([{"input": ["a"] * 2000}] * 26, None, "/requests", "50000"),
        (["a", {"input": "b", "model": "text-embedding-3-large"}], None, "/requests/1/model", "one model"),
        ([{"input": "a", "stream": True}], None, "/requests/0/stream", "leave it out"),
    ],
)
def test_what_the_service_would_refuse_of_a_line_of_embeddings_is_named(
    requests: list[Any], common: Any, pointer: str, said: str
) -> None:
    found = faults_of(requests, common, **EMBED)
    assert pointer in found
    assert any(part in found[pointer] for part in said.split("|"))


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"images": [PICTURE, PICTURE]}, "/requests/0/images/1"),
        ({"input": ["a", "b"]}, "/requests/0"),
        ({"input": [{"type": "image_url", "image_url": PICTURE}]}, "/requests/0"),
        ({"input": [{"type": "image_url", "image_url": {"url": PICTURE}}] * 2}, "/requests/0"),
        ({"text": ""}, "/requests/0/text"),
        ({"input": "a", "messages": []}, "/requests/0/messages"),
    ],
)
def test_what_the_service_would_refuse_of_a_line_of_moderations_is_named(request_: Any, pointer: str) -> None:
    assert pointer in faults_of([request_], **MODERATE)


def collected(endpoint: str, answer: Any, sent: Any) -> dict[str, Any]:
    """Return what is emitted of the one line of a batch."""
    batch = {"id": "batch_1", "status": "completed", "endpoint": endpoint, "output_file_id": "o", "input_file_id": "i"}
    line = {"custom_id": "a", "response": {"status_code": 200, "request_id": "r", "body": answer}, "error": None}
    asked = {"custom_id": "a", "method": "POST", "url": endpoint, "body": sent}
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches/batch_1", json=batch)
        api.answer("GET", f"{OPENAI}/files/o/content", body=json.dumps(line))
        api.answer("GET", f"{OPENAI}/files/i/content", body=json.dumps(asked))
        body: dict[str, Any] = run("batchCollect", {"batch_id": "batch_1"}, OPENAI)[0].body
    return body


@pytest.mark.parametrize(
    ("endpoint", "answer", "sent"),
    [
        ("/v1/embeddings", {"data": []}, {"input": "a"}),
        ("/v1/embeddings", {"data": [{"index": 0, "embedding": [1.0]}]}, {"input": ["a", "b"]}),
        ("/v1/embeddings", {"data": [{"index": 0, "embedding": [1.0]}]}, {"input": "a", "dimensions": 2}),
        ("/v1/embeddings", {"data": [{"index": 0, "embedding": "!"}]}, {"input": "a"}),
        ("/v1/moderations", {"results": []}, {"input": "a"}),
        ("/v1/moderations", {"results": [{"flagged": False}]}, {"input": "a"}),
    ],
)
def test_an_answer_that_is_broken_is_an_error_and_is_kept(endpoint: str, answer: Any, sent: Any) -> None:
    found = collected(endpoint, answer, sent)
    assert found["result"]["outcome"] == "failed"
    assert found["error"]["code"] == "answer_broken"
    assert found["raw"] == answer


def test_the_models_that_a_step_offers_are_those_of_its_api(sandbox: Sandbox) -> None:
    cfg = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "auto"}
    assert "omni-moderation-latest" in batch_submit.models({**cfg, "api": "moderations"}, Context())
    assert "text-embedding-sandbox" in batch_submit.models({**cfg, "api": "embeddings"}, Context())


def test_automatic_stands_for_the_usual_model_of_the_api(sandbox: Sandbox) -> None:
    assert submit(sandbox, ["a"], api="embeddings", model="auto")["model"] == "text-embedding-3-small"
    assert submit(sandbox, ["a"], api="moderations", model="auto")["model"] == "omni-moderation-latest"
