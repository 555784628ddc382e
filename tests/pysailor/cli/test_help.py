"""What the runtime offers by itself, and what a component adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pysailor
from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_RUNTIME = (
    *("process", "check", "verify", "select", "meta", "explain", "lint", "docs"),
    *("new", "run", "top", "service"),
)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_servers_are_offered_only_by_a_component_that_has_some(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(echo)
    assert "sandbox" not in shown(capsys, "--help")
    assert "invalid choice: 'sandbox'" in shown(capsys, "sandbox")
    (echo / "lib/cli.py").write_text("class Fake:\n    help = 'run a fake'\n\n\nSERVERS = {'fake': Fake}\n")
    monkeypatch.chdir("/")
    assert "run a fake" in shown(capsys, "--component", str(echo), "--help")


@pytest.mark.parametrize("command", OF_THE_RUNTIME)
def test_the_help_of_the_runtime_names_no_component(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(echo)
    text = shown(capsys, command, "--help").lower()
    assert "example" in text
    assert [word for word in ("sendrequest", "openai", "gpt", "sandbox") if word in text] == []


@pytest.mark.parametrize("command", OF_THE_RUNTIME)
def test_the_help_fits_a_terminal_of_80_columns_but_for_its_examples(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(echo)
    monkeypatch.setenv("COLUMNS", "80")
    long = [line for line in shown(capsys, command, "--help").splitlines() if len(line) > 80]
    assert [line for line in long if not line.startswith("  ELASTICIO_")] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND is missing; pysailor --help lists the commands"),
        (["process"], "the following arguments are required: FUNCTION\n"),
        (["process", "echo", "--tone", "loud"], "unrecognized option --tone; a setting is given as --cfg tone=…"),
        (["lint", "extra"], "pysailor lint: error: unrecognized argument extra"),
        (["process", "echo", "--bodi", "x=1"], "unrecognized option --bodi; did you mean --body?"),
    ],
)
def test_what_is_missing_or_unknown_is_told_with_what_to_write(
    echo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(echo)
    assert told in shown(capsys, *arguments)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == f"pysailor {pysailor.__version__}\n"
