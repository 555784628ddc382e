"""Embed as a step, against the sandbox and against servers that differ from it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.errors.api_error import ApiError
from lib.models.table import Models
from lib.offline.sandbox import KEY, Sandbox
from pysailor.context import Data
from pysailor.errors import InvalidConfig, InvalidInput, SailorError
from pysailor.testing.steps import choices, run_step
from tests.support.embedding import ROOT, embed, embedded, golden
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = "https://gw.example/v1"
ADDRESS = f"{GATEWAY}/embeddings"
OPENAI = "https://api.openai.com/v1"


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def vectors(*numbers: float, **more: Any) -> dict[str, Any]:
    data = [{"object": "embedding", "index": index, "embedding": [number]} for index, number in enumerate(numbers)]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 5, "total_tokens": 5}, **more}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


def test_a_text_becomes_a_vector_with_usage(sandbox: Sandbox) -> None:
    body = embedded(sandbox, {"text": "A rain barrel"})
    assert len(body["embedding"]) == body["dimensions"] == 8
    assert math.isclose(dot(body["embedding"], body["embedding"]), 1.0, rel_tol=1e-6)
    assert (body["count"], body["requests"], body["usage"]["prompt"], body["usage"]["known"]) == (1, 1, 4, True)


def test_what_is_sent_is_what_the_api_publishes(sandbox: Sandbox) -> None:
    embedded(sandbox, {"texts": ["a", "b"]})
    sent = sandbox.requests[-1].body
    jsonschema.Draft202012Validator(golden("embeddings.request.json")).validate(sent)
    assert sent["encoding_format"] == "base64"
    assert sent["input"] == ["a", "b"]


def test_items_come_back_in_order_each_with_its_vector(sandbox: Sandbox) -> None:
    items = [{"sku": n, "product": {"title": f"Product {n}"}} for n in range(5)]
    body = embedded(sandbox, {"items": items}, field="product.title")
    assert [{**item, "embedding": None} for item in body["items"]] == [{**item, "embedding": None} for item in items]
    assert body["items"][3]["embedding"] == embedded(sandbox, {"text": "Product 3"})["embedding"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts=st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=20))
def test_each_text_gets_its_own_vector_wherever_it_stands(shared: Sandbox, texts: list[str]) -> None:
    together = embedded(shared, {"texts": texts}, scenario="vectors_reversed")["embeddings"]
    assert together[-1] == embedded(shared, {"text": texts[-1]})["embedding"]
    assert len(together) == len(texts)


def test_more_texts_than_a_request_takes_go_in_several_and_keep_their_order(sandbox: Sandbox) -> None:
    texts = [f"text {number}" for number in range(2049)]
    body = embedded(sandbox, {"texts": texts}, baseUrl=sandbox.base_url)
    assert [len(request.body["input"]) for request in sandbox.requests] == [2048, 1]
    assert (body["requests"], body["count"]) == (2, 2049)
    assert body["usage"]["prompt"] == sum(-(-len(text) // 4) for text in texts)
    assert body["embeddings"][2048] == embedded(sandbox, {"text": "text 2048"})["embedding"]


def test_more_tokens_than_a_request_takes_are_not_sent_together(sandbox: Sandbox) -> None:
    long = "word " * 6000
    body = embedded(sandbox, {"texts": [f"{number} {long}" for number in range(60)]})
    assert body["requests"] > 1
    assert all(request.body["input"] for request in sandbox.requests)
    assert body["tries"] == body["requests"]


def test_a_request_that_is_too_much_is_halved() -> None:
    refusal = {"error": {"message": "Requested 9 tokens, max 5 tokens per request", "code": "max_tokens_per_request"}}
    with FakeApi() as api:
        api.post(ADDRESS, json=refusal, status=400)
        api.post(ADDRESS, json=vectors(1.0, 2.0))
        api.post(ADDRESS, json=vectors(3.0, 4.0))
        body = embed(GATEWAY, {"texts": ["a", "b", "c", "d"]}, dimensions="").body
    sent = [json.loads(request.body)["input"] for request in api.received]
    assert sent == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"]]
    assert body["embeddings"] == [[1.0], [2.0], [3.0], [4.0]]
    assert (body["requests"], body["tries"], body["usage"]["prompt"]) == (2, 3, 10)


def test_a_server_that_refuses_base64_is_asked_for_numbers() -> None:
    with FakeApi() as api:
        api.post(ADDRESS, json={"error": {"message": "encoding_format must be float"}}, status=400)
        api.post(ADDRESS, json=vectors(1.0))
        assert embed(GATEWAY, {"text": "a"}, dimensions="").body["embedding"] == [1.0]
    assert ["encoding_format" in json.loads(request.body) for request in api.received] == [True, False]


def test_the_price_of_the_table_makes_the_cost() -> None:
    with FakeApi() as api:
        answer = vectors(1.0, model="text-embedding-3-large", usage={"prompt_tokens": 1_000_000})
        api.post(f"{OPENAI}/embeddings", json=answer)
        body = embed(OPENAI, {"text": "a"}, dimensions="1", embeddingModel="text-embedding-3-large").body
    assert body["cost"]["exact"] == "0.13"


@pytest.mark.parametrize("scenario", ["vectors_missing", "vectors_broken"])
def test_a_broken_answer_is_an_error(sandbox: Sandbox, scenario: str) -> None:
    with pytest.raises(ApiError, match="is not what the request asked for") as refused:
        embedded(sandbox, {"texts": ["a", "b"]}, scenario)
    assert refused.value.code == "answer_broken"
    assert refused.value.to_json()["tries"]


def test_dimensions_that_a_server_ignores_are_an_error() -> None:
    with FakeApi() as api:
        api.post(ADDRESS, json=vectors(1.0))
        with pytest.raises(ApiError, match="1 numbers where 256 were asked for"):
            embed(GATEWAY, {"text": "a"}, dimensions="256")


def test_a_refusal_names_the_text_and_what_was_paid_before() -> None:
    refusal = {"error": {"message": "Invalid 'input[1]': maximum input length is 8192 tokens."}}
    texts = [f"{number} " + "word " * 6000 for number in range(30)]
    with FakeApi() as api:
        first = api.post(ADDRESS, json=vectors(*[1.0] * 26))
        api.post(ADDRESS, json=refusal, status=400)
        with pytest.raises(ApiError) as refused:
            embed(GATEWAY, {"texts": texts}, dimensions="", embeddingModel="text-embedding-3-small")
    count = len(json.loads(first.received[0].body)["input"])
    assert count == 26, "the first answer must have as many vectors as were asked for"
    assert f"It is about /texts/{count + 1}." in str(refused.value)
    assert f"{count} of 30 texts had their vectors" in str(refused.value)


def test_a_text_that_is_too_long_is_named_before_anything_is_sent(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match="/texts/1: has 10001 tokens"):
        embedded(sandbox, {"texts": ["short", "word " * 10_000]})
    assert sandbox.requests == ()


def test_a_text_that_is_too_long_is_shortened_if_the_step_says_so(sandbox: Sandbox) -> None:
    body = embedded(sandbox, {"texts": ["short", "word " * 10_000]}, onTooLong="shorten")
    assert body["warnings"] == ["shortened to 8192 tokens: /texts/1"]
    assert len(sandbox.requests[-1].body["input"][1]) > 30_000


def test_more_than_the_maximum_cost_is_not_sent() -> None:
    with FakeApi() as api, pytest.raises(SailorError, match=r"about 10000\d tokens in 20 texts") as refused:
        embed(OPENAI, {"texts": ["word " * 5000] * 19 + ["word " * 4982]}, maxCost="0.001")
    assert refused.value.code == "over_budget"
    assert api.received == []


def test_a_price_that_is_not_known_is_over_budget(sandbox: Sandbox) -> None:
    with pytest.raises(SailorError, match="is not known"):
        embedded(sandbox, {"text": "a"}, maxCost="5")
    assert sandbox.requests == ()


def test_a_busy_service_is_asked_again(sandbox: Sandbox) -> None:
    assert embedded(sandbox, {"text": "a"}, "rate_limit")["tries"] == 2


@pytest.mark.parametrize("dimensions", ["0", "-1", "1.5", "many", "٣", "1" * 30])
def test_dimensions_that_are_no_number_are_refused(sandbox: Sandbox, dimensions: str) -> None:
    with pytest.raises(InvalidConfig, match="/dimensions"):
        embedded(sandbox, {"text": "a"}, dimensions=dimensions)


@pytest.mark.parametrize(
    ("model", "dimensions"), [("text-embedding-ada-002", "256"), ("text-embedding-3-small", "1537")]
)
def test_dimensions_that_the_model_cannot_have_are_refused_before_sending(model: str, dimensions: str) -> None:
    with pytest.raises(InvalidConfig, match="/dimensions"):
        embed(OPENAI, {"text": "a"}, embeddingModel=model, dimensions=dimensions)


def test_the_list_has_embedding_models(sandbox: Sandbox) -> None:
    cfg = {"apiKey": KEY, "baseUrl": sandbox.base_url}
    assert list(choices(ROOT, "embed", "embeddingModel", cfg)) == ["text-embedding-sandbox"]


@pytest.mark.parametrize(
    ("model", "dimensions", "price"),
    [
        ("text-embedding-3-small", 1536, "0.02"),
        ("text-embedding-3-large", 3072, "0.13"),
        ("text-embedding-ada-002", 1536, "0.10"),
    ],
)
def test_the_table_has_what_the_provider_publishes(model: str, dimensions: int, price: str) -> None:
    family = Models.load().find(model)
    assert family is not None
    assert family.price is not None
    assert (family.dimensions, family.price.input, family.max_input) == (dimensions, Decimal(price), 8192)
    assert (family.endpoint, family.encoding) == ("embeddings", "cl100k_base")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "texts", "items"]), inner),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=st.dictionaries(st.sampled_from(["text", "texts", "items"]), JSON) | JSON)
def test_any_body_ends_in_vectors_or_a_named_error(shared: Sandbox, body: Any) -> None:
    try:
        (made,) = run_step(ROOT, "embed", body, cfg={"apiKey": KEY, "baseUrl": shared.base_url, "dimensions": "4"})
        ended: Any = made
    except SailorError as error:
        ended = error
    assert isinstance(ended, Data) or ended.code not in ("error", "defect")
