"""A step that waits ends with its run; what it had is done by the next part of the run."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from pysailor.flow.run import FlowRun

if TYPE_CHECKING:
    from pathlib import Path


def stop_when_in_work(running: FlowRun, step: str, count: int) -> str:
    outcomes: list[str] = []
    thread = threading.Thread(target=lambda: outcomes.append(running.run()))
    thread.start()
    while running.stages[step].tally.in_work < count:
        thread.join(0.01)
    running.stop()
    thread.join(60)
    return outcomes[0]


def test_what_a_waiting_step_had_is_neither_done_nor_failed(flow: Any, plan: Any, tmp_path: Path) -> None:
    text = "  a: {run: 'w:numbers', fields: {count: 3}}\n  b: {run: 'w:work', after: a, fields: {pause: PAUSE}}\n"
    path = tmp_path / "run"
    path.mkdir()
    running = FlowRun(plan(flow(text.replace("PAUSE", "3600")), concurrency=3), path, "r")

    assert stop_when_in_work(running, "b", 3) == "stopped"

    tally = running.stages["b"].tally
    assert (tally.returned, tally.done, tally.failed, tally.in_work) == (3, 0, 0, 0)
    assert (path / "ledger.jsonl").read_text() == ""
    again = FlowRun(plan(flow(text.replace("PAUSE", "0"))), path, "r")
    assert again.run() == "done"
    lines = (path / "results.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["result"]["body"]["n"] for line in lines) == [1, 2, 3]


def test_a_run_that_was_through_when_it_was_stopped_is_done(flow: Any, plan: Any, tmp_path: Path) -> None:
    text = "  a: {run: 'w:numbers', fields: {count: 3}}\n  b: {run: 'w:work', after: a, fields: {seconds: 0.3}}\n"
    running = FlowRun(plan(flow(text)), tmp_path, "r")
    thread = threading.Thread(target=running.stop)

    def bodies_are_in() -> bool:
        return running._intake.is_through

    outcomes: list[str] = []
    work = threading.Thread(target=lambda: outcomes.append(running.run()))
    work.start()
    while not bodies_are_in():
        work.join(0.005)
    thread.start()
    work.join(60)
    assert outcomes == ["done"]
