"""The defaults of settings stand in component.json alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lib.api.connection import PUBLIC_API, Connection
from lib.api.retry import CallLimits
from lib.declared import default

COMPONENT = json.loads((Path(__file__).parents[2] / "component.json").read_text(encoding="utf-8"))


def test_a_call_without_settings_keeps_to_the_declared_ones() -> None:
    fields = COMPONENT["actions"]["sendRequest"]["fields"]
    limits = CallLimits()
    assert limits.timeout == fields["timeout"]["default"]
    assert limits.max_retries == fields["maxRetries"]["default"]


def test_a_connection_without_settings_leads_where_the_credential_does() -> None:
    fields = COMPONENT["credentials"]["fields"]
    assert Connection().base_url == PUBLIC_API == fields["baseUrl"]["default"]
    assert Connection().chosen == fields["server"]["default"]


@pytest.mark.parametrize("name", ["timeout", "maxRetries"])
def test_the_steps_declare_one_default(name: str) -> None:
    declared = {action["fields"][name].get("default") for action in COMPONENT["actions"].values()}
    assert declared == {default(name)}


def test_a_setting_without_a_default_has_none() -> None:
    with pytest.raises(KeyError):
        default("apiKey")
