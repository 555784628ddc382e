"""The code speaks the words of its field: one name for one thing, and docstrings that tell what is true."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ROOMS = ("lib", "pysailor", "tests", "bench", "deploy", "examples", "components")

PRIVATE_WORDS = {
    "badge": "cookie",
    "bear": "set_timeout",
    "calm": "drain",
    "crowd": "shared state, limits",
    "desk": "workspace",
    "drained": "drain",
    "excess": "over-limit",
    "house": "the layout",
    "judge": "check",
    "judged": "check",
    "keeper": "lease_renewal",
    "lend": "acquire",
    "mending": "coercion",
    "misfit": "schema mismatch",
    "outlet": "Output",
    "seal": "sign",
    "seats": "limit",
    "stranger": "unauthenticated",
    "strangers": "unauthenticated",
    "surroundings": "environment",
    "telling": "explanation",
    "verdict": "check result",
}
"""Words that a newcomer would have to learn, and what the field says instead."""

TOLD = re.compile(r"(Give|Say|Tell|Make sure)\b")

SEVERAL = {
    "CheckResult": "the component's is richer than the contract's, and is handed out as such",
    "TooLarge": "a flow sees errors by their class names: an attachment, or a message for the broker",
    "Stopped": "a step raises the contract's; the transport's says as well that nothing was confirmed",
    "Store": "the runtime keeps values by key, the component conversations",
    "StoreUnavailable": "a flow sees errors by their class names: the store of values, or that of conversations",
}
"""Class names that stand for two things, each with the reason."""


@cache
def trees() -> dict[Path, ast.Module]:
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    return {file.relative_to(ROOT): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def docstrings() -> Iterator[tuple[str, str]]:
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node) or ""
                yield f"{file}:{getattr(node, 'lineno', 1)}", text


def identifiers() -> Iterator[tuple[str, str]]:
    """Return all names that the code defines, with their place."""
    for file, tree in trees().items():
        yield str(file), file.stem
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    yield f"{file}:{node.lineno}", name
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    yield f"{file}:{node.lineno}", name
                case ast.Attribute(attr=name, ctx=ast.Store()):
                    yield f"{file}:{node.lineno}", name


def words(name: str) -> set[str]:
    """Return the words of a name, whether it is written snake_case or CamelCase."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_no_docstring_gives_says_or_tells() -> None:
    told = [f"{place}: {text.splitlines()[0]}" for place, text in docstrings() if TOLD.match(text)]
    assert told == [], 'Write "Return …", or what is true afterwards:\n' + "\n".join(told)


def test_names_are_made_of_the_fields_words() -> None:
    found = [
        f"{place}: {name} ({word}: {PRIVATE_WORDS[word]})"
        for place, name in identifiers()
        if not name.startswith("test_")
        for word in words(name) & PRIVATE_WORDS.keys()
    ]
    assert found == [], "\n".join(found)


def test_a_class_name_stands_for_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees().items():
        if file.parts[0] in ("lib", "pysailor"):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(file))
    several = {name: files for name, files in places.items() if len(files) > 1}
    new = {name: files for name, files in several.items() if name not in SEVERAL}
    assert new == {}, "Rename one of them, or say in SEVERAL why both are called so."
    assert SEVERAL.keys() <= several.keys(), "SEVERAL lists what no longer is."


@pytest.mark.parametrize(
    ("name", "expected"), [("read_URLParts", {"read", "url", "parts"}), ("StepError", {"step", "error"})]
)
def test_words_of_a_name_are_found(name: str, expected: set[str]) -> None:
    assert words(name) == expected
