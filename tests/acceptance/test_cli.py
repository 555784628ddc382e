"""The command line, as somebody types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lib.sandbox import KEY, Sandbox
from pysailor.cli import main

ROOT = Path(__file__).parents[2]
HELLO = "samples/sendRequest/hello.json"


def pysailor(
    *arguments: str, cwd: Path = ROOT, given: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.run(
        [sys.executable, "-m", "pysailor", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def at(sandbox: Sandbox, scenario: str = "") -> tuple[str, ...]:
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    return ("--cfg", f"baseUrl={address}", "--cfg", f"apiKey={KEY}", "--cfg", "model=gpt-sandbox-2")


def test_process_prints_one_message_a_sample_and_nothing_else(sandbox: Sandbox) -> None:
    done = pysailor("process", "sendRequest", HELLO, "samples/sendRequest/random-joke.json", *at(sandbox))
    assert done.returncode == 0
    assert [json.loads(line)["body"]["object"] for line in done.stdout.splitlines()] == ["chat.completion"] * 2
    assert done.stderr == ""


def test_two_runs_against_the_stand_in_are_equal(sandbox: Sandbox) -> None:
    bodies = [json.loads(pysailor("process", "sendRequest", HELLO, *at(sandbox)).stdout)["body"] for _ in range(2)]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("sample", sorted(ROOT.glob("samples/*/*.json")), ids=lambda path: path.stem)
def test_every_sample_does_what_it_says(
    sample: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATGPT_CONVERSATIONS", "memory:")
    document = json.loads(sample.read_text())
    wrong = "errors" in document
    component = ("--component", str(ROOT))
    assert main([*component, "check", sample.parent.name, str(sample)]) == int(wrong)
    report = json.loads(capsys.readouterr().out)
    assert [error["pointer"] for error in report["errors"]] == document.get("errors", [])
    server = at(sandbox, document.get("scenario", ""))
    assert main([*component, "process", sample.parent.name, str(sample), *server]) == int(wrong)
    assert bool(capsys.readouterr().out) is not wrong
    assert bool(sandbox.requests) is not wrong


def test_without_a_key_something_here_answers_and_says_so() -> None:
    done = pysailor("process", "sendRequest", "samples/sendRequest/scenario-refusal.json")
    assert json.loads(done.stdout)["body"]["choices"][0]["message"]["refusal"]
    assert "stand-in" in done.stderr
    assert "OPENAI_API_KEY" in done.stderr


def test_settings_come_from_the_command_line_the_environment_and_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=gpt-sandbox-1\n")
    sample = str(ROOT / HELLO)
    component = ("--component", str(ROOT))
    done = pysailor(*component, "process", "sendRequest", sample, cwd=tmp_path, OPENAI_BASE_URL=sandbox.base_url)
    assert done.returncode == 0, done.stderr
    assert sandbox.requests[-1].body["model"] == "gpt-sandbox-1"
    cfg = ("--cfg", "model=o9-sandbox")
    pysailor(*component, "process", "sendRequest", sample, *cfg, cwd=tmp_path, OPENAI_BASE_URL=sandbox.base_url)
    assert sandbox.requests[-1].body["model"] == "o9-sandbox"


def test_a_dry_run_shows_the_request_and_sends_nothing(sandbox: Sandbox) -> None:
    secret = "sk-very-secret-0123"
    done = pysailor("process", "sendRequest", HELLO, "--dry-run", *at(sandbox)[:2], "--cfg", f"apiKey={secret}")
    shown = json.loads(done.stdout)
    assert shown["url"] == f"{sandbox.base_url}/chat/completions"
    assert shown["body"]["messages"] == json.loads((ROOT / HELLO).read_text())["msg"]["body"]["messages"]
    assert shown["headers"]["Authorization"] == "Bearer ***"
    assert done.stderr.startswith("curl ")
    assert secret not in done.stdout + done.stderr
    assert sandbox.requests == ()


def test_a_sample_may_come_from_standard_input(sandbox: Sandbox) -> None:
    assert pysailor("process", "sendRequest", "-", *at(sandbox), given=(ROOT / HELLO).read_text()).returncode == 0


def test_verify_select_and_meta(sandbox: Sandbox) -> None:
    assert pysailor("verify", *at(sandbox)).stdout == "The credential works.\n"
    assert "gpt-sandbox-2" in json.loads(pysailor("select", "sendRequest", "model", *at(sandbox)).stdout)
    assert set(json.loads(pysailor("meta", "sendRequest").stdout)) == {"in", "out"}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("process", "sendRequest", "nowhere.json"), 2, "nowhere.json cannot be read"),
        (("process", "sendRequest", "README.md"), 2, "README.md is not valid JSON"),
        (("process", "sendRequest", "component.json"), 2, "component.json is no sample"),
        (("process", "shout", HELLO), 2, '"shout" is not found in component.json! There is: '),
        (("process", "sendRequest", HELLO, "--cfg", "apiKey"), 2, '"apiKey" is not KEY=VALUE'),
        (("process", "sendRequest", HELLO, "--cfg", "baseUrl=http://127.0.0.1:9/v1"), 1, '"API Key" is missing'),
        (("--component", "docs", "lint"), 1, ""),
        (("select", "sendRequest", "timeout", "--cfg", "apiKey=k"), 1, "no select field"),
        (("nonsense",), 2, "invalid choice"),
        ((), 2, "COMMAND"),
    ],
)
def test_what_was_typed_wrong_is_told_in_one_line(arguments: tuple[str, ...], code: int, told: str) -> None:
    done = pysailor(*arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dead_server_and_a_wrong_key_are_told_without_the_key(sandbox: Sandbox) -> None:
    wrong = ("--cfg", f"baseUrl={sandbox.base_url}", "--cfg", "apiKey=sk-secret-1234", "--cfg", "model=m")
    done = pysailor("process", "sendRequest", HELLO, *wrong)
    assert done.returncode == 1
    assert "KeyRefused" in done.stderr
    assert "sk-secret-1234" not in done.stderr
    assert pysailor("verify", *wrong).returncode == 1


def test_ctrl_c_ends_the_stand_in_quietly() -> None:
    command = [sys.executable, "-m", "pysailor", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["baseUrl"].startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert "Traceback" not in told
    assert server.returncode in (0, 130)


@pytest.mark.parametrize(
    "command", ["process", "check", "verify", "select", "meta", "lint", "docs", "sandbox", "local"]
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = pysailor(command, "--help")
    assert done.returncode == 0
    assert f"pysailor {command}" in done.stdout.split("example:")[1]


def test_lint_and_docs_find_the_repository_in_order() -> None:
    assert pysailor("lint").returncode == 0
    assert pysailor("docs", "--check").returncode == 0


def test_a_broken_component_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text("{")
    for command in (("lint",), ("meta", "sendRequest")):
        done = pysailor(*command, cwd=tmp_path)
        assert done.returncode == 1
        assert "JSON" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
