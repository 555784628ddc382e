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


@pytest.mark.parametrize("command", [(), ("process",), ("run",), ("check",), ("meta",)])
def test_examples_are_about_the_first_function_of_the_component_at_hand(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(echo)
    text = shown(capsys, *command, "--help")
    assert "greet" not in text
    assert "echo" in text.partition("example")[2]


def test_examples_are_made_from_the_function_s_own_sample(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(echo)
    folder = echo / "samples" / "echo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hello.json").write_text('{"cfg": {"tone": "so so"}, "msg": {"body": {"who": "Bo"}}}')
    lines = [line.strip() for line in shown(capsys, "process", "--help").splitlines()]
    assert "pysailor process echo samples/echo/hello.json --cfg 'tone=so so'" in lines
    assert "pysailor process echo --body who=Bo --text" in lines


@pytest.mark.parametrize("declared", ["", "[]", '{"actions": []}', "{"])
def test_examples_stay_neutral_where_nothing_is_declared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, declared: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "component.json").write_text(declared)
    assert "pysailor process greet" in shown(capsys, "process", "--help")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["completion", "zhs"], "did you mean zsh?"),
        (
            ["process", "echo", "--body", "text=@notes.txt"],
            "notes.txt cannot be read: No such file or directory; did",
        ),
        (["process", "echo", "--cfg", "text=@notes.txt"], "did you mean note.txt?"),
        (["process", "echo", "--body", "text=@nobody"], "; a text that begins with @ is written @@"),
    ],
)
def test_a_choice_or_a_file_that_is_nearly_there_is_asked_for(
    echo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(echo)
    (echo / "note.txt").touch()
    assert told in shown(capsys, *arguments)
