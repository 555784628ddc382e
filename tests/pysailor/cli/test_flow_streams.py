"""Odd streams and files: each is told by name with what to do, without a traceback, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FLOW = """\
flow: 1
name: streams
components: {message: {builtin: message}, jsonata: {builtin: jsonata}}
steps:
  a: {run: 'message:fixed', fields: {message: {n: 1}}}
  b: {run: 'jsonata:transform', after: a, fields: {expression: '{"m": n}'}}
"""


@pytest.fixture
def at(tmp_path: Path) -> Path:
    (tmp_path / "flow.yaml").write_text(FLOW)
    return tmp_path


def shell(at: Path, line: str) -> subprocess.CompletedProcess[str]:
    command = line.replace("pysailor", f"{sys.executable} -m pysailor")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=at, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def test_an_input_that_is_closed_is_told(at: Path) -> None:
    assert "standard input is closed; name a file" in shell(at, "pysailor flow run flow.yaml --input - <&-").stderr
    assert "standard input is closed; name a file" in shell(at, "pysailor flow import - <&-").stderr


def test_a_file_is_read_whether_standard_input_is_closed_or_not(at: Path) -> None:
    (at / "in.jsonl").write_text('{"n": 5}\n')
    assert shell(at, "pysailor flow run flow.yaml --input in.jsonl -o - <&-").stdout == '{"m": 5}\n'


def test_results_that_cannot_be_printed_are_told_with_their_place(at: Path) -> None:
    told = shell(at, "pysailor flow run flow.yaml -o - > /dev/full").stderr
    assert "standard output cannot be written: No space left on device; the results are in .pysailor/runs/" in told


def test_what_came_through_a_pipe_with_a_name_does_not_come_again(at: Path) -> None:
    os.mkfifo(at / "pipe.jsonl")
    writer = threading.Thread(target=lambda: (at / "pipe.jsonl").write_text('{"n": {}}\n{"n": "x'))
    writer.start()
    told = shell(at, "pysailor flow run flow.yaml --input pipe.jsonl").stderr
    writer.join()
    assert "pipe.jsonl:2: the line is not JSON" in told
    assert "it took its input from a pipe, which is gone" in told
    assert "which is gone; start a new one from a file" in shell(at, "pysailor flow run --resume last").stderr


def test_a_working_directory_that_is_gone_is_told(at: Path) -> None:
    told = shell(at, "mkdir gone && cd gone && rmdir ../gone && pysailor flow run ../flow.yaml").stderr
    assert "the folder that this command was called in is gone" in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("---\nmore: 1\n", "flow.yaml:7:1: a second document begins here; a flow file holds one"),
        ('components: {w: {path: "a\\0b"}}\n', "a path holds no character NUL"),
    ],
)
def test_odd_flow_files_are_told(at: Path, change: str, said: str) -> None:
    text = FLOW.replace("components: {", 'components: {w: {path: "a\\0b"}, ') if "path" in change else FLOW + change
    (at / "flow.yaml").write_text(text.replace("message:fixed", "w:fixed") if "path" in change else text)
    assert said in shell(at, "pysailor flow check flow.yaml").stdout
