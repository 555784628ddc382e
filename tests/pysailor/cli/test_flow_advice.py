"""What a run's summary advises fits how it ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command_line import pysailor

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
flow: 1
name: advice
components: {jsonata: {builtin: jsonata}, message: {builtin: message}}
steps:
  a: {run: 'message:fixed'}
  b: {run: 'jsonata:transform', after: a, fields: {expression: '$number(n)'}LOCAL}
"""


def run(at: Path, *arguments: str, local: str = "", rows: Any = (1, 2), **more: Any) -> str:
    (at / "flow.yaml").write_text(FLOW.replace("LOCAL", local))
    (at / "in.jsonl").write_text("".join(json.dumps({"n": row}) + "\n" for row in rows))
    return pysailor("flow", "run", *arguments, cwd=at, **more).stderr


@pytest.fixture
def failed(tmp_path: Path) -> str:
    return run(tmp_path, "flow.yaml", "--input", "in.jsonl", rows=(1, "x"))


def test_what_failed_can_be_tried_again(failed: str) -> None:
    assert "to try again what failed: pysailor flow run --resume advice-" in failed


def test_nothing_is_advised_where_all_is_done(tmp_path: Path) -> None:
    assert "--resume" not in run(tmp_path, "flow.yaml", "--input", "in.jsonl")


@pytest.mark.usefixtures("failed")
def test_an_input_that_has_changed_is_to_be_put_back(tmp_path: Path) -> None:
    told = run(tmp_path, "--resume", "last", rows=(7, 8))
    assert "the input has changed" in told
    assert "put back what has changed, then go on: " in told
    assert "or start a new run, without --resume" in told
    assert "once that is corrected" not in told


def test_a_run_that_an_error_stopped_goes_on_with_or_without_what_failed(tmp_path: Path) -> None:
    told = run(tmp_path, "flow.yaml", "--input", "in.jsonl", local=", local: {on_error: stop}", rows=("x", 2))
    assert "once that is corrected: pysailor flow run --resume advice-" in told
    assert "; with --retry-failed, what failed is tried again, too" in told


def test_standard_input_does_not_come_again(tmp_path: Path) -> None:
    told = run(tmp_path, "flow.yaml", "--input", "-", given='{"n": "x"}\n')
    assert "it took its input from a pipe, which is gone: this run cannot go on" in told
    assert "--resume" not in told


def test_ctrl_c_while_a_flow_is_loaded_says_that_nothing_was_begun(tmp_path: Path) -> None:
    code = tmp_path / "own" / "lib"
    code.mkdir(parents=True)
    step = {"main": "./lib/step.py", "title": "Step", "metadata": {"in": {}, "out": {}}}
    component = {"title": "Own", "description": "Own", "version": "1.0.0", "triggers": {"begin": step}}
    (tmp_path / "own" / "component.json").write_text(json.dumps(component))
    (code / "step.py").write_text("raise KeyboardInterrupt\n")
    (tmp_path / "flow.yaml").write_text(
        "flow: 1\nname: own\ncomponents: {own: {path: own}}\nsteps:\n  a: {run: 'own:begin'}\n"
    )
    done = pysailor("flow", "run", "flow.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert "nothing was begun" in done.stderr
    assert done.stderr.endswith("\nstopped\n")
    assert not (tmp_path / ".pysailor").exists()
