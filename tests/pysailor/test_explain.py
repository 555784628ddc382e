"""What errors mean: what is known of a component's and the runtime's codes, and how a person finds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main
from pysailor.component.component import Component
from pysailor.explain import explanations

if TYPE_CHECKING:
    from .conftest import MakeComponent

ROOT = Path(__file__).parents[2]
HOARSE = '''
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


def explain(*code: str, root: Path = ROOT) -> int:
    return main(["--component", str(root), "explain", *code])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("KeyRefusd", "bad_key"),
        ("invalid-input", "invalid_input"),
        ("rate", "rate_limit"),
        ("truncated", "answer_truncated"),
    ],
)
def test_a_code_that_is_nearly_right_leads_to_the_right_one(
    asked: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(asked) == 2
    told = capsys.readouterr().err
    assert f'no error has the code "{asked}"; did you mean ' in told
    assert meant in told


def test_a_code_near_no_other_leads_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("xyzzy") == 2
    assert "pysailor explain lists all" in capsys.readouterr().err
    assert explain() == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == sorted({each.code for each in explanations(Component(ROOT))})


@pytest.mark.parametrize("asked", ["bad_key", "KeyRefused", "BAD_KEY", "(bad_key)", "KeyRefused:"])
def test_a_code_is_found_as_it_is_copied(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(asked) == 0
    first, meaning, advice, again = capsys.readouterr().out.splitlines()
    assert first == "KeyRefused (bad_key)"
    assert meaning == "The service does not accept the API key."
    assert advice.startswith("What to do: Copy the key again")
    assert again == "Trying again: no"


def test_a_code_of_both_the_component_and_the_runtime_is_explained_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("unreachable") == 0
    told = capsys.readouterr().out
    assert "No connection to the service" in told
    assert "The message broker cannot be reached" in told


def test_a_broken_component_is_explained_where_the_component_is_broken(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_component()
    (root / "component.json").write_text("{")
    assert explain("BrokenComponent", root=root) == 0
    told = capsys.readouterr()
    assert "Run pysailor lint" in told.out
    assert "only the runtime's errors are known here" in told.err


def test_an_error_of_the_components_own_is_explained_by_its_docstring(make_component: MakeComponent) -> None:
    known = {each.code: each for each in explanations(Component(make_component(echo=HOARSE)))}
    hoarse = known["hoarse"]
    assert (hoarse.name, hoarse.meaning, hoarse.advice, hoarse.again) == (
        "Hoarse",
        "The voice is gone.",
        "Drink tea.",
        "yes",
    )
