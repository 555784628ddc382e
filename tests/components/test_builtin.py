"""The built-in components: whole, found by name, and written against the contract only."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from pysailor.component.builtin import builtin_folder, builtin_names, locate_builtin
from pysailor.component.component import Component, metadata
from pysailor.context import Context
from pysailor.errors import BrokenComponent
from pysailor.testing.standard import ComponentTests

ROOT = Path(__file__).parents[2]
NAMES = builtin_names()
FILES = sorted(builtin_folder().rglob("*.py"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("claim", [claim for claim in dir(ComponentTests) if claim.startswith("test_")])
def test_a_built_in_component_is_one_like_any_other(name: str, claim: str) -> None:
    tests = type(name, (ComponentTests,), {"root": locate_builtin(name)})()
    getattr(tests, claim)()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_a_built_in_component_imports_the_contract_only(file: Path) -> None:
    modules = [
        name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    ]
    assert [name for name in modules if name.startswith(("pysailor.", "lib", "components"))] == []


def test_each_function_has_a_sample() -> None:
    missing = [
        f"{name}:{function.name}"
        for name in NAMES
        for function in Component(locate_builtin(name)).descriptor.functions
        if not list((locate_builtin(name) / "samples" / function.name).glob("*.json"))
    ]
    assert missing == []


def test_each_stands_in_the_page_of_built_in_steps() -> None:
    page = (ROOT / "docs/builtin.md").read_text(encoding="utf-8")
    functions = [
        f"`{name}:{function.name}`"
        for name in NAMES
        for function in Component(locate_builtin(name)).descriptor.functions
    ]
    assert [function for function in functions if function not in page] == []


def test_another_name_is_told_with_the_nearest() -> None:
    with pytest.raises(BrokenComponent, match="did you mean router\\?"):
        locate_builtin("ruter")


def test_the_members_of_a_fixed_message_are_known_to_later_steps() -> None:
    fixed = Component(locate_builtin("message")).function("fixed")
    made = metadata(fixed, {"message": [{"name": "Ann"}, "text"]}, Context())
    assert list(made["out"]["properties"]) == ["name", "value"]


def test_what_two_components_share_is_one_file() -> None:
    links = {link for link in builtin_folder().rglob("*.py") if link.is_symlink()}
    assert {link.name: link.resolve().exists() for link in links} == dict.fromkeys(
        {"text.py", "appending.py", "destination.py", "expression.py"}, True
    )
    assert all(ROOT in link.resolve().parents for link in links)


def test_a_component_works_as_a_copy_of_itself(tmp_path: Path) -> None:
    shutil.copytree(locate_builtin("csv"), tmp_path / "csv")
    declared = json.loads((tmp_path / "csv/component.json").read_text(encoding="utf-8"))
    assert Component(tmp_path / "csv").function("read").declared.title == declared["triggers"]["read"]["title"]
