"""What the runtime offers by itself, and what a component adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pysailor
from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_RUNTIME = ("process", "check", "verify", "select", "meta", "explain", "lint", "docs", "new", "run", "service")


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


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == f"pysailor {pysailor.__version__}\n"
