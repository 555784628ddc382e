"""What the command line says of mistakes that a component's author makes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pysailor.conftest import MakeComponent

ECHO_RETURNS = "def process(msg, cfg, snapshot, ctx):\n    {}\n"
HELLO = ("process", "echo", "--body", "word=hi", "--cfg", "password=x")


def told(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> str:
    assert main(["--component", str(root), *arguments]) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "command", "sentence"),
    [
        ({"verify": "def verify(cfg, ctx):\n    1 / 0\n"}, "verify", "It raised ZeroDivisionError: division by zero"),
        ({"verify": "def verify(cfg):\n    pass\n"}, "verify", "verify() takes 1 positional argument but 2 were given"),
        ({"verify": "def verify(cfg, ctx):\n    raise SystemExit(0)\n"}, "verify", "It raised SystemExit: 0"),
        ({"echo": "def tones(cfg, ctx):\n    1 / 0\n"}, "select echo tone", "It raised ZeroDivisionError"),
        ({"echo": "def tones(cfg, ctx):\n    return ['a']\n"}, "select echo tone", "tones must return the choices as"),
        ({"echo": "def tones(cfg, ctx):\n    pass\n"}, "select echo tone", "value to label; it returned nothing"),
    ],
)
def test_a_mistake_in_a_verifier_or_a_select_is_told_as_one_of_the_component(
    make_component: MakeComponent,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    command: str,
    sentence: str,
) -> None:
    assert (
        sentence
        in told(capsys, make_component(None, **files), *command.split(), "--cfg", "password=x").splitlines()[-1]
    )


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise SystemExit(0)", "It raised SystemExit: 0"),
        ("async def process(msg, cfg, snapshot, ctx):\n    pass\n", "process is async"),
        ("async def process(msg, cfg, snapshot, ctx):\n    yield\n", "process is async"),
    ],
)
def test_a_step_that_ends_the_process_or_is_async_fails_as_a_defect(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str], code: str, sentence: str
) -> None:
    text = code if code.startswith("async") else ECHO_RETURNS.format(code)
    assert sentence in told(capsys, make_component(echo=text), *HELLO)


@pytest.mark.parametrize(
    ("code", "command", "sentence"),
    [
        (
            "def check(msg, cfg, snapshot, ctx):\n    return ['x']\n",
            "check",
            "check must return a CheckResult; it returned",
        ),
        ("def preview(msg, cfg, ctx):\n    return {}\n", "process", "preview must return an HttpRequest; it returned"),
        ("def preview(msg, cfg, ctx):\n    1 / 0\n", "process", "It raised ZeroDivisionError"),
    ],
)
def test_what_check_and_preview_return_wrong_is_told(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str], code: str, command: str, sentence: str
) -> None:
    more = ("--dry-run",) if command == "process" else ()
    root = make_component(echo=code + ECHO_RETURNS.format("pass"))
    assert sentence in told(capsys, root, command, *HELLO[1:], *more).splitlines()[-1]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("1 / 0", "It raised ZeroDivisionError"),
        ("return []", 'get_meta_model must return {"in": …, "out": …}; it returned a value of type list'),
        ("pass", 'get_meta_model must return {"in": …, "out": …}; it returned nothing'),
    ],
)
@pytest.mark.parametrize("command", [HELLO, ("check", *HELLO[1:]), ("meta", "echo")])
def test_dynamic_metadata_that_fails_is_told(
    make_component: MakeComponent,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    body: str,
    sentence: str,
) -> None:
    action = {"title": "E", "main": "./lib/echo.py", "dynamicMetadata": True}
    declared = {"title": "T", "description": "d", "version": "0.1.0", "actions": {"echo": action}}
    root = make_component(
        declared, echo=f"def get_meta_model(cfg, ctx):\n    {body}\n\ndef process(m, c, s, x):\n    pass\n"
    )
    command = command[:4] if command[0] != "meta" else command
    assert sentence in told(capsys, root, *command).splitlines()[-1]


def test_a_command_of_the_component_that_lacks_a_part_is_found_by_lint_and_breaks_no_help(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_component(cli="COMMANDS = {'shout': 1}\n")
    with pytest.raises(SystemExit):
        main(["--component", str(root), "--help"])
    assert "shout" not in capsys.readouterr().out
    assert main(["--component", str(root), "lint"]) == 1
    assert 'the command "shout" has no HELP, EPILOG, declare, run' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("from .helper import x\n", "No module named 'lib.helper'"),
        ("raise SystemExit(0)\n", "cannot be loaded: SystemExit(0)"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told_by_its_own_names(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str], code: str, sentence: str
) -> None:
    assert sentence in told(capsys, make_component(echo=code), *HELLO)


def test_a_mistake_in_check_is_told_as_one_of_the_component(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_component(echo="def check(msg, cfg, snapshot, ctx):\n    1 / 0\n")
    assert "It raised ZeroDivisionError" in told(capsys, root, "check", *HELLO[1:])


def test_a_trigger_needs_no_sample(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    trigger = {"title": "Tick", "main": "./lib/tick.py", "metadata": {"out": {"type": "object", "properties": {}}}}
    declared = {"title": "T", "description": "d", "version": "0.1.0", "triggers": {"tick": trigger}}
    tick = "from pysailor import Message\n\ndef process(msg, cfg, snapshot, ctx):\n    return Message(body=msg.body)\n"
    assert main(["--component", str(make_component(declared, tick=tick)), "process", "tick"]) == 0
    assert '"body": {}' in capsys.readouterr().out


def test_what_a_step_remembers_is_shown(echo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember = ("process", "echo", "--body", "word=remember", "--cfg", "password=x")
    assert main(["--component", str(echo), *remember]) == 0
    assert '# the snapshot takes {"heard": 1}' in capsys.readouterr().err


def test_a_defect_is_named_as_explain_knows_it(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_component(echo="def process(msg, cfg, snapshot, ctx):\n    1 / 0\n")
    assert any(line.endswith(": Defect") for line in told(capsys, root, *HELLO).splitlines())
    assert main(["--component", str(root), "explain", "Defect"]) == 0
