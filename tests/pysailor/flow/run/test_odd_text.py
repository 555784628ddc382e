"""Steps that say or give half characters, and errors that cannot be described: nothing ends in silence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.run import FlowRun
from pysailor.flow.run.errors import FlowStopped

if TYPE_CHECKING:
    from pathlib import Path

FLOW = "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a}\n  c: {run: 'w:work', after: b}\n"
HALVES = """
from pysailor import Message, StepError

def process(msg, cfg, snapshot, ctx):
    if msg.body.get("n") == 1:
        raise StepError("half \\ud83d of it")
    if msg.body.get("n") == 2:
        return Message(body={"half": "\\ud83d"})
    if "half" in msg.body:
        raise ValueError(msg.body["half"])
    return Message(body=msg.body)
"""
MUTE = """
from pysailor import StepError

class Mute(StepError):
    def to_json(self):
        raise RuntimeError("no words")

def process(msg, cfg, snapshot, ctx):
    raise Mute("never told")
"""


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_half_characters_end_no_run(flow: Any, component: Path, plan: Any, tmp_path: Path) -> None:
    (component / "lib" / "work.py").write_text(HALVES)
    path = tmp_path / "run"
    path.mkdir()
    first = FlowRun(plan(flow(FLOW)), path, "r")
    assert first.run() == "failed"
    assert sorted(error["step"] for error in lines(path / "errors.jsonl")) == ["b", "c"]
    assert [stage.tally.failed for stage in first.stages.values()] == [1, 1]
    assert len(lines(path / "results.jsonl")) == 1
    again = FlowRun(plan(flow(FLOW), retry_failed=True), path, "r")
    assert again.run() == "failed"
    assert [stage.tally.failed for stage in again.stages.values()] == [1, 1]
    assert len(lines(path / "results.jsonl")) == 1


def test_a_stage_that_cannot_go_on_ends_the_run(flow: Any, component: Path, plan: Any, tmp_path: Path) -> None:
    (component / "lib" / "work.py").write_text(MUTE)
    path = tmp_path / "run"
    path.mkdir()
    with pytest.raises(FlowStopped, match="no words"):
        FlowRun(plan(flow(FLOW)), path, "r").run()
