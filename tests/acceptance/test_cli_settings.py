"""Where the command line takes settings from, and who answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY
from tests.support.command_line import HELLO, ROOT, at, pysailor

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox


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


def test_verify_select_and_meta(sandbox: Sandbox) -> None:
    assert pysailor("verify", *at(sandbox)).stdout == "The credential works.\n"
    assert "gpt-sandbox-2" in json.loads(pysailor("select", "sendRequest", "model", *at(sandbox)).stdout)
    assert set(json.loads(pysailor("meta", "sendRequest").stdout)) == {"in", "out"}


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


def test_a_setting_that_nobody_knows_is_said_of_a_sample(sandbox: Sandbox, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    body = json.loads((ROOT / HELLO).read_text())["msg"]["body"]
    sample.write_text(json.dumps({"cfg": {"modle": "x", "_account": "a", "secretId": "s"}, "msg": {"body": body}}))
    report = json.loads(pysailor("check", "sendRequest", str(sample)).stdout)
    assert report["warnings"] == [{"pointer": "/cfg/modle", "message": "is not a known field; did you mean model?"}]
    done = pysailor("process", "sendRequest", str(sample), *at(sandbox))
    assert done.returncode == 0
    assert done.stderr.splitlines()[:-1] == [f"# {sample}: /cfg/modle: is not a known field; did you mean model?"]


def test_options_may_stand_before_the_command_and_after_it(tmp_path: Path) -> None:
    for arguments in (("--component", str(ROOT), "-v", "lint"), ("lint", "--component", str(ROOT), "-v")):
        assert pysailor(*arguments, cwd=tmp_path).returncode == 0


def test_outside_a_checkout_the_component_that_runs_is_named(tmp_path: Path) -> None:
    done = pysailor("explain", "quota", cwd=tmp_path)
    if "There is no component.json here" in done.stderr:
        pytest.skip("the component is not installed")
    (line,) = done.stderr.splitlines()
    assert (Path(line.removeprefix("# component: ")) / "pyproject.toml").is_file()
