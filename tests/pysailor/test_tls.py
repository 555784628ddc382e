"""Where a proxy may be looked for."""

from __future__ import annotations

import sys

import pytest

from pysailor.tls import names_proxy


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "All_Proxy"])
def test_a_proxy_that_the_environment_names_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert not names_proxy()
    monkeypatch.setenv(name, "http://proxy.example:3128")
    assert names_proxy()


@pytest.mark.parametrize(("name", "value"), [("no_proxy", "*"), ("HTTP_PROXY", "")])
def test_what_names_none_is_passed_over(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert not names_proxy()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_where_the_system_has_settings_of_its_own_they_are_asked(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert names_proxy()
