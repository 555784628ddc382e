"""Components, found and loaded."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pysailor.component.code import locate
from pysailor.component.component import Component, choices, metadata
from pysailor.context import Context
from pysailor.errors import BrokenComponent, InvalidConfig

from ..conftest import DECLARED, MakeComponent

OURS = Path(__file__).parents[3]


def test_a_function_comes_with_its_code_fields_and_schemas(echo: Path) -> None:
    function = Component(echo).function("echo")
    assert [field.name for field in function.fields] == ["password", "times", "tone"]
    assert callable(function.get_function("process"))
    assert set(metadata(function, {}, Context())) == {"in", "out"}


def test_two_components_live_in_one_process(echo: Path) -> None:
    assert Component(echo).function("echo").module is not Component(OURS).function("sendRequest").module


def test_a_checkout_that_is_importable_loads_under_its_plain_name() -> None:
    assert Component(OURS).function("sendRequest").module.__name__ == "lib.actions.send_request"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.pop("title"), "/title: is missing"),
        (lambda d: d.update(version="v1"), '/version: found text "v1"'),
        (lambda d: d.pop("actions"), "does not describe a component"),
        (lambda d: d["actions"]["echo"].pop("main"), "/actions/echo/main: is missing"),
        (lambda d: d["credentials"]["fields"]["password"].update(viewClass="Pasword"), "viewClass"),
    ],
)
def test_a_broken_declaration_is_told_with_pointers(make_component: MakeComponent, change: Any, told: str) -> None:
    declared = copy.deepcopy(DECLARED)
    change(declared)
    with pytest.raises(BrokenComponent) as raised:
        Component(make_component(declared))
    assert told in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"title": 1}'])
def test_a_component_json_that_is_none_is_a_broken_component(tmp_path: Path, text: str) -> None:
    (tmp_path / "component.json").write_text(text)
    with pytest.raises(BrokenComponent, match=r"component\.json"):
        Component(tmp_path)


def test_no_component_at_all_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BrokenComponent, match=r"no component\.json here"):
        Component.find(installed=tmp_path / "share")


def test_the_one_that_is_installed_is_found_and_of_two_one_must_be_named(
    tmp_path: Path, echo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, elsewhere = tmp_path / "share", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for name in ("one", "two"):
        (share / name).mkdir(parents=True)
        (share / name / "component.json").write_text((echo / "component.json").read_text())
        if name == "one":
            assert Component.find(installed=share).root == share / "one"
    with pytest.raises(BrokenComponent, match="Several components are installed"):
        Component.find(installed=share)


@pytest.mark.parametrize(("editable", "folder"), [(True, "checkout"), (False, "share/echo-component")])
def test_an_installation_to_be_edited_means_its_checkout_not_the_copy(
    tmp_path: Path, echo: Path, monkeypatch: pytest.MonkeyPatch, editable: bool, folder: str
) -> None:
    for place in ("share/echo-component", "checkout"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "component.json").write_text((echo / "component.json").read_text())
    about = tmp_path / "site" / "echo_component-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-component\nVersion: 1.0\n")
    origin = {"url": (tmp_path / "checkout").as_uri(), "dir_info": {"editable": editable}}
    (about / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path / "site")
    assert locate(installed=tmp_path / "share") == tmp_path / folder


def test_an_unknown_function_is_told_with_those_there_are(echo: Path) -> None:
    with pytest.raises(BrokenComponent, match=r'"shout" is not found in component\.json! There is: echo'):
        Component(echo).function("shout")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nowhere", "Failed to load file './lib/echo.py'"),
        ("def broken(:", "lib/echo.py, line 1: invalid syntax: def broken(:"),
        ("1 / 0", "is found, but cannot be loaded"),
    ],
)
def test_code_that_cannot_be_loaded_is_a_broken_component(make_component: MakeComponent, code: str, told: str) -> None:
    with pytest.raises(BrokenComponent) as raised:
        Component(make_component(echo=code)).function("echo")
    assert told in str(raised.value)


def test_a_file_outside_the_component_is_not_loaded(echo: Path) -> None:
    with pytest.raises(BrokenComponent, match="no such file in the component"):
        Component(echo).module("../elsewhere.py")


def test_a_schema_file_that_is_missing_is_a_broken_component(make_component: MakeComponent) -> None:
    declared = copy.deepcopy(DECLARED)
    declared["actions"]["echo"]["metadata"]["in"] = "./nowhere.json"
    with pytest.raises(BrokenComponent, match=r"nowhere\.json cannot be read"):
        Component(make_component(declared)).function("echo")


def test_choices_come_from_the_model_function_by_field_or_function_name(echo: Path) -> None:
    function = Component(echo).function("echo")
    assert choices(function, "tone", {}, Context()) == {"loud": "Loud", "soft": "Soft"}
    assert choices(function, "tones", {}, Context()) == {"loud": "Loud", "soft": "Soft"}
    with pytest.raises(InvalidConfig, match="there is: tone"):
        choices(function, "times", {}, Context())


def test_the_declared_shape_of_a_component_is_itself_a_schema() -> None:
    shape = json.loads((OURS / "pysailor/component/descriptor.schema.json").read_text())
    assert shape["type"] == "object"
