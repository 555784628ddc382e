"""`pysailor flow start`, as typed: with the sandbox, with a Node component, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main
from tests.interop.test_interop import SAILOR, _trouble

if TYPE_CHECKING:
    from tests.support.broker import Rabbit

pytest.importorskip("pika")
ROOT = Path(__file__).parents[2]
RELAY = ROOT / "tests/interop/relay"

FLOW = """\
flow: 1
name: NAME
components:
  message: {builtin: message}
  other: {path: COMPONENT}
steps:
  people: {run: "message:fixed", fields: {message: [{name: Ann}, {name: Bob}]}}
  next: STEP
  last: {run: "message:fixed", after: next, fields: {message: {done: true}}}
"""


def write(folder: Path, component: Path, step: str) -> str:
    text = FLOW.replace("NAME", f"start {folder.name}").replace("COMPONENT", str(component)).replace("STEP", step)
    (folder / "flow.yaml").write_text(text.partition("  last:")[0])
    return str(folder / "flow.yaml")


def test_a_flow_asks_the_sandbox_from_a_process_of_its_own(
    broker: Rabbit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = "{run: 'other:ask', after: people, map: {prompt: '\"Greet \" & name'}, fields: {model: gpt-sandbox-2}}"
    file = write(tmp_path, ROOT, step)
    folder = str(tmp_path / "logs")
    assert main(["flow", "start", file, "--broker", broker.uri, "--folder", folder, "--sandbox"]) == 0
    told = capsys.readouterr()
    answers = [json.loads(line) for line in told.out.splitlines()]
    assert sorted("Greet Ann" in json.dumps(answer) for answer in answers) == [False, True]
    assert "2 results, 0 errors" in told.err


def test_a_step_may_be_a_node_component(
    broker: Rabbit, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble := _trouble():
        pytest.skip(trouble)
    monkeypatch.setenv("PYSAILOR_NODE_SAILOR", str(SAILOR))
    file = write(tmp_path, RELAY, "{run: 'other:relay', after: people, map: {who: name}}")
    assert main(["flow", "start", file, "--broker", broker.uri, "--folder", str(tmp_path / "logs")]) == 0
    bodies = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(body["who"] for body in bodies) == ["Ann", "Bob"]
    assert bodies[0]["marks"] == [{"step": "next", "seen": ["people"]}]


def test_a_broker_that_is_away_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, RELAY, "{run: 'message:fixed', after: people, fields: {message: x}}")
    command = ["flow", "start", file, "--folder", str(tmp_path / "logs"), "--broker"]
    assert main([*command, "amqp://127.0.0.1:1"]) == 1
    assert "The broker cannot be used" in capsys.readouterr().err
    assert main([*command, "localhost"]) == 2
    assert "which broker?" in capsys.readouterr().err
