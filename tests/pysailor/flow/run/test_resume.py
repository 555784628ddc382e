"""A run that was stopped or killed goes on: what was answered is not asked again, and nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.run import CannotResume, FlowRun

if TYPE_CHECKING:
    from pathlib import Path

FLOW = (
    "  a: {run: 'w:numbers', fields: {count: 40}}\n"
    "  b: {run: 'w:work', after: a, fields: {asked: ASKED, call: true}, tune: {prefetch: 4}}\n"
    "  c: {run: 'w:work', after: b, fields: {kill: 25}, map: {n: n}}\n"
)
PROGRAM = "from pysailor.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


def results(path: Path) -> list[int]:
    entries = [json.loads(line) for line in (path / "results.jsonl").read_text().splitlines()]
    return sorted(entry["result"]["body"]["n"] for entry in entries if entry["step"] == "c")


def pysailor(*arguments: object, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=directory, check=False)


def test_a_killed_run_goes_on_without_asking_again(flow: Any, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    flow(FLOW.replace("ASKED", str(asked)))

    killed = pysailor("flow", "run", "flow.yaml", directory=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    (directory,) = (tmp_path / ".pysailor" / "runs").iterdir()
    answered = Counter(
        entry["message"]
        for entry in map(json.loads, (directory / "ledger.jsonl").read_text().splitlines())
        if entry["step"] == "b"
    )
    about = json.loads((directory / "run.json").read_text())
    text = (tmp_path / "flow.yaml").read_text().replace("kill: 25", "kill: 0")
    (tmp_path / "flow.yaml").write_text(text)
    about["flow_content"] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    (directory / "run.json").write_text(json.dumps(about))

    resumed = pysailor("flow", "run", "--resume", "last", directory=tmp_path)

    assert resumed.returncode == 0, resumed.stderr
    assert sorted(set(results(directory))) == list(range(1, 41))
    times = Counter(asked.read_text().split())
    assert all(times[number] == 1 for number in answered)
    assert sum(times.values()) <= 40 + 4
    assert not (directory / "spool.jsonl").exists()


def test_a_stopped_run_finishes_what_is_on_its_way_and_goes_on(flow: Any, plan: Any, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    made = flow(FLOW.replace("ASKED", str(asked)).replace("kill: 25", "kill: 0"))
    path = tmp_path / "run"
    path.mkdir()

    def bodies(until: int | None) -> Any:
        for number in range(1, 41):
            if number == until:
                running.stop()
            yield {"n": number}

    running = FlowRun(plan(made, bodies(10)), path, "r")
    assert running.run() == "stopped"
    assert results(path) == list(range(1, running.came_in + 1))

    running = FlowRun(plan(made, bodies(None)), path, "r")
    assert running.run() == "done"
    assert running.passed_over == 9
    assert results(path) == list(range(1, 41))
    assert Counter(asked.read_text().split()) == {str(number): 1 for number in range(1, 41)}


def test_an_aborted_run_ends_at_once_and_goes_on(flow: Any, plan: Any, tmp_path: Path) -> None:
    made = flow("  a: {run: 'w:numbers', fields: {count: 5}}\n  b: {run: 'w:work', after: a, fields: {seconds: 20}}\n")
    path = tmp_path / "run"
    path.mkdir()
    running = FlowRun(plan(made), path, "r")
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(running.run()))
    thread.start()
    while running.stages["b"].tally.in_work == 0:
        thread.join(0.01)

    running.abort()
    thread.join(60)

    assert ended == ["aborted"]
    quick = flow("  a: {run: 'w:numbers', fields: {count: 5}}\n  b: {run: 'w:work', after: a}\n")
    again = FlowRun(plan(quick), path, "r")
    assert again.run() == "done"
    assert again.stages["b"].tally.done == 5


def test_what_failed_is_tried_again_on_request(flow: Any, plan: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    bad = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, fields: {fail: 2}}\n")
    good = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a}\n")

    assert FlowRun(plan(bad), path, "r").run() == "failed"
    assert FlowRun(plan(good), path, "r").run() == "failed"
    again = FlowRun(plan(good, retry_failed=True), path, "r")
    assert again.run() == "done"

    assert [again.stages["b"].tally.done, again.passed_over] == [1, 2]
    once_more = FlowRun(plan(good, retry_failed=True), path, "r")
    assert once_more.run() == "done"
    assert once_more.stages["b"].tally.done == 0


def test_another_input_is_not_gone_on_with(flow: Any, plan: Any, tmp_path: Path) -> None:
    made = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a}\n")
    path = tmp_path / "run"
    path.mkdir()
    FlowRun(plan(made, [{"n": 1}, {"n": 2}]), path, "r").run()

    with pytest.raises(CannotResume, match="message 2 of the source is not the one that it was"):
        FlowRun(plan(made, [{"n": 1}, {"n": 3}]), path, "r").run()


def test_a_line_that_was_cut_off_is_left_out(flow: Any, plan: Any, tmp_path: Path) -> None:
    made = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a}\n")
    path = tmp_path / "run"
    path.mkdir()
    FlowRun(plan(made), path, "r").run()
    ledger = path / "ledger.jsonl"
    os.truncate(ledger, ledger.stat().st_size - 10)

    again = FlowRun(plan(made), path, "r")

    assert again.run() == "done"
    assert [again.passed_over, again.stages["b"].tally.done] == [2, 1]
    assert len([json.loads(line) for line in ledger.read_text().splitlines()]) == 3


CALLING = """
import os
import time
from pathlib import Path

from pysailor import Message, open_store
from pysailor.journal.fate import Fate, Record

def process(msg, cfg, snapshot, ctx):
    with ctx.journal.open(b"what is asked") as entry:
        if entry.answer is None:
            with Path(cfg["asked"]).open("a") as file:
                file.write("asked\\n")
            entry.keep(b"42")
    if os.environ.get("KILL"):
        (calls,) = Path(".pysailor/runs").glob("*/calls.sqlite")
        with open_store(f"sqlite:///{calls.resolve()}") as store:  # nobody waits until the answer is kept
            while not any(Record.read(kept).fate is Fate.ANSWERED for _, kept in store.scan("journal/")):
                time.sleep(0.01)
        os.kill(os.getpid(), 9)
    return Message(body={"n": 42})
"""


def test_a_call_that_was_answered_before_a_kill_is_not_made_again(
    flow: Any, component: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (component / "lib" / "work.py").write_text(CALLING)
    flow("  a: {run: 'w:numbers', fields: {count: 1}}\n  b: {run: 'w:work', after: a, fields: {asked: asked}}\n")
    monkeypatch.setenv("KILL", "1")
    assert pysailor("flow", "run", "flow.yaml", directory=tmp_path).returncode == -signal.SIGKILL
    monkeypatch.delenv("KILL")

    resumed = pysailor("flow", "run", "--resume", "last", directory=tmp_path)

    assert resumed.returncode == 0, resumed.stderr
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert "calls.sqlite" not in [file.name for file in (tmp_path / ".pysailor" / "runs").rglob("*")]


def test_going_on_does_not_forget_what_failed(flow: Any, tmp_path: Path) -> None:
    """What failed is told again, with how to try it again, until it is done."""
    flow("  a: {run: 'w:numbers', fields: {count: 5}}\n  b: {run: 'w:work', after: a, fields: {fail: 2}}\n")
    assert pysailor("flow", "run", "flow.yaml", directory=tmp_path).returncode == 1
    for _ in range(2):
        again = pysailor("flow", "run", "--resume", "last", directory=tmp_path)
        assert again.returncode == 1
        assert "5 messages, 5 were done before, 1 failed before" in again.stderr
        assert "failed before: 2 at b" in again.stderr
        assert "--retry-failed" in again.stderr
    (errors,) = tmp_path.glob(".pysailor/runs/*/errors.jsonl")
    assert [json.loads(line)["id"] for line in errors.read_text().splitlines()] == ["2"]
    tried = pysailor("flow", "run", "--resume", "last", "--retry-failed", directory=tmp_path)
    assert tried.returncode == 1
    assert "5 messages, 4 were done before, 1 failed" in tried.stderr


def test_an_error_that_was_on_its_way_to_its_handler_goes_on_to_it(flow: Any, plan: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    steps = (
        "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, fields: {fail: 2}}\n"
        "  c: {run: 'w:work', after: b}\non_error: {run: 'w:work', id: rescue, fields: {tag: rescue}}\n"
    )
    assert FlowRun(plan(flow(steps)), path, "r").run() == "failed"
    ledger = [json.loads(line) for line in (path / "ledger.jsonl").read_text().splitlines()]
    left = [entry for entry in ledger if entry["step"] != "rescue"]
    assert len(left) == len(ledger) - 1
    (path / "ledger.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in left))
    (path / "results.jsonl").write_text("")

    FlowRun(plan(flow(steps)), path, "r").run()

    found = [json.loads(line) for line in (path / "results.jsonl").read_text().splitlines()]
    assert [(entry["step"], entry["result"]["body"]["by"]) for entry in found] == [("rescue", "rescue")]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"run": "r"}', '{"run": 1, "flow": 2, "flow_content": 3}'])
def test_a_broken_note_of_a_run_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".pysailor" / "runs" / "one"
    path.mkdir(parents=True)
    (path / "run.json").write_text(text)

    refused = pysailor("flow", "run", "--resume", "one", directory=tmp_path)

    assert refused.returncode != 0
    assert "one/run.json cannot be read" in refused.stderr
    assert "start a new run" in refused.stderr
    assert "Traceback" not in refused.stderr
