"""The command line, as somebody types it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY, Sandbox
from pysailor.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.fixture
def at_a_terminal() -> Callable[..., str]:
    """Give what runs a command whose standard error is a terminal, and gives what it shows."""

    def run(*arguments: str) -> str:
        ours, its = os.openpty()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        subprocess.run(
            [sys.executable, "-m", "pysailor", *arguments],
            cwd=ROOT,
            env=clean,
            stdout=subprocess.DEVNULL,
            stderr=its,
            check=False,
        )
        os.close(its)
        with os.fdopen(ours, "rb", buffering=0) as screen:
            return screen.read(10_000).decode()

    return run


def at(sandbox: Sandbox, scenario: str = "") -> tuple[str, ...]:
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    return ("--cfg", f"baseUrl={address}", "--cfg", f"apiKey={KEY}", "--cfg", "model=gpt-sandbox-2")


def test_process_prints_one_message_a_sample_and_nothing_else(sandbox: Sandbox) -> None:
    done = pysailor("process", "sendRequest", HELLO, "samples/sendRequest/random-joke.json", *at(sandbox))
    assert done.returncode == 0
    assert [json.loads(line)["body"]["object"] for line in done.stdout.splitlines()] == ["chat.completion"] * 2
    assert done.stderr == ""


def test_two_runs_against_the_sandbox_are_equal(sandbox: Sandbox) -> None:
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
    assert "sandbox" in done.stderr
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
    assert "curl " in done.stderr
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
        (("process", "shout", HELLO), 2, '"shout" is no function; there is: sendRequest, ask'),
        (("process", HELLO), 2, f'"{HELLO}" is no function; there is: sendRequest, ask'),
        (("process", "sendRequest"), 2, "which sample?"),
        (("process", "sendRequest", HELLO, "--cfg", "modle=x"), 2, 'there is no field "modle"; did you mean model?'),
        (("verify", "--cfg", "apikey=x"), 2, 'there is no field "apikey"; did you mean apiKey?'),
        (("verify",), 2, "no API Key is set; nothing to verify. Give one: --cfg apiKey=… or OPENAI_API_KEY"),
        (("select", "sendRequest", "modle"), 2, "did you mean model?"),
        (("sandbox", "--port", "99999"), 2, '"99999" is not a valid port'),
        (("chat", "x.yaml", "--port", "-1"), 2, '"-1" is not a valid port'),
        (("process", "sendRequest", HELLO, "--cfg", "apiKey"), 2, '"apiKey" is not KEY=VALUE'),
        (("process", "sendRequest", HELLO, "--cfg", "baseUrl=http://127.0.0.1:9/v1"), 1, '/cfg/apiKey: "API Key" is m'),
        (("--component", "docs", "lint"), 1, ""),
        (("select", "sendRequest", "timeout", "--cfg", "apiKey=k"), 2, "no select field"),
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


def test_ctrl_c_ends_the_sandbox_quietly() -> None:
    command = [sys.executable, "-m", "pysailor", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["baseUrl"].startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert "Traceback" not in told
    assert server.returncode == 0
    asking = next(line for line in told.splitlines() if line.startswith("# pysailor process"))
    words = shlex.split(asking[2:])
    assert (ROOT / words[3]).is_file()
    assert f"apiKey={KEY}" in words


COMMANDS = ["process", "check", "verify", "select", "meta", "lint", "docs", "sandbox", "local", "run", "service"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = pysailor(command, "--help")
    assert done.returncode == 0
    assert f"pysailor {command}" in done.stdout.split("example")[1]


def test_a_port_that_is_taken_is_named(sandbox: Sandbox) -> None:
    for server in ("sandbox", "local"):
        done = pysailor(server, "--port", str(sandbox.port))
        assert done.returncode == 1
        assert f"port {sandbox.port} cannot be taken" in done.stderr or "not installed" in done.stderr


def test_a_dry_run_gives_a_line_that_can_be_pasted(sandbox: Sandbox, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"msg": {"body": {"messages": [{"role": "user", "content": "it's ¡\ud800 $HOME"}]}}}))
    to = ("--cfg", f"baseUrl={sandbox.base_url}", "--cfg", "apiKey=k")
    told = pysailor("process", "sendRequest", str(sample), "--dry-run", *to)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["headers"]["Authorization"] == "Bearer ***"
    assert "# no model is set; MODEL stands in\n" in told.stderr
    line = told.stderr.splitlines()[-1]
    assert '-H "Authorization: Bearer $OPENAI_API_KEY"' in line
    assert line.isascii()
    assert not any(name in line.lower() for name in ("content-length", "accept-encoding", "request-id"))
    words = shlex.split(line)
    assert json.loads(words[words.index("-d") + 1]) == json.loads(told.stdout)["body"]


@pytest.mark.parametrize("key", ["-", "e", "sk-1234"])
def test_a_short_key_does_not_wreck_what_is_told(sandbox: Sandbox, key: str) -> None:
    to = ("--cfg", f"baseUrl={sandbox.base_url}", "--cfg", f"apiKey={key}", "--cfg", "model=m")
    shown = json.loads(pysailor("process", "sendRequest", HELLO, "--dry-run", *to).stdout)
    assert "***" not in json.dumps({**shown, "headers": {**shown["headers"], "Authorization": ""}})
    assert shown["headers"].get("Authorization", "Bearer ***") == "Bearer ***"
    assert f"{HELLO}: KeyRefused" in pysailor("process", "sendRequest", HELLO, *to).stderr


def test_a_setting_that_nobody_knows_is_said_of_a_sample(sandbox: Sandbox, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    body = json.loads((ROOT / HELLO).read_text())["msg"]["body"]
    sample.write_text(json.dumps({"cfg": {"modle": "x", "_account": "a", "secretId": "s"}, "msg": {"body": body}}))
    report = json.loads(pysailor("check", "sendRequest", str(sample)).stdout)
    assert report["warnings"] == [{"pointer": "/cfg/modle", "message": "is not a known field; did you mean model?"}]
    done = pysailor("process", "sendRequest", str(sample), *at(sandbox))
    assert done.returncode == 0
    assert done.stderr == f"# {sample}: /cfg/modle: is not a known field; did you mean model?\n"


def test_the_sandbox_answers_with_its_own_model_whatever_the_environment_names() -> None:
    done = pysailor("process", "sendRequest", "samples/sendRequest/scenario-refusal.json", OPENAI_MODEL="gpt-4.1")
    assert json.loads(done.stdout)["body"]["model"].startswith("gpt-sandbox")
    assert "OPENAI_MODEL is not used" in done.stderr


def test_what_is_asked_without_a_key_is_remembered_and_listed(tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    body = {"prompt": "My name is Ada.", "conversationId": "c"}
    cfg = {"memory": "conversation"}
    sample.write_text(json.dumps({"scenario": "unsupported_parameter", "cfg": cfg, "msg": {"body": body}}))
    store = f"sqlite:///{tmp_path}/kept.sqlite"
    for messages in (2, 4):
        done = pysailor("process", "ask", str(sample), CHATGPT_CONVERSATIONS=store)
        assert len(json.loads(done.stdout)["body"]["messages"]) == messages
    assert json.loads(pysailor("conversations", "list", CHATGPT_CONVERSATIONS=store).stdout)["turns"] == 2
    assert pysailor("conversations", "list", CHATGPT_CONVERSATIONS=store, OPENAI_API_KEY="another").stdout == ""


def test_nothing_is_started_for_what_cannot_be_sent(tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"msg": {"body": {}}}))
    done = pysailor("process", "sendRequest", str(sample))
    assert done.returncode == 1
    assert "/messages: is missing" in done.stderr
    assert "answers" not in done.stderr
    done = pysailor("select", "sendRequest", "onMisfit")
    assert set(json.loads(done.stdout)) == {"pass", "fail"}
    assert done.stderr == ""


def test_process_and_check_point_to_the_same_settings(sandbox: Sandbox) -> None:
    wrong = (*at(sandbox), "--cfg", "timeout=soon")
    (error,) = json.loads(pysailor("check", "sendRequest", HELLO, *wrong).stdout)["errors"]
    told = pysailor("process", "sendRequest", HELLO, *wrong).stderr
    assert error["pointer"] == "/cfg/timeout"
    assert f"{error['pointer']}: {error['message']}" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "standard input is empty"),
        ('{"msg": }', "standard input is not valid JSON: line 1, column 9: a value is missing here"),
        ('{"msg": 1,\n}', "line 2, column 1: a name in double quotes is missing here"),
        ('{"body": {}}', "standard input is no sample: msg is missing"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_sample_is_told_in_plain_words(text: str, told: str) -> None:
    for command in ("check", "process"):
        done = pysailor(command, "sendRequest", "-", given=text)
        assert done.returncode == 2
        assert told in done.stdout + done.stderr


def test_a_file_that_cannot_be_read_does_not_stop_the_others(sandbox: Sandbox) -> None:
    files = ("nowhere.json", "samples/sendRequest/wrong-role.json", HELLO)
    checked = pysailor("check", "sendRequest", *files)
    assert checked.returncode == 2
    assert [json.loads(line)["ok"] for line in checked.stdout.splitlines()] == [False, False, True]
    done = pysailor("process", "sendRequest", *files, *at(sandbox))
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 1


def test_half_of_a_character_can_be_checked_and_processed(sandbox: Sandbox) -> None:
    sample = json.dumps({"msg": {"body": {"messages": [{"role": "\ud800", "content": "a\ud800"}]}}})
    for arguments in (("check",), ("process", "--dry-run"), ("process", *at(sandbox))):
        done = pysailor(arguments[0], "sendRequest", "-", *arguments[1:], given=sample)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "/messages/0/role" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "code", "told"),
    [("/dev/full", 1, "pysailor process: No space left on device\n"), ("a closed pipe", 141, "")],
)
def test_output_that_nobody_takes_is_no_defect(sandbox: Sandbox, target: str, code: int, told: str) -> None:
    arguments = ["process", "sendRequest", HELLO, HELLO, *at(sandbox)]
    reader, writer = os.pipe()
    os.close(reader)
    with Path(target).open("w") if target != "a closed pipe" else os.fdopen(writer, "w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "pysailor", *arguments],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (code, told)


def test_options_may_stand_before_the_command_and_after_it(tmp_path: Path) -> None:
    for arguments in (("--component", str(ROOT), "-v", "lint"), ("lint", "--component", str(ROOT), "-v")):
        assert pysailor(*arguments, cwd=tmp_path).returncode == 0


def test_at_a_terminal_a_missing_setting_comes_with_ways_to_give_it(at_a_terminal: Callable[..., str]) -> None:
    told = at_a_terminal("process", "sendRequest", HELLO, "--cfg", "apiKey=k")
    assert "# --cfg model=… or OPENAI_MODEL; pysailor select sendRequest model lists them" in told
    assert "the platform sets what this needs" in at_a_terminal("run")


def test_outside_a_checkout_the_component_that_runs_is_named(tmp_path: Path) -> None:
    done = pysailor("explain", "quota", cwd=tmp_path)
    if "There is no component.json here" in done.stderr:
        pytest.skip("the component is not installed")
    (line,) = done.stderr.splitlines()
    assert (Path(line.removeprefix("# component: ")) / "pyproject.toml").is_file()


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
