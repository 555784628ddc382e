"""Every code that a person can meet is explained: what happened, what to do, and whether to try again, in agreement."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import lib
import pysailor
from pysailor.component.component import Component
from pysailor.error_catalog import NO, RUNTIME_ERRORS
from pysailor.errors import SailorError, StepError
from pysailor.explain import explanations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysailor.contract import Explanation

ROOT = Path(__file__).parents[2]
COMPONENTS = (ROOT, *(path.parent for path in sorted(ROOT.glob("examples/*/component.json"))))
MADE_WITH_A_CODE = {"ApiError", "Failed", "NotOpened", "Rejected"}
# Where the service is played, codes are those of the service.
PLAYED = "offline"
ADVISES_AGAINST = re.compile(r"(cannot|does not|never) help|refused again|fails again", re.IGNORECASE)
ADVISES_FOR = re.compile(r"\b(try again|ask again|wait a (moment|little)|later it may)", re.IGNORECASE)
OF_DEVELOPERS = re.compile(r"`|\bNone\b|\bTrue\b|\bself\b|\w\(\)|Node\b|isinstance|subclass|docstring")


class Named(NamedTuple):
    """A code in the source, and what stands beside it about trying again."""

    code: str
    retryable: bool | None
    place: str


def codes() -> Iterator[Named]:
    for room in ("lib", "pysailor"):
        for file in sorted((ROOT / room).rglob("*.py")):
            if PLAYED not in file.parts and "template" not in file.parts:
                yield from codes_in(file)


def codes_in(file: Path) -> Iterator[Named]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            values = dict(_constants(node))
            if isinstance(values.get("code"), str):
                yield Named(str(values["code"]), None, f"{file.name}:{node.lineno}")
        elif isinstance(node, ast.Call) and _name(node.func) in MADE_WITH_A_CODE and node.args:
            flags = {word.arg: word.value for word in node.keywords}
            flag = flags.get("retryable")
            retryable = flag.value if isinstance(flag, ast.Constant) and isinstance(flag.value, bool) else None
            for code in _texts(node.args[0]):
                yield Named(code, retryable, f"{file.name}:{node.lineno}")


def _constants(node: ast.ClassDef) -> Iterator[tuple[str, object]]:
    for line in node.body:
        if isinstance(line, (ast.Assign, ast.AnnAssign)) and isinstance(line.value, ast.Constant):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            yield ast.unparse(target), line.value.value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def explained(root: Path = ROOT) -> dict[str, list[Explanation]]:
    known: dict[str, list[Explanation]] = {}
    for each in explanations(Component(root)):
        known.setdefault(each.code, []).append(each)
    return known


def errors_of(*packages: str) -> list[type[SailorError]]:
    """Import everything and return the errors with a code of their own."""
    for package in (lib, pysailor):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    kinds, found = [SailorError], []
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.partition(".")[0] in packages:
            found.append(kind)
    return found


def test_codes_are_found_in_the_code() -> None:
    named = {each.code for each in codes()}
    assert {"cut_off", "over_budget", "too_fast", "no_key", "rebound", "unroutable", "too_slow"} <= named


def test_every_code_in_the_code_is_explained() -> None:
    known = explained()
    assert [each for each in codes() if each.code not in known] == []


def test_what_the_code_says_about_trying_again_is_what_is_explained() -> None:
    known = explained()
    wrong = [
        each
        for each in codes()
        if each.retryable is not None and {spec.again != NO for spec in known[each.code]} != {each.retryable}
    ]
    assert wrong == []


def test_what_an_error_says_of_itself_is_what_is_explained() -> None:
    known = explained()
    for error in errors_of("lib", "pysailor"):
        if issubclass(error, StepError) and "__init__" not in vars(error) and "__init__" not in vars(error.__base__):
            assert [spec.again != NO for spec in known[error.code] if spec.name == error.__name__] == [
                error.retryable
            ], error


def test_the_runtimes_explanations_are_those_of_its_errors_by_name() -> None:
    assert {error.code: error.__name__ for error in errors_of("pysailor")} == {
        spec.code: spec.name for spec in RUNTIME_ERRORS.values()
    }


@pytest.mark.parametrize("root", COMPONENTS, ids=lambda root: root.name)
def test_every_explanation_has_what_happened_and_what_to_do_in_whole_sentences(root: Path) -> None:
    for spec in explanations(Component(root)):
        assert spec.name, spec
        assert spec.meaning.endswith("."), spec
        assert spec.advice.endswith("."), spec
        assert len(spec.advice.split()) > 1, spec


@pytest.mark.parametrize("root", COMPONENTS, ids=lambda root: root.name)
def test_no_explanation_contradicts_itself(root: Path) -> None:
    for spec in explanations(Component(root)):
        text = f"{spec.meaning} {spec.advice}"
        against = ADVISES_FOR if spec.again == NO else ADVISES_AGAINST
        assert not against.search(text), spec


def test_no_text_for_developers_is_in_an_explanation() -> None:
    for spec in explanations(Component(ROOT)):
        assert not OF_DEVELOPERS.search(f"{spec.meaning} {spec.advice}"), spec
