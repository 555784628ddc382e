"""Components, found and loaded."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from pysailor.component.component import Component, choices, metadata
from pysailor.context import Context
from pysailor.errors import BrokenComponent, InvalidConfig

from ..conftest import DECLARED, MakeComponent

if TYPE_CHECKING:
    from pathlib import Path


def test_a_function_comes_with_its_code_fields_and_schemas(echo: Path) -> None:
    function = Component(echo).function("echo")
    assert [field.name for field in function.fields] == ["password", "times", "tone"]
    assert callable(function.get_function("process"))
    assert set(metadata(function, {}, Context())) == {"in", "out"}


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
