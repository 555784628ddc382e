"""The manual page: all that the parser knows, in a form that man shows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pysailor.cli import main
from tests.support.shell import program

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "pysailor.1"


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["--component", str(ROOT), "man"]) == 0
    return capsys.readouterr().out


def test_the_page_that_is_installed_is_that_of_the_commands(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "docs/pysailor.1 is out of date: pysailor man > docs/pysailor.1"


def test_every_command_and_its_options_are_in_it(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--component", str(ROOT), "--help"])
    listed = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(listed) > 10
    for command in listed:
        assert f".SS pysailor {command}" in page
    assert "\\fB\\-\\-dry\\-run\\fR" in page
    assert ".B OPENAI_API_KEY\nAPI Key\n" in page


def test_a_page_of_a_component_without_commands_has_those_of_the_runtime_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--component", str(ROOT / "examples" / "greeter"), "man"]) == 0
    page = capsys.readouterr().out
    assert ".SS pysailor process" in page
    assert "conversations" not in page
    assert "ENVIRONMENT" not in page


def test_man_shows_it_without_a_warning() -> None:
    done = subprocess.run(
        [program("man"), "--warnings", "-E", "UTF-8", "-l", PAGE],
        env={"MANPAGER": "cat", "MANWIDTH": "100", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "pysailor process FUNCTION [SAMPLE...]" in done.stdout
