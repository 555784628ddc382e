"""Every way to fail has its code, and no message tells a secret."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError
from lib.errors.catalog import CATALOG
from lib.offline.sandbox import KEY, Sandbox
from pysailor import InvalidConfig
from tests.support.broker import free_port
from tests.support.fake_api import FakeApi

from ..conftest import HELLO, LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable

ONCE = CallLimits(timeout=60, max_retries=0)
ENDPOINT = f"{PUBLIC_API}/chat/completions"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def failure(client: Client, limits: CallLimits = ONCE) -> ApiError:
    with pytest.raises(ApiError) as raised:
        client.ask(COMPLETIONS, HELLO, CallOptions(limits, LOGGER))
    return raised.value


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("quota", "quota"),
        ("forbidden", "no_permission"),
        ("bad_key", "bad_key"),
        ("context_length", "context_length"),
        ("html", "server_error"),
        ("html_ok", "unreadable"),
        ("invalid_json", "unreadable"),
        ("empty", "unreadable"),
        ("no_choices", "unreadable"),
        ("drops", "dropped"),
        ("drops_midway", "cut_off"),
        ("rate_limit", "rate_limit"),
        ("server_error", "server_error"),
        ("overloaded", "overloaded"),
    ],
)
def test_each_way_to_fail_has_its_name(client_of: Callable[..., Client], scenario: str, code: str) -> None:
    assert failure(client_of(scenario)).code == code


def test_a_wrong_key_and_an_unknown_model_are_told_apart(sandbox: Sandbox, client_of: Callable[..., Client]) -> None:
    assert failure(Client(Connection(sandbox.base_url, "wrong"))).code == "bad_key"
    with pytest.raises(ApiError) as raised:
        client_of().ask(COMPLETIONS, {**HELLO, "model": "no-such-model"}, CallOptions(ONCE, LOGGER))
    assert raised.value.code == "model_not_found"


def test_a_closed_port_is_unreachable() -> None:
    port = free_port()
    error = failure(Client(Connection(f"http://127.0.0.1:{port}/v1", "key")))
    assert error.code == "unreachable"
    assert f"Nothing listens at 127.0.0.1:{port}." in str(error)


def test_a_server_without_tls_is_told_as_that(sandbox: Sandbox) -> None:
    error = failure(Client(Connection(sandbox.base_url.replace("http://", "https://"), KEY)))
    assert error.code == "unreachable"
    assert f"127.0.0.1:{sandbox.port} answers, but does not speak TLS: write http:// in place of https://." in str(
        error
    )
    assert len(error.tries) == 1


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    error = failure(Client(Connection("https://127.0.0.1:9/v1", KEY)))
    assert error.code == "untrusted"
    assert "/no/such/file.pem" in str(error)


def test_no_log_line_has_the_key_or_the_body(
    client_of: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "component"):
        client_of("server_error").ask(
            COMPLETIONS, {**HELLO, "user": "private"}, CallOptions(CallLimits(timeout=10), LOGGER)
        )
    assert caplog.records
    assert KEY not in caplog.text
    assert "private" not in caplog.text


def test_a_redirect_is_told_and_a_paid_request_is_never_sent_on() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, status=308, headers={"Location": "https://elsewhere.example/"})
        assert failure(Client(Connection(PUBLIC_API, "key"))).code == "redirected"


@pytest.mark.parametrize(
    "address", ["http://a..b/v1", "http://*.x/v1", "http://%zz/v1", f"http://{'x' * 70}/v1", "http://\u00fc..de"]
)
def test_an_address_that_is_none_is_named_and_not_tried_again(address: str) -> None:
    error = failure(Client(Connection(address, "key")), CallLimits(timeout=5, max_retries=3))
    assert error.code in ("wrong_address", "unreachable")
    assert "Base URL" in str(error)
    assert len(error.tries) <= 1


def test_a_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://a..b:3128")
    monkeypatch.setenv("no_proxy", "")
    assert failure(Client(Connection("http://api.example/v1", "key"))).code == "unreachable"


@pytest.mark.parametrize("cut", [0, 470, 490])
def test_what_the_service_says_is_told_without_the_secrets_that_it_repeats(cut: int) -> None:
    connection = Connection(
        "https://gw.example/v1?api-version=2024-10-21&key=query-s%20cret",
        "sk-of-the-operator",
        more_headers=(("X-Token", "Basic header-secret"), ("X-Title", "shop")),
    )
    said = f"{'.' * cut} Bearer sk-of-the-operator, header-secret, query-s cret for the shop since 2024-10-21"
    with FakeApi() as api:
        api.post("https://gw.example/v1/chat/completions", status=401, json={"error": {"message": said, "code": said}})
        error = failure(Client(connection))
    told = f"{error} {error.to_json()} {error!r} {error.text}"
    for secret in ("of-the-operator", "header-s", "query-s"):
        assert secret not in told
    if not cut:
        assert error.text == "Bearer ***, ***, *** for the shop since 2024-10-21"


def test_a_secret_in_a_stream_s_error_is_not_told_either() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, body=b'data: {"error": {"message": "no sk-of-the-operator"}}\n\n')
        assert failure(Client(Connection(PUBLIC_API, "sk-of-the-operator"))).text == "no ***"


def test_a_refusal_inside_a_200_is_one() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, json={"error": {"message": "Out of credit", "code": 402}})
        assert failure(Client(Connection(PUBLIC_API, "key"))).code == "quota"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("baseUrl", "api.openai.com/v1"),
        ("baseUrl", "ftp://x/v1"),
        ("baseUrl", "https://"),
        ("baseUrl", "http://[::1"),
        ("baseUrl", "http://host:port/v1"),
        ("baseUrl", "http://a..b"),
        ("baseUrl", "http://*.x/v1"),
        ("baseUrl", "http://%zz/v1"),
        ("baseUrl", f"http://{'x' * 70}.de/v1"),
        ("baseUrl", f"http://{'x.' * 130}de/v1"),
        ("apiKey", "sk-1\nX-Evil: 1"),
        ("apiKey", "sk-ключ"),
        ("organization", "org\r\nX-Evil: 1"),
    ],
)
def test_settings_that_no_request_can_be_made_with_are_named(setting: str, value: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        Connection.of({"apiKey": "key", setting: value})
    assert raised.value.faults[0].pointer == f"/{setting}"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(status=st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500, 599]), body=JSON | st.binary(max_size=40))
def test_any_answer_at_all_is_a_completion_or_a_named_error(status: int, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with FakeApi() as api:
        api.post(ENDPOINT, status=status, body=content)
        outcome = outcome_of(Client(Connection(PUBLIC_API, "key")))
    assert outcome == "answered" or outcome in CATALOG


def outcome_of(client: Client) -> str:
    try:
        answer = client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    except ApiError as error:
        return error.code if "\n" not in str(error) else str(error)
    return "answered" if isinstance(answer.body["choices"], list) else "choices are no list"


@pytest.mark.parametrize(
    ("content_type", "body", "code", "text"),
    [
        ("text/event-stream", b'{"code": 429, "message": "Rate limit exceeded"}', "rate_limit", "Rate limit exceeded"),
        ("application/json", b'[{"error": {"message": "Insufficient balance"}}]', "quota", "Insufficient balance"),
        ("text/plain", b"Too many requests", "rate_limit", "Too many requests"),
        ("text/html", b"<html><title>Sign in</title></html>", "unreadable", "Sign in"),
        ("application/json", b'{"detail": "Model x is still loading"}', "model_loading", "Model x is still loading"),
    ],
)
def test_a_refusal_in_a_good_answer_keeps_its_words(content_type: str, body: bytes, code: str, text: str) -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, body=body, headers={"Content-Type": content_type})
        error = failure(Client(Connection(PUBLIC_API, "key")))
    assert (error.code, error.text) == (code, text)


def test_an_answer_with_a_broken_character_is_still_an_answer() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, body=b'{"choices": [{"message": {"content": "Hi \xe2\x82"}, "finish_reason": "stop"}]}')
        answer = Client(Connection(PUBLIC_API, "key")).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert answer.body["choices"][0]["message"]["content"] == "Hi \ufffd"


BEGUN = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'


@pytest.mark.parametrize(
    ("events", "code", "text"),
    [
        (b"data: Internal Server Error\n\n", "server_error", "Internal Server Error"),
        (b'data: {"message": "Rate limit exceeded", "code": 429}\n\n', "rate_limit", "Rate limit exceeded"),
        (b"event: error\ndata: model overloaded\n\n", "overloaded", "model overloaded"),
        (b'{"error": {"message": "Incorrect API key"}}', "bad_key", "Incorrect API key"),
        (BEGUN + b'{"error": {"message": "The server is overloaded"}}\n', "overloaded", "The server is overloaded"),
        (BEGUN + b'{\n "error": {\n  "message": "too many requests"\n }\n}\n', "rate_limit", "too many requests"),
        (BEGUN + b'data: {"error": "insufficient balance"}\n\n', "quota", "insufficient balance"),
        (BEGUN + b'data: {"success": false, "msg": "quota exhausted"}\n\n', "quota", "quota exhausted"),
        (BEGUN + b'error: {"message": "rate limited"}\n\n', "rate_limit", "rate limited"),
        (BEGUN + b"data: [ERROR] the service is too busy\n\n", "overloaded", "[ERROR] the service is too busy"),
        (b'data: "Unauthorized"\n\n', "bad_key", "Unauthorized"),
        (b'data: [{"error": {"message": "Too many requests"}}]\n\n', "rate_limit", "Too many requests"),
    ],
)
def test_a_refusal_in_a_stream_keeps_its_words_and_class(events: bytes, code: str, text: str) -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, body=events, headers={"Content-Type": "text/event-stream"})
        error = failure(Client(Connection(PUBLIC_API, "key")))
    assert (error.code, error.text) == (code, text)
    assert text in str(error)


@pytest.mark.parametrize("status", [202, 206, 226, 299])
def test_an_answer_under_an_unusual_status_is_marked(status: int) -> None:
    message = {"role": "assistant", "content": "Hello"}
    whole = {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    with FakeApi() as api:
        api.post(ENDPOINT, status=status, json=whole)
        client = Client(Connection(api_key=KEY))
        answer = client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
        client.close()
    assert answer.body["choices"][0]["message"] == message
    assert answer.warnings == (f"it came with the status {status}, and 200 is usual; something may be missing",)


def test_what_calls_itself_json_and_is_not_is_said_so() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, body="{oops", headers={"Content-Type": "application/json"})
        client = Client(Connection(api_key=KEY))
        assert "calls itself application/json, and is not valid JSON" in str(failure(client))
        client.close()
