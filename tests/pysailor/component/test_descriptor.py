"""component.json, read: what is wrong is told with its place."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.component.component import Component
from pysailor.component.descriptor import SHAPE
from pysailor.errors import BrokenComponent

from ..conftest import DECLARED, MakeComponent

if TYPE_CHECKING:
    from pathlib import Path


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


def test_an_unknown_function_is_told_with_those_there_are(echo: Path) -> None:
    with pytest.raises(BrokenComponent, match=r'"shout" is not found in component\.json! There is: echo'):
        Component(echo).function("shout")


def test_the_declared_shape_of_a_component_is_itself_a_schema() -> None:
    shape = json.loads(SHAPE.read_text())
    assert shape["type"] == "object"
