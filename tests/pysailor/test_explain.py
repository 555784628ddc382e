"""What errors mean: what is known of a component's and the runtime's codes, and how a person finds it."""

from __future__ import annotations

import json
import re
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


def codes(told: str) -> list[str]:
    """Return the codes that were explained."""
    return re.findall(r"^\w+ \((\w+)\)$", told, re.MULTILINE)


@pytest.mark.parametrize(("asked", "meant"), [("KeyRefusd", "bad_key"), ("the rabit conversation", "conversation")])
def test_what_is_nearly_right_leads_to_the_right_one(
    asked: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(asked) == 2
    told = capsys.readouterr().err
    assert f'no error fits "{asked}"; did you mean ' in told
    assert meant in told


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("429", ["rate_limit", "quota", "too_large_for_limit", "slow_down"]),
        ("HTTP 503", ["overloaded", "model_loading", "slow_down"]),
        ("HTTP/1.1 401 Unauthorized", ["bad_key", "no_permission"]),
        ("429 You exceeded your current quota", ["quota"]),
        ("rate limit", ["rate_limit"]),
        ("500 Internal Server Error", ["server_error"]),
        ("418 I'm a teapot", ["unknown"]),
        ("context length", ["context_length"]),
        ("This model's maximum context length is 8192 tokens", ["context_length"]),
        ("insufficient_quota", ["quota"]),
        ("error: bad_key (status 401)", ["bad_key"]),
        ("invalid-input", ["invalid_input"]),
        ("truncated", ["answer_truncated"]),
        ("certificate verify failed", ["untrusted"]),
        ("Connection refused", ["unreachable", "unreachable"]),
        ("The account has no credit left", ["quota"]),
    ],
)
def test_a_status_a_part_of_a_message_or_words_are_enough(
    asked: str, meant: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(asked) == 0
    assert codes(capsys.readouterr().out) == meant


def test_words_need_no_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("rate", "limit") == 0
    assert codes(capsys.readouterr().out) == ["rate_limit"]


def test_words_of_the_broker_lead_to_the_runtimes_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("(403) 'ACCESS_REFUSED - Login was refused'") == 0
    told = capsys.readouterr().out
    assert "The message broker cannot be reached" in told
    assert codes(told) == ["unreachable"]


def test_what_nothing_fits_leads_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("nosuch") == explain("500 apples") == 2
    assert "did you mean" not in capsys.readouterr().err
    assert explain("xyzzy") == 2
    assert "give a code, an HTTP status or a few words of the message" in capsys.readouterr().err
    assert explain() == 0
    listed = capsys.readouterr().out
    found = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert sorted(found) == sorted(each.code for each in explanations(Component(ROOT)))
    assert {"Asking the service:", "RabbitMQ, and messages on their way:"} <= set(listed.splitlines())


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("--json", "quota", "invalid_input") == 0
    quota, invalid = json.loads(capsys.readouterr().out)
    assert (quota["family"], quota["code"], quota["again"]) == ("Asking the service", "quota", "no")
    assert (invalid["family"], invalid["name"]) == ("Any step", "InvalidInput")


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
