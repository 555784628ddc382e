"""Every way to fail that this component can show has an explanation."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.errors.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator

LIB = Path(__file__).parents[3] / "lib"
MADE_WITH_A_CODE = {"ApiError", "AttachmentRefused", "BatchError", "Failed", "NotOpened", "Rejected"}


def codes() -> Iterator[str]:
    for file in LIB.rglob("*.py"):
        if "offline" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE_WITH_A_CODE:
                yield from _text(node.args[0] if node.args else None)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                yield from _text(node.value)


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_codes_are_found_in_the_code() -> None:
    assert {"cut_off", "over_budget", "too_fast", "no_key"} <= set(codes())


@pytest.mark.parametrize("code", sorted(set(codes())))
def test_each_code_that_the_code_names_is_explained_with_an_advice(code: str) -> None:
    assert CATALOG[code].meaning
    assert CATALOG[code].advice


def test_no_explanation_is_of_a_code_that_never_comes() -> None:
    named = set(codes()) | {
        word.value
        for file in LIB.rglob("*.py")
        if file.name != "catalog.py"
        for word in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    }
    assert (
        set(CATALOG) - named - {f"answer_{outcome}" for outcome in ("truncated", "filtered", "refused", "empty")}
        == set()
    )
