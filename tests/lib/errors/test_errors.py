"""A refusal of the API, in every shape that servers give it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors.api_error import ApiError, from_answer
from lib.errors.catalog import BILLED, CATALOG, NO, YES


def body(**error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (401, body(code="invalid_api_key", message="Incorrect API key provided: sk-x."), "bad_key"),
        (403, body(code="unsupported_country_region_territory"), "no_permission"),
        (429, body(code="rate_limit_exceeded", type="tokens"), "rate_limit"),
        (429, body(code="insufficient_quota", type="insufficient_quota"), "quota"),
        (429, body(type="insufficient_quota", code=None), "quota"),
        (429, body(code="project_spend_limit_exceeded"), "quota"),
        (429, body(code="rate_limit_exceeded", message="Request too large for gpt-x on TPM"), "too_large_for_limit"),
        (429, body(code="slow_down"), "slow_down"),
        (429, b"", "rate_limit"),
        (404, body(code="model_not_found", message="The model `x` does not exist"), "model_not_found"),
        (404, body(message="This model is only supported in v1/responses"), "wrong_endpoint"),
        (404, b'{"error": "model \\"x\\" not found, try pulling it first"}', "model_not_found"),
        (404, b"404 page not found", "wrong_address"),
        (400, body(code="context_length_exceeded"), "context_length"),
        (400, body(code="unsupported_parameter", param="max_tokens"), "unsupported"),
        (400, body(code="content_filter"), "content_filter"),
        (400, b'{"detail": "extra fields not permitted"}', "unsupported"),
        (402, b'{"message": "no credit"}', "quota"),
        (408, b"", "server_timeout"),
        (409, b"", "conflict"),
        (413, b"<html>Request Entity Too Large</html>", "body_too_large"),
        (422, b'{"detail": [{"loc": ["body"]}]}', "bad_request"),
        (500, body(type="server_error", code=None), "server_error"),
        (502, b"<html>Bad Gateway</html>", "server_error"),
        (503, body(code="server_is_overloaded"), "overloaded"),
        (529, b"", "overloaded"),
        (307, b"", "redirected"),
        (418, b"", "unknown"),
        (200, body(code=429, message="slow"), "rate_limit"),
    ],
)
def test_each_refusal_has_its_class(status: int, content: bytes, code: str) -> None:
    assert from_answer(status, {}, content).code == code


def test_the_error_tells_what_happened_what_to_do_and_what_support_asks_for() -> None:
    error = from_answer(
        400, {"x-request-id": "req_1"}, body(code="unsupported_parameter", param="stop", message="Not supported")
    )
    assert str(error) == (
        "This model does not take one of the fields that were sent, or not with that value. "
        'The service said: "Not supported" Leave the named field out, or choose a model that takes it. '
        "(field stop, status 400, code unsupported_parameter, request id req_1)"
    )
    told = error.to_json()
    assert (told["name"], told["code"], told["retryable"]) == ("UnsupportedField", "unsupported", False)


def test_a_web_page_is_not_read_out() -> None:
    assert "<" not in str(from_answer(502, {}, b"<html><body>nginx</body></html>"))


def test_money_is_never_retryable_and_rate_always_is() -> None:
    assert CATALOG["quota"].again == NO
    assert CATALOG["rate_limit"].again == YES
    assert CATALOG["timeout"].again == BILLED
    assert not ApiError("quota").retryable


@pytest.mark.parametrize("kind", CATALOG.values(), ids=lambda kind: kind.code)
def test_every_kind_says_what_it_means_and_what_to_do(kind: Any) -> None:
    assert kind.meaning.endswith(".")
    assert kind.advice.endswith(".")
    assert kind.name.isidentifier()


@settings(max_examples=200, deadline=None)
@given(status=st.integers(100, 999), content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_answer_becomes_a_named_error_of_one_line(status: int, content: bytes) -> None:
    error = from_answer(status, {}, content)
    assert error.code in CATALOG
    assert json.dumps(error.to_json())
