"""What errors mean: every code that can be told has an explanation."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import lib
import pysailor
from pysailor.component.component import Component
from pysailor.errors import StepError
from pysailor.explain import explanations

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from .conftest import MakeComponent

ROOT = Path(__file__).parents[2]


def import_everything() -> None:
    for package in (lib, pysailor):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def kinds(error: type[StepError]) -> Iterator[type[StepError]]:
    yield error
    for kind in error.__subclasses__():
        yield from kinds(kind)


def test_every_error_of_a_step_is_explained() -> None:
    import_everything()
    ours = [kind for kind in kinds(StepError) if kind.__module__.partition(".")[0] in ("lib", "pysailor")]
    known = explanations(Component(ROOT))
    assert {kind.code for kind in ours if "code" in vars(kind)} - set(known) == set()


def test_a_code_that_is_nearly_right_leads_to_the_right_one_once(capsys: pytest.CaptureFixture[str]) -> None:
    from pysailor.cli import main  # noqa: PLC0415 - the command is looked at here only

    assert main(["--component", str(ROOT), "explain", "KeyRefusd"]) == 2
    assert 'no error has the code "KeyRefusd"; near: bad_key' in capsys.readouterr().err


def test_an_error_of_the_components_own_is_explained_by_its_docstring(make_component: MakeComponent) -> None:
    code = '''
from pysailor import StepError


class Hoarse(StepError):
    """The voice is gone.

    Drink tea.
    """

    code = "hoarse"
    retryable = True


def process(msg, cfg, snapshot, ctx):
    raise Hoarse
'''
    hoarse = explanations(Component(make_component(echo=code)))["hoarse"]
    assert (hoarse.name, hoarse.meaning, hoarse.advice, hoarse.again) == (
        "Hoarse",
        "The voice is gone.",
        "Drink tea.",
        "yes",
    )
