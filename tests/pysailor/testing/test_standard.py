"""The tests that any component must pass say what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.testing.standard import ComponentTests

from ..conftest import ECHO, MakeComponent

if TYPE_CHECKING:
    from pathlib import Path

TESTS = [name for name in vars(ComponentTests) if name.startswith("test_")]


def claims_of(directory: Path) -> ComponentTests:
    class Tests(ComponentTests):
        root = directory

    return Tests()


@pytest.mark.parametrize("name", TESTS)
def test_a_component_in_order_passes(echo: Path, name: str) -> None:
    getattr(claims_of(echo), name)()


def test_what_lint_finds_is_in_the_assertion(make_component: MakeComponent) -> None:
    root = make_component(echo=ECHO.replace("def process(msg, cfg, snapshot, ctx)", "def process(msg, cfg)"))
    with pytest.raises(AssertionError, match=r"pysailor lint finds:\n +/actions/echo/main: process\(msg, cfg\) cannot"):
        claims_of(root).test_the_declaration_is_in_order()


def test_a_sample_of_no_function_is_named(echo: Path) -> None:
    (echo / "samples/ecko").mkdir(parents=True)
    (echo / "samples/ecko/one.json").write_text('{"msg": {"body": {}}}')
    with pytest.raises(AssertionError, match=r"component\.json has no function ecko"):
        claims_of(echo).test_every_sample_is_a_message()
