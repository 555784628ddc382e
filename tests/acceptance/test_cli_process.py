"""What `pysailor process` prints, and what it sends."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main
from tests.support.command_line import HELLO, ROOT, at, pysailor

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox


def test_process_prints_one_message_a_sample_and_nothing_else(sandbox: Sandbox) -> None:
    done = pysailor("process", "sendRequest", HELLO, "samples/sendRequest/random-joke.json", *at(sandbox))
    assert done.returncode == 0
    assert [json.loads(line)["body"]["object"] for line in done.stdout.splitlines()] == ["chat.completion"] * 2
    assert done.stderr.startswith("# 2 of 2 done; 27 tokens in, 44 out; price unknown; ")


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
    if sample.parent.name in ("batchCollect", "embed", "moderate"):
        server = server[:-2]  # it has a setting of its own for the model, or none
    assert main([*component, "process", sample.parent.name, str(sample), *server]) == int(wrong)
    assert bool(capsys.readouterr().out) is not wrong
    assert bool(sandbox.requests) is not wrong


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


def test_a_dry_run_gives_a_line_that_can_be_pasted(sandbox: Sandbox, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"msg": {"body": {"messages": [{"role": "user", "content": "it's ¡\ud800 $HOME"}]}}}))
    to = ("--cfg", f"baseUrl={sandbox.base_url}", "--cfg", "apiKey=k")
    told = pysailor("process", "sendRequest", str(sample), "--dry-run", *to)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["headers"]["Authorization"] == "Bearer ***"
    assert "# no model is set; MODEL is put in its place\n" in told.stderr
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


def test_a_file_that_cannot_be_read_does_not_stop_the_others(sandbox: Sandbox) -> None:
    files = ("nowhere.json", "samples/sendRequest/wrong-role.json", HELLO)
    checked = pysailor("check", "sendRequest", *files)
    assert checked.returncode == 2
    assert [json.loads(line)["ok"] for line in checked.stdout.splitlines()] == [False, False, True]
    done = pysailor("process", "sendRequest", *files, *at(sandbox))
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 1


def test_process_and_check_point_to_the_same_settings(sandbox: Sandbox) -> None:
    wrong = (*at(sandbox), "--cfg", "timeout=soon")
    (error,) = json.loads(pysailor("check", "sendRequest", HELLO, *wrong).stdout)["errors"]
    told = pysailor("process", "sendRequest", HELLO, *wrong).stderr
    assert error["pointer"] == "/cfg/timeout"
    assert f"{error['pointer']}: {error['message']}" in told


def test_a_dry_run_shows_no_request_that_would_not_be_sent_and_tells_what_is_left_out() -> None:
    to = ("--dry-run", "--cfg", "model=gpt-5.4-pro", "--body", 'messages=[{"role": "user", "content": "Hi"}]')
    refused = pysailor("process", "sendRequest", *to, "--body", "n=2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "/n: n is not available" in refused.stderr
    shown = pysailor("process", "sendRequest", *to, "--body", "seed=2")
    assert "seed" not in json.loads(shown.stdout)["body"]
    assert "# the Responses API has no seed" in shown.stderr
