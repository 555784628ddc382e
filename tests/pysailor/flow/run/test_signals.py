"""Ctrl-C has what is on its way finished, a second one ends at once; a terminal shows a table, anything else lines."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAM = "from pysailor.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
SLOW = (
    "  a: {run: 'w:numbers', fields: {count: 100000}}\n"
    "  b: {run: 'w:work', after: a, fields: {asked: asked, seconds: SECONDS}}\n"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return what starts the command in a process of its own; it is ended at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **more: Any) -> subprocess.Popen[str]:
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        command = [sys.executable, "-c", PROGRAM, "flow", "run", "flow.yaml", *arguments]
        process = subprocess.Popen(command, cwd=tmp_path, text=True, **more)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < until
        time.sleep(0.01)


def outcome(tmp_path: Path) -> dict[str, Any]:
    (directory,) = (tmp_path / ".pysailor" / "runs").iterdir()
    about: dict[str, Any] = json.loads((directory / "run.json").read_text())
    return about


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_has_what_is_on_its_way_finished(
    flow: Any, start: Any, tmp_path: Path, number: signal.Signals
) -> None:
    flow(SLOW.replace("SECONDS", "0.001"))
    process = start()
    wait_for(tmp_path / "asked")

    process.send_signal(number)
    _, told = process.communicate(timeout=60)

    about = outcome(tmp_path)
    assert process.returncode == 130, told
    assert "nothing more is let in" in told
    assert f"to go on: pysailor flow run --resume {about['run']}" in told
    assert about["outcome"] == "stopped"
    assert about["steps"]["b"]["done"] == about["messages"] < 100_000


def test_the_second_signal_ends_at_once(flow: Any, start: Any, tmp_path: Path) -> None:
    flow(SLOW.replace("SECONDS", "60"))
    process = start()
    wait_for(tmp_path / "asked")

    process.send_signal(signal.SIGINT)
    assert any("nothing more" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "1 message was in work at b" in told
    assert outcome(tmp_path)["outcome"] == "aborted"


def test_a_terminal_shows_a_table(flow: Any, start: Any, tmp_path: Path) -> None:
    flow(SLOW.replace("SECONDS", "0.02").replace("100000", "40"))
    ours, theirs = pty.openpty()
    process = start(stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # the other side is closed
        pass
    os.close(ours)

    assert process.wait(60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"step .*waiting.*in work.*done.*failed", text)
    assert "all done: 40 messages" in text


def run_in_room(room: int, at: Path) -> subprocess.CompletedProcess[str]:
    """Run the flow where no file may have more than so many bytes."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); import signal;"
    limit += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    return subprocess.run(
        [sys.executable, "-c", limit + PROGRAM, "flow", "run", "flow.yaml"],
        cwd=at, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_full_disk_ends_the_run_with_what_was_answered(flow: Any, start: Any, tmp_path: Path) -> None:
    flow(SLOW.replace("SECONDS", "0").replace("100000", "20000"))
    done = run_in_room(1_200_000, tmp_path)
    assert done.returncode == 1
    assert "the ledger cannot be written" in done.stderr
    assert "what was answered is kept" in done.stderr
    assert "pysailor flow run --resume test-" in done.stderr
    (directory,) = (tmp_path / ".pysailor" / "runs").iterdir()
    again = subprocess.run(
        [sys.executable, "-c", PROGRAM, "flow", "run", "--resume", "last"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    text = (directory / "results.jsonl").read_text()
    results = {json.loads(line)["result"]["body"]["n"] for line in text.splitlines()}
    assert results == set(range(1, 20_001))


@pytest.mark.parametrize("room", [10, 100_000])
def test_a_run_that_has_no_room_does_not_begin(room: int, flow: Any, tmp_path: Path) -> None:
    flow(SLOW.replace("SECONDS", "0").replace("100000", "20"))
    done = run_in_room(room, tmp_path)
    assert done.returncode == 1
    assert "nothing was asked" in done.stderr
    assert "Make room" in done.stderr
    assert not list((tmp_path / ".pysailor" / "runs").iterdir())
