"""A run that was killed goes on with what its steps remembered, and writes no result twice."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

from .test_resume import pysailor

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FLOW = "  a: {run: 'w:numbers', fields: {count: 5}}\n  b: {run: 'w:work', after: a}\n"
HEAD = """
import os
import time
from pathlib import Path

from pysailor import Message

def killed(name):
    while not any(file.stat().st_size for file in Path(".pysailor/runs").glob("*/" + name)):
        time.sleep(0.01)
    os.kill(os.getpid(), 9)
"""
SUMS = """
def process(msg, cfg, snapshot, ctx):
    if msg.body["n"] == 4 and os.environ.get("KILL"):
        killed("ledger.jsonl")
    total = snapshot.get("total", 0) + msg.body["n"]
    ctx.update_snapshot({"total": total})
    return Message(body={"total": total})
"""
GIVES = """
def process(msg, cfg, snapshot, ctx):
    yield Message(body={"n": msg.body["n"], "part": 1})
    if msg.body["n"] == 1 and os.environ.get("KILL"):
        killed("results.jsonl")
    yield Message(body={"n": msg.body["n"], "part": 2})
"""


def run_twice(component: Path, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Run a flow that is killed, go on with it, and return its results."""
    (component / "lib" / "work.py").write_text(HEAD + code)
    monkeypatch.setenv("KILL", "1")
    assert pysailor("flow", "run", "flow.yaml", directory=folder).returncode == -signal.SIGKILL
    monkeypatch.delenv("KILL")
    resumed = pysailor("flow", "run", "--resume", "last", directory=folder)
    assert resumed.returncode == 0, resumed.stderr
    (results,) = folder.glob(".pysailor/runs/*/results.jsonl")
    assert not (results.parent / "snapshots.jsonl").exists()
    return [json.loads(line) for line in results.read_text().splitlines()]


def test_a_step_goes_on_with_what_it_remembered(
    flow: Any, component: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(FLOW)
    totals = [entry["result"]["body"]["total"] for entry in run_twice(component, SUMS, tmp_path, monkeypatch)]
    assert totals == [1, 3, 6, 10, 15]


def test_no_result_is_written_twice(
    flow: Any, component: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(FLOW)
    entries = run_twice(component, GIVES, tmp_path, monkeypatch)
    assert [entry["message"] for entry in entries] == [f"{n}.{part}" for n in range(1, 6) for part in (1, 2)]


COUNTS = """
def process(msg, cfg, snapshot, ctx):
    with open("asked", "a") as file:
        file.write(f"{msg.body['n']}\\n")
    if msg.body["n"] == 4 and os.environ.get("KILL"):
        os.kill(os.getpid(), 9)
    return Message(body=msg.body)
"""


def test_what_a_step_did_without_reporting_a_call_is_not_done_again(
    flow: Any, component: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(FLOW.replace("after: a", "after: a, tune: {prefetch: 1}"))
    run_twice(component, COUNTS, tmp_path, monkeypatch)
    asked = (tmp_path / "asked").read_text().split()
    assert asked == ["1", "2", "3", "4", "4", "5"]
