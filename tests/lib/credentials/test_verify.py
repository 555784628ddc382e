"""The test of a credential tells apart what can be wrong with it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from lib.credentials.verify import verify
from lib.offline.sandbox import KEY, Sandbox
from pysailor import Context, InvalidConfig, InvalidCredentials


def reason(cfg: dict[str, Any]) -> str:
    with pytest.raises(InvalidCredentials) as raised:
        verify(cfg, Context())
    return str(raised.value)


def test_a_good_credential_passes(sandbox: Sandbox) -> None:
    verify({"apiKey": KEY, "baseUrl": sandbox.base_url}, Context())
    assert [received.path for received in sandbox.requests] == ["/v1/models"]


def test_each_failure_has_words_of_its_own(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
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
