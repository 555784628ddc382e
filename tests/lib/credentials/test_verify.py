"""The test of a credential tells apart what can be wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions.select_model import models
from lib.credentials.verify import verify
from lib.offline.sandbox import KEY, Sandbox
from pysailor import Context, InvalidConfig, InvalidCredentials
from tests.support.broker import free_port
from tests.support.fake_api import FakeApi


def reason(cfg: dict[str, Any]) -> str:
    with pytest.raises(InvalidCredentials) as raised:
        verify(cfg, Context())
    return str(raised.value)


def test_a_good_credential_passes(sandbox: Sandbox) -> None:
    verify({"apiKey": KEY, "baseUrl": sandbox.base_url}, Context())
    assert [received.path for received in sandbox.requests] == ["/v1/models"]


def test_each_failure_has_words_of_its_own(sandbox: Sandbox) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    told = {
        "key": reason({"apiKey": "wrong", "baseUrl": sandbox.base_url}),
        "permission": reason({"apiKey": KEY, "baseUrl": sandbox.base_url_of("forbidden")}),
        "quota": reason({"apiKey": KEY, "baseUrl": sandbox.base_url_of("quota")}),
        "address": reason({"apiKey": KEY, "baseUrl": sandbox.base_url.removesuffix("/v1")}),
        "page": reason({"apiKey": KEY, "baseUrl": sandbox.base_url_of("html_ok")}),
        "network": reason({"apiKey": KEY, "baseUrl": nobody}),
    }
    assert len(set(told.values())) == len(told)
    assert "does not accept the API key" in told["key"]
    assert "may not do this" in told["permission"]
    assert "no credit left" in told["quota"]
    assert "Base URL" in told["address"]
    assert "Base URL" in told["page"]
    assert "No connection" in told["network"]
    assert all("wrong" not in text.split("Base URL")[0] for text in (told["key"],))


def test_an_address_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(InvalidConfig, match="/baseUrl"):
        verify({"apiKey": "k", "baseUrl": "localhost"}, Context())


@pytest.mark.parametrize(("status", "body"), [(404, b"Not Found"), (405, b"no GET"), (500, b"oops"), (501, b"")])
def test_a_server_without_a_list_of_models_is_a_good_one_and_that_is_told(status: int, body: bytes) -> None:
    with FakeApi() as api:
        api.answer("GET", "https://gw.example/v1/models", status=status, body=body)
        api.post("https://gw.example/v1/chat/completions", status=400, json={"error": {"message": "no messages"}})
        found = verify({"apiKey": "key", "baseUrl": "https://gw.example/v1"}, Context())
    assert found["verified"] is True
    assert "gw.example does not list its models" in found["reason"]


MORE_LISTS = [{"data": {"models": [{"id": "m"}]}}, {"total_count": 1, "resources": [{"model_id": "m"}]}]


@pytest.mark.parametrize(
    "listed",
    [["m"], [{"id": "m"}], {"models": ["m"]}, {"models": [{"name": "m"}]}, {"data": {"m": {}}}, *MORE_LISTS],
    ids=str,
)
def test_a_list_of_another_shape_is_a_list(listed: Any) -> None:
    with FakeApi() as api:
        api.answer("GET", "https://gw.example/v1/models", json=listed)
        cfg = {"apiKey": "key", "baseUrl": "https://gw.example/v1"}
        assert verify(cfg, Context()) == {"verified": True}
        assert models(cfg, Context()) == {"m": "m"}


def test_a_list_that_is_null_is_told() -> None:
    with FakeApi() as api:
        api.answer("GET", "https://gw.example/v1/models", json={"object": "list", "data": None})
        assert "is empty" in verify({"apiKey": "key", "baseUrl": "https://gw.example/v1"}, Context())["reason"]


def test_without_a_list_a_wrong_key_and_a_wrong_address_are_still_told() -> None:
    told = []
    for status in (401, 404):
        with FakeApi() as api:
            api.answer("GET", "https://gw.example/v1/models", status=404)
            api.post("https://gw.example/v1/chat/completions", status=status)
            told.append(reason({"apiKey": "key", "baseUrl": "https://gw.example/v1"}))
    assert "does not accept the API key" in told[0]
    assert "not at this address" in told[1]


def test_the_choices_of_a_server_without_a_list_are_the_step_s_model_or_a_line_that_says_so() -> None:
    cfg = {"apiKey": "key", "baseUrl": "https://gw.example/v1"}
    with FakeApi() as api:
        api.answer("GET", "https://gw.example/v1/models", status=404)
        api.post("https://gw.example/v1/chat/completions", status=422)
        assert list(models({**cfg, "model": "mine"}, Context())) == ["mine"]
        assert "does not list its models" in models(cfg, Context())[""]


def test_a_second_server_is_tested_too_and_named_if_it_is_the_one_that_fails(sandbox: Sandbox) -> None:
    first = {"apiKey": KEY, "baseUrl": sandbox.base_url}
    verify({**first, "secondApiKey": KEY, "secondBaseUrl": sandbox.base_url}, Context())
    assert len(sandbox.requests) == 2
    told = reason({**first, "secondApiKey": "wrong", "secondBaseUrl": sandbox.base_url})
    assert told.startswith("The second server: ")
    assert "does not accept the API key" in told
