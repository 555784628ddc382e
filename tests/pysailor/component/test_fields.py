"""Settings, bound to what was declared."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.component.descriptor import Field
from pysailor.component.fields import bind, secrets_in
from pysailor.errors import InvalidConfig


def field(view_class: str = "TextFieldView", **more: Any) -> Field:
    return Field("x", "step", "X", view_class, **more)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_field_is_absent_or_takes_its_default(empty: Any) -> None:
    assert "x" not in bind([field()], {"x": empty})
    assert bind([field(default=60)], {"x": empty})["x"] == 60


def test_zero_is_a_value() -> None:
    assert bind([field(default=2)], {"x": 0})["x"] == 0
    assert bind([field(default=2)], {"x": "0"})["x"] == 0


@pytest.mark.parametrize(("typed", "number"), [("5", 5), ("2.5", 2.5), (" 7 ", 7), (3.0, 3)])
def test_a_field_with_a_number_for_default_is_a_number(typed: Any, number: float) -> None:
    assert bind([field(default=60)], {"x": typed})["x"] == number


@pytest.mark.parametrize("typed", ["a minute", "nan", "inf", [], {}])
def test_what_is_no_number_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidConfig, match='/x: "X" takes a number, for example 60'):
        bind([field(default=60)], {"x": typed})


@pytest.mark.parametrize(
    ("sent", "ticked"), [("on", True), (True, True), ("true", True), (False, False), ("off", False)]
)
def test_a_box_is_ticked_or_not(sent: Any, ticked: bool) -> None:
    assert bind([field("CheckBoxView")], {"x": sent})["x"] is ticked


def test_every_missing_field_is_named_with_its_place() -> None:
    fields = [field(required=True), Field("key", "credential", "API Key", "PasswordFieldView", required=True)]
    with pytest.raises(InvalidConfig) as raised:
        bind(fields, {})
    assert str(raised.value).splitlines() == [
        '/x: "X" is missing; fill it in on the step',
        '/key: "API Key" is missing; fill it in on the credential',
    ]


def test_a_choice_that_is_not_offered_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="takes one of: a, b"):
        bind([field("SelectView", model={"a": "A", "b": "B"})], {"x": "c"})


def test_what_nobody_declared_stays() -> None:
    assert bind([], {"_account": "1"})["_account"] == "1"


def test_bound_settings_are_a_key_and_cannot_be_changed() -> None:
    bound = bind([], {"x": ["a"]})
    assert {bound: 1}[bound] == 1
    assert bound == {"x": ["a"]}
    assert not hasattr(bound, "__setitem__")


def test_every_hidden_value_is_a_secret_however_deep() -> None:
    fields = [field("PasswordFieldView"), Field("oauth", "credential", "Account", "OAuthFieldView"), field()]
    cfg = {"x": {"oauth": ["a-token", {"b": "another"}], "n": 1}, "oauth": {"access_token": "third"}, "tone": "soft"}
    assert sorted(secrets_in(fields[:2], cfg)) == ["a-token", "another", "third"]
