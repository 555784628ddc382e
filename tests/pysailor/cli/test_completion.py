"""What shells complete, in the shells themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pysailor.cli.completion import SHELLS
from pysailor.cli.completion.candidates import complete
from pysailor.cli.parser import build_parser
from tests.support.shell import Terminal, program

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "HOME": "/nonexistent",
    "TERM": "dumb",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "LC_ALL": "C.UTF-8",
}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def words(*line: str) -> list[str]:
    return [word for word, _ in complete(line, build_parser)]


def test_commands_are_completed_those_of_the_component_too() -> None:
    assert words("pro") == ["process"]
    assert {"process", "check", "chat", "conversations", "completion"} <= set(words(""))


def test_functions_are_completed_and_then_their_samples() -> None:
    assert words("process", "") == ["sendRequest", "ask", "embed", "moderate", "batchSubmit", "batchCollect"]
    assert words("process", "ask", "samples/ask/h") == ["samples/ask/hello.json"]
    assert words("process", "ask", "samples/ask/hello.json", "samples/ask/wrong-n") == [
        "samples/ask/wrong-no-prompt.json"
    ]


def test_samples_of_a_component_elsewhere_are_named_so_that_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    greeter = ROOT / "examples" / "greeter"
    assert words("--component", str(greeter), "process", "") == ["greet"]
    assert words("process", "--component", str(greeter), "greet", "") == [str(greeter / "samples/greet/hello.json")]


def test_options_are_completed() -> None:
    assert words("process", "ask", "--dry") == ["--dry-run"]
    assert set(words("docs", "--c")) == {"--component", "--check"}
    assert words("completion", "bash", "--w") == []


def test_fields_are_completed_and_their_choices() -> None:
    assert words("process", "ask", "--cfg", "onT") == ["onTruncated="]
    assert words("process", "ask", "--cfg", "api") == ["api=", "apiKey="]
    assert words("process", "ask", "--cfg", "answerAs=") == ["answerAs=text", "answerAs=json", "answerAs=schema"]
    assert words("ask", "--cfg", "answerAs=j") == ["answerAs=json"]
    assert words("process", "ask", "--cfg=answerAs=j") == ["--cfg=answerAs=json"]
    assert words("process", "ask", "--cfg", "retryAfterTimeout=t") == ["retryAfterTimeout=true"]


def test_fields_with_choices_that_a_function_gives_are_completed_for_select() -> None:
    assert "model" in words("select", "sendRequest", "")


def test_codes_of_errors_are_completed() -> None:
    assert words("explain", "over_") == ["over_budget"]


def test_a_word_that_begins_with_a_hyphen_after_two_hyphens_is_no_option() -> None:
    assert "--pretty" not in words("process", "ask", "--", "--")


@pytest.mark.parametrize(
    "line", [("nonsense", ""), ("process", "ask", "--unknown", ""), ("process", "nonsense", "--cfg", ""), ("lint", "x")]
)
def test_what_cannot_be_completed_is_left_to_the_shell(line: tuple[str, ...]) -> None:
    assert not [word for word in words(*line) if "nonsense" in word]


def test_a_component_that_cannot_be_loaded_keeps_nobody_from_completing(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text("{")
    assert words("--component", str(tmp_path), "proc") == ["process"]
    assert words("--component", str(tmp_path), "process", "") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_free_of_faults_for_its_shell(shell: str, tmp_path: Path) -> None:
    interpreter = program(shell)
    script = tmp_path / "script"
    script.write_text(completion_of(shell))
    subprocess.run([interpreter, "-n", script], check=True, capture_output=True)


def completion_of(shell: str) -> str:
    done = subprocess.run(
        ["pysailor", "completion", shell], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("proc\t", "process "),
        ("process send\t", "sendRequest "),
        ("process ask samples/ask/wrong-n\t", "wrong-no-prompt.json "),
        ("process ask --cfg onT\t", "--cfg onTruncated="),
        ("process ask --cfg answerAs=sc\t", "--cfg answerAs=schema "),
        ("process sendRequest --dr\t", "--dry-run "),
        ("process sendRequest Makef\t", "Makefile "),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tabulator_completes(shell: str, typed: str, shown: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(completion_of(shell))
    options = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
    prepare = {
        "bash": f"PS1='ready> '; bind 'set enable-bracketed-paste off'; source {script}; echo loa''ded\n",
        "zsh": f"PS1='ready> '; unsetopt zle_bracketed_paste; "
        f"autoload -U compinit; compinit -D -u; source {script}; echo loa''ded\n",
    }[shell]
    with Terminal([program(shell), *options], ROOT, ENVIRONMENT) as terminal:
        terminal.type(prepare)
        terminal.wait_for("loaded")
        terminal.wait_for("ready> ")
        terminal.type(f"pysailor {typed}")
        terminal.wait_for(shown)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("proc", ["process"]),
        ("process a", ["ask"]),
        ("process ask samples/ask/wrong-n", ["samples/ask/wrong-no-prompt.json"]),
        ("process ask --cfg onT", ["onTruncated="]),
        ("process ask Makef", ["Makefile"]),
    ],
)
def test_fish_completes(typed: str, found: list[str], tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(completion_of("fish"))
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", f"source {script}; complete -C 'pysailor {typed}'"],
        env=ENVIRONMENT | {"HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == found
