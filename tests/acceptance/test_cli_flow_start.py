"""`pysailor flow start`, as typed: with the sandbox, with a Node component, and what it says when it cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main
from tests.interop.test_interop import SAILOR, _trouble
from tests.support.broker import eventually

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


def test_paths_begin_where_the_flow_is_started(broker: Rabbit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.csv").write_text("n\n1\n")
    (tmp_path / "flow.yaml").write_text(
        f"flow: 1\nname: paths {tmp_path.name}\n"
        "components: {csv: {builtin: csv}, file: {builtin: file}}\nsteps:\n"
        "  rows: {run: 'csv:read', fields: {url: in.csv}}\n"
        "  kept: {run: 'file:append', after: rows, fields: {path: out.jsonl}, map: {line: n}}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["flow", "start", "flow.yaml", "--broker", broker.uri]) == 0
    assert (tmp_path / "out.jsonl").read_text() == '"1"\n'


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
    told = capsys.readouterr().err
    assert "The broker cannot be used: nothing answers at 127.0.0.1:1. Look at" in told
    assert "Traceback" not in told
    assert main([*command, "localhost"]) == 2
    assert "the broker's address begins with amqp:// or amqps://" in capsys.readouterr().err
    assert main([*command, "amqp://127.0.0.1:1", "--input", str(tmp_path / "flow.ymal")]) == 2
    told = capsys.readouterr().err
    assert "flow.ymal cannot be read: No such file or directory; did you mean" in told
    assert "stages" not in told


def test_a_start_that_is_killed_leaves_no_process_and_loses_no_message(broker: Rabbit, tmp_path: Path) -> None:
    text = (
        f"flow: 1\nname: kill {tmp_path.name}\ncomponents: {{timer: {{builtin: timer}}, router: {{builtin: router}}}}\n"
        "steps:\n  first: {run: 'timer:timer'}\n  next: {run: 'router:route', after: first, map: {n: n},"
        " tune: {prefetch: 20}}\n"
    )
    (tmp_path / "flow.yaml").write_text(text)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(600)))
    logs = tmp_path / "logs"
    command = [sys.executable, "-m", "pysailor", "flow", "start", str(tmp_path / "flow.yaml"), "--broker", broker.uri,
               "--folder", str(logs), "--output", str(tmp_path / "out.jsonl")]  # fmt: skip
    first = subprocess.Popen([*command, "--input", str(tmp_path / "in.jsonl")], stderr=subprocess.DEVNULL)
    eventually(lambda: (tmp_path / "out.jsonl").exists() and (tmp_path / "out.jsonl").read_text())
    first.kill()
    first.wait()
    eventually(lambda: not _processes_of(logs), 30)
    fed = first_missing(tmp_path / "out.jsonl")
    (tmp_path / "rest.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(fed, 600)))
    assert subprocess.run([*command, "--input", str(tmp_path / "rest.jsonl")], check=False, timeout=120).returncode == 0
    assert {json.loads(line)["n"] for line in (tmp_path / "out.jsonl").read_text().splitlines()} == set(range(600))


def first_missing(file: Path) -> int:
    """Return the first number that is not among the results yet; all before it came through."""
    done = {json.loads(line)["n"] for line in file.read_text().splitlines() if line.endswith("}")}
    return next(number for number in range(601) if number not in done)


def _processes_of(folder: Path) -> list[str]:
    """Return the processes whose log is in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(folder) in str((process / "fd/1").readlink()):
                found.append(process.name)
    return found
