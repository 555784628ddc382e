"""Batches over RabbitMQ: put off without being lost, emitted line by line, submitted once though a worker is killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.sandbox import KEY, Sandbox
from pysailor.cli import main
from tests.support.batches import created
from tests.support.broker import eventually

if TYPE_CHECKING:
    from tests.support.stage import Stage, StartedWorker

ROOT = Path(__file__).parents[2]
BODY = {"requests": ["How long is a day on Venus?", "Name a city on the Rhine."]}


def work(stage: Stage, function: str, sandbox: Sandbox, scenario: str = "", **changes: Any) -> StartedWorker:
    """Start a worker of the component whose server plays a scenario."""
    headers = {"headers": f"X-Sandbox-Scenario: {scenario}"} if scenario else {}
    cfg = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2", **headers}
    stage.platform.step["config"] = cfg
    return stage.start({**stage.env(FUNCTION=function), **changes}, cwd=ROOT)


@pytest.mark.parametrize("journal", ["off", "sqlite"])
def test_a_worker_that_is_killed_while_it_submits_makes_no_second_batch(stage: Stage, journal: str) -> None:
    store = "off" if journal == "off" else f"sqlite:///{stage.file('journal.sqlite')}"
    with Sandbox(slow_seconds=0.4) as sandbox:
        with work(stage, "batchSubmit", sandbox, "slow", PYSAILOR_JOURNAL=store) as first:
            stage.put({"body": {**BODY}})
            eventually(lambda: created(sandbox))
            first.process.kill()
            first.process.wait()
        with work(stage, "batchSubmit", sandbox, PYSAILOR_JOURNAL=store):
            route = eventually(lambda: next((name for name in ("data", "rebound") if stage.count(name)), None))
            came = stage.one(route)
        assert len(created(sandbox)) == 1
    if route == "data":
        assert came.body["replayed"] is True
    else:
        assert "another worker is submitting" in came.headers["reboundReason"]
        assert int(came.properties.expiration) <= 60_000


def test_a_batch_that_is_not_done_is_put_off_and_then_emitted_line_by_line(stage: Stage, sandbox: Sandbox) -> None:
    with work(stage, "batchCollect", sandbox, "batch_slow"):
        stage.put({"body": {"batch_id": "batch_sandbox"}}, {"reboundIteration": 14})
        put_off = stage.one("rebound")
    assert put_off.headers["reboundReason"] == "batch batch_sandbox: it is in_progress, 1 of 3 lines are done"
    assert put_off.properties.expiration == str(120 * 60_000), "two hours, where the bare back-off has 68"
    with work(stage, "batchCollect", sandbox):
        stage.put(put_off.content, put_off.headers)
        came = stage.take(count=4)
    assert {each.body.get("custom_id") for each in came} == {"question-1", "question-2", "question-3", None}
    assert came[-1].body["result"]["outcome"] == "summary"
    assert len({each.headers["x-pysailor-event-id"] for each in came}) == 4
    assert stage.nothing_left()


def test_the_flow_of_a_batch_runs_and_each_ticket_gets_its_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["flow", "run", "flows/batch.yaml", "--sandbox", "--runs", str(tmp_path), "-o", "-"]) == 0
    *answers, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({answer["custom_id"] for answer in answers}) == 3
    assert summary["result"]["answered"] == 3
