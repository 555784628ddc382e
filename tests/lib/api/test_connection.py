"""The credential, as the client uses it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.offline.sandbox import KEY, Sandbox
from pysailor import InvalidConfig
from tests.support.fake_api import FakeApi

from ..conftest import HELLO, LOGGER

ONCE = CallLimits(timeout=60, max_retries=0)
COMPLETION = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


def of(**cfg: Any) -> Connection:
    return Connection.of({"apiKey": "key", **cfg})


def refusal(**cfg: Any) -> InvalidConfig:
    with pytest.raises(InvalidConfig) as raised:
        of(**cfg)
    return raised.value


def test_without_settings_it_is_the_public_api() -> None:
    connection = of()
    assert connection.base_url == PUBLIC_API
    assert connection.public
    assert connection.headers()["Authorization"] == "Bearer key"


def test_the_step_s_organization_goes_before_the_credential_s() -> None:
    assert of(organization="org-1", organizationId="org-2").headers()["OpenAI-Organization"] == "org-2"


def test_a_proxy_of_the_company_is_the_public_api_if_the_credential_says_so() -> None:
    assert not of(baseUrl="https://llm.company.example/v1").public
    assert of(baseUrl="https://llm.company.example/v1", server="openai").public


@pytest.mark.parametrize(
    "text",
    [
        '{"HTTP-Referer": "https://company.example", "X-Title": "Orders"}',
        "HTTP-Referer: https://company.example\nX-Title: Orders",
        "\r\n HTTP-Referer :https://company.example\r\n\r\nX-Title:   Orders  \r\n",
    ],
)
def test_more_headers_come_as_json_or_as_lines(text: str) -> None:
    headers = of(headers=text).headers()
    assert (headers["HTTP-Referer"], headers["X-Title"]) == ("https://company.example", "Orders")


@pytest.mark.parametrize("text", [None, "", "  \n", "{}"])
def test_no_more_headers_are_no_fault(text: str | None) -> None:
    assert of(headers=text).more_headers == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("X-Title Orders", "must be a JSON object"),
        ('{"X-Title": ', "must be a JSON object"),
        ('["X-Title"]', "must be a JSON object"),
        ('{"X-Title": ["Orders"]}', "must be text"),
        ('{"X-Title": null}', "must be text"),
        ('{"X-Title": true}', "must be text"),
        ('{"X-Title": "Orders\\r\\nX-Evil: 1"}', "line break"),
        ('{"X-Title\\r\\nX-Evil": "1"}', "header 1"),
        ('{"X-Title": "Auftr\u00e4ge"}', "another character"),
        ("X Title: Orders", "header 1"),
        (": Orders", "header 1"),
        ("X-Title: a\nx-title: b", "twice"),
        ('{"X-Title": "a", "X-Title": "b"}', "twice"),
        ("Transfer-Encoding: chunked", "set by the connection itself"),
        ("host: evil.example", "set by the connection itself"),
        ("Content-Length: 0", "set by the connection itself"),
        ("Proxy-Authorization: Basic x", "set by the connection itself"),
        ("Authorization: Bearer other", "beside the API Key"),
        ("API-Key: other", "beside the API Key"),
        ("X-Long: " + "a" * 9000, "8192"),
    ],
)
def test_headers_that_cannot_be_sent_are_named(text: str, says: str) -> None:
    error = refusal(headers=text)
    assert [fault.pointer for fault in error.faults] == ["/headers"]
    assert says in str(error)


@given(
    secret=st.from_regex(r"sk-[a-z]{12}\n?", fullmatch=True),
    shape=st.sampled_from(["{}", "X: \x00{}", "{} x: 1", '{{"a": "{}"']),
)
def test_no_fault_repeats_what_may_be_a_secret(secret: str, shape: str) -> None:
    assert secret.strip() not in str(refusal(headers=shape.format(secret)))


def test_an_api_key_of_a_dash_means_that_the_headers_carry_it() -> None:
    connection = of(apiKey="-", headers="Authorization: Basic dTpw")
    assert connection.headers()["Authorization"] == "Basic dTpw"
    assert "Authorization" not in of(apiKey="-").headers()


def test_a_line_of_the_credential_stands_above_ours_of_that_name() -> None:
    headers = of(organization="org-1", headers="openai-organization: org-9").headers()
    assert [value for name, value in headers.items() if name.lower() == "openai-organization"] == ["org-9"]


def test_a_printed_connection_tells_no_secret() -> None:
    connection = of(apiKey="sk-1234", baseUrl="https://gw.example/v1?key=hush", headers="X-Token: quiet")
    assert not [secret for secret in ("sk-1234", "hush", "quiet") if secret in repr(connection)]
    assert connection.address == "https://gw.example/v1"


def test_a_shown_request_masks_what_the_headers_carry() -> None:
    shown = Client(of(headers="X-Token: quiet")).preview(COMPLETIONS, HELLO)
    assert shown.headers["X-Token"] == "***"
    assert shown.url == f"{PUBLIC_API}/chat/completions"


def test_a_shown_request_masks_what_the_address_asks_after_its_question_mark() -> None:
    shown = Client(of(baseUrl="https://gw.example/v1?api-version=2024-10-21&key=hush&flag&empty=")).preview(
        COMPLETIONS, HELLO
    )
    assert shown.url == "https://gw.example/v1/chat/completions?api-version=2024-10-21&key=***&***&empty=***"


@pytest.mark.parametrize(
    "host", ["a", "localhost.", "my_host", "10.0.0.1", "[::1]", "[fe80::1%25eth0]", "bücher.example", "x" * 63 + ".de"]
)
def test_a_server_may_have_any_name_that_can_be_asked_for(host: str) -> None:
    assert of(baseUrl=f"http://{host}:8080/v1").base_url == f"http://{host}:8080/v1"


def test_equal_settings_give_one_connection_to_be_kept() -> None:
    cfg = {"headers": "X-Token: quiet", "server": "other"}
    assert len({of(**cfg), of(**cfg)}) == 1
    assert of(**cfg) != of(**{**cfg, "headers": "X-Token: loud"})


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("https://user:secret@gw.example/v1", "user name"),
        ("https://gw.example/v1#part", "must start"),
        ("https://gw.example/v\n1", "must start"),
        ("gw.example", "must start"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(base_url: str, says: str) -> None:
    error = refusal(baseUrl=base_url)
    assert [fault.pointer for fault in error.faults] == ["/baseUrl"]
    assert says in str(error)
    assert "secret" not in str(error)


def test_an_unknown_server_is_named() -> None:
    assert [fault.pointer for fault in refusal(server="bedrock").faults] == ["/server"]


def test_azure_s_old_shape_gets_the_model_in_the_path_and_the_key_in_its_header() -> None:
    base_url = "https://res.openai.azure.com/?api-version=2024-10-21"
    with FakeApi() as api:
        api.post("https://res.openai.azure.com/openai/deployments/my-gpt/chat/completions", json=COMPLETION)
        answer = Client(of(baseUrl=base_url)).ask(COMPLETIONS, {**HELLO, "model": "my-gpt"}, CallOptions(ONCE, LOGGER))
    (request,) = api.received
    assert request.url.endswith("?api-version=2024-10-21")
    assert request.headers["api-key"] == "key"
    assert "authorization" not in request.headers
    assert answer.body["choices"]


def test_one_client_serves_several_deployments() -> None:
    client = Client(of(baseUrl="https://res.openai.azure.com/?api-version=2024-10-21"))
    with FakeApi() as api:
        for deployment in ("a", "b"):
            api.post(f"https://res.openai.azure.com/openai/deployments/{deployment}/chat/completions", json=COMPLETION)
            client.ask(COMPLETIONS, {**HELLO, "model": deployment}, CallOptions(ONCE, LOGGER))
        assert [json.loads(request.body)["model"] for request in api.received] == ["a", "b"]


def test_more_headers_reach_the_server(sandbox: Sandbox) -> None:
    cfg = {"baseUrl": sandbox.base_url, "apiKey": KEY, "headers": '{"X-Title": "Orders"}'}
    Client(Connection.of(cfg)).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    headers = {name.lower(): value for name, value in sandbox.requests[-1].headers.items()}
    assert headers["x-title"] == "Orders"


@pytest.mark.parametrize(
    "given",
    [
        "sk-1",
        " sk-1\r\n",
        "Bearer sk-1",
        "bearer  sk-1",
        "Authorization: Bearer sk-1",
        "api-key: sk-1",
        '"sk-1"',
        "'Bearer sk-1'",
        "\u201csk-1\u201d",
        "\ufeffsk-1\u200b",
        "sk\u200b-1",
        "`sk-1`",
        "OPENAI_API_KEY=sk-1",
        "export OPENAI_API_KEY='sk-1'",
    ],
)
def test_a_key_is_taken_without_what_was_copied_along(given: str) -> None:
    assert Connection.of({"apiKey": given}).api_key == "sk-1"


@pytest.mark.parametrize("name", ["organization", "organizationId", "project"])
def test_an_id_is_trimmed_and_a_blank_one_is_none(name: str) -> None:
    member = name.removesuffix("Id")
    assert getattr(Connection.of({"apiKey": "k", name: ' "org-1"\u200b\n'}), member) == "org-1"
    assert getattr(Connection.of({"apiKey": "k", name: "  "}), member) is None


def test_the_values_of_headers_are_trimmed() -> None:
    connection = Connection.of({"apiKey": "k", "headers": {" X-Title ": " Orders "}})
    assert connection.headers()["X-Title"] == "Orders"
