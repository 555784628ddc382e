"""Where a component is found, and how its code is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.component.code import locate
from pysailor.component.component import Component
from pysailor.errors import BrokenComponent

if TYPE_CHECKING:
    from ..conftest import MakeComponent

OURS = Path(__file__).parents[3]


def test_two_components_live_in_one_process(echo: Path) -> None:
    assert Component(echo).function("echo").module is not Component(OURS).function("sendRequest").module


def test_a_checkout_that_is_importable_loads_under_its_plain_name() -> None:
    assert Component(OURS).function("sendRequest").module.__name__ == "lib.actions.send_request"


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
