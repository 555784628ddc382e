"""A running worker is watched: its metrics, its probes, its heartbeat, its log."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY
from tests.support.broker import Rabbit, eventually
from tests.support.monitoring import Probed

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from tests.support.stage import Stage

ROOT = Path(__file__).parents[2]
PORT = {"PYSAILOR_METRICS_PORT": "0"}


def test_messages_are_counted_by_what_became_of_them(stage: Stage) -> None:
    with stage.worker(**PORT) as worker:
        probed = Probed(worker)
        for _ in range(3):
            stage.put({"body": {}})
        stage.order("fail")
        stage.order("rebound")
        stage.put(b"no message")
        metrics = probed.until(6, "pysailor_messages_total")
        probed.until(1, "pysailor_consuming")
        metrics = probed.scrape()
    for outcome, count in {"done": 3, "failed": 1, "rebound": 1, "rejected": 1, "returned": 0}.items():
        assert metrics.value("pysailor_messages_total", outcome=outcome) == count, outcome
    assert metrics.value("pysailor_message_seconds_count", outcome="done") == 3
    assert metrics.value("pysailor_errors_total", code="invalid_input") == 1
    assert metrics.value("pysailor_in_flight") == 0
    assert metrics.value("pysailor_prefetch") == 20
    assert metrics.value("pysailor_broker_connected", connection="read") == 1
    assert metrics.value("pysailor_broker_connected", connection="write") == 1
    assert metrics.value("process_resident_memory_bytes") > 0


def test_what_is_in_work_shows_with_its_age(stage: Stage) -> None:
    gate = stage.file("gate")
    with stage.worker(**PORT) as worker:
        probed = Probed(worker)
        stage.order("hold", gate=str(gate))
        probed.until(1, "pysailor_in_flight")
        assert probed.scrape().value("pysailor_oldest_in_flight_seconds") > 0
        gate.touch()
        probed.until(0, "pysailor_in_flight")
        assert probed.scrape().value("pysailor_oldest_in_flight_seconds") == 0


def test_a_message_that_the_watchdog_ends_is_counted_once(stage: Stage) -> None:
    gate = stage.file("gate")
    with stage.worker(**PORT, PYSAILOR_MESSAGE_DEADLINE="0.2") as worker:
        probed = Probed(worker)
        stage.order("hold", gate=str(gate))
        probed.until(1, "pysailor_messages_total", outcome="failed")
        gate.touch()
        eventually(lambda: worker.said("came back from a message"))
        metrics = probed.scrape()
    assert metrics.value("pysailor_messages_total") == 1
    assert metrics.value("pysailor_in_flight") == 0
    assert metrics.value("pysailor_errors_total", code="deadline_exceeded") == 1


def test_what_is_delivered_again_is_counted_as_such(stage: Stage) -> None:
    gate = stage.file("gate")
    with stage.worker(**PORT) as first:
        stage.order("hold", gate=str(gate), begun=str(stage.file("begun")))
        eventually(stage.file("begun").exists)
        first.process.kill()
        first.process.wait()
    gate.touch()
    with stage.worker(**PORT) as second:
        Probed(second).until(1, "pysailor_redelivered_total")
        (line,) = eventually(lambda: second.said("done after"))
    assert line["redelivered"] is True


def test_tokens_money_and_tries_are_counted_by_model_and_stand_in_the_log(stage: Stage, sandbox: Sandbox) -> None:
    model = "gpt-sandbox-2"
    prices = stage.file("models.json")
    prices.write_text(json.dumps({"models": {model: {"price": {"input": 1.5, "output": 6}}}}))
    stage.platform.step["config"] = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": model}
    changes = {"CHATGPT_MODELS_FILE": str(prices)}
    with stage.start({**stage.env(FUNCTION="sendRequest", **PORT), **changes}, cwd=ROOT) as worker:
        probed = Probed(worker)
        message = {"messages": [{"role": "user", "content": "Hello, in few words."}]}
        message_id = stage.put({"body": message})
        taken = stage.one()
        metrics = probed.until(1, "pysailor_messages_total", outcome="done")
        stage.put({"body": {**message, "model": "sandbox-no-such-model"}})
        stage.one("error")
        failed = probed.until(1, "pysailor_messages_total", outcome="failed")
    used = taken.body["result"]
    assert metrics.value("pysailor_calls_total", target=model, outcome="ok") == 1
    assert metrics.value("pysailor_call_tries_total", target=model) == used["tries"]
    assert metrics.value("pysailor_call_seconds_count", target=model) == 1
    assert metrics.value("pysailor_call_units_total", target=model, unit="input_tokens") == used["usage"]["prompt"]
    assert metrics.value("pysailor_call_units_total", target=model, unit="output_tokens") == used["usage"]["completion"]
    assert metrics.value("pysailor_call_cost_total", target=model, currency="USD") == used["cost"]["amount"]
    assert used["cost"]["amount"] > 0
    (line,) = worker.said("done after")
    assert line["outcome"] == "done"
    assert line["calls"] == 1
    assert line["tries"] == used["tries"]
    assert line["units"]["input_tokens"] == used["usage"]["prompt"]
    assert float(line["cost"]["USD"]) == used["cost"]["amount"]
    assert line["ms"] > 0
    assert line["messageId"]
    assert line["parentMessageId"] == message_id or line["threadId"] == "the-thread"
    assert "few words" not in worker.text
    assert failed.value("pysailor_errors_total", code="model_not_found") == 1
    assert failed.value("pysailor_calls_total", outcome="model_not_found") == 1


def test_the_probes_answer_and_nothing_else_does(stage: Stage) -> None:
    with stage.worker(**PORT) as worker:
        probed = Probed(worker)
        eventually(lambda: probed.get("/readyz").status_code == 200)
        assert probed.get("/healthz").text == "alive\n"
        assert probed.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
        assert probed.get("/").status_code == 404
        assert probed.get("/metrics/..").status_code == 404


def test_a_worker_without_its_broker_is_alive_and_not_ready(broker: Rabbit, stage: Stage) -> None:
    with stage.worker(**PORT) as worker:
        probed = Probed(worker)
        eventually(lambda: probed.get("/readyz").status_code == 200)
        broker.ctl("stop_app")
        try:
            eventually(lambda: probed.get("/readyz").status_code == 503)
            assert probed.get("/healthz").status_code == 200
            probed.until(0, "pysailor_broker_connected")
        finally:
            broker.ctl("start_app")
            stage.reconnect()
        eventually(lambda: probed.get("/readyz").status_code == 200)


def test_a_worker_that_stops_is_not_ready_while_it_finishes(stage: Stage) -> None:
    gate = stage.file("gate")
    with stage.worker(**PORT) as worker:
        probed = Probed(worker)
        eventually(lambda: probed.get("/readyz").status_code == 200)
        stage.order("hold", gate=str(gate), begun=str(stage.file("begun")))
        eventually(stage.file("begun").exists)
        worker.process.terminate()
        eventually(lambda: probed.get("/readyz").status_code == 503)
        assert probed.get("/healthz").status_code == 200
        gate.touch()


def test_no_port_is_open_unless_it_is_asked_for(stage: Stage) -> None:
    with stage.worker() as worker:
        assert worker.said("metrics and probes") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - as in a container
def test_a_port_in_use_is_one_sentence_and_an_exit_code(stage: Stage, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        worker = stage.worker(PYSAILOR_METRICS_PORT=port, PYSAILOR_METRICS_HOST=host)
        assert worker.end() == 1
    (line,) = worker.said("cannot")
    assert f"port {port} cannot be opened on {host} (Address already in use)" in line["msg"]
    assert "err" not in line
    assert worker.errors == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"PYSAILOR_METRICS_PORT": "0", "PYSAILOR_METRICS_HOST": "no.such.host.invalid"},
            "cannot be opened on no.such",
        ),
        ({"PYSAILOR_HEARTBEAT_FILE": "/no/such/folder/beat"}, "cannot be written (No such file or directory)"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_sentence(stage: Stage, changes: dict[str, str], told: str) -> None:
    worker = stage.worker(**changes)
    assert worker.end() == 1
    (line,) = worker.said("cannot go on")
    assert told in line["msg"]
    assert "err" not in line


def test_settings_out_of_range_are_told_with_all_others(stage: Stage) -> None:
    worker = stage.worker(PYSAILOR_METRICS_PORT="65536", RABBITMQ_PREFETCH_SAILOR="0", STEP_ID=None)
    assert worker.end() == 1
    (line,) = worker.lines
    for each in ("PYSAILOR_METRICS_PORT is 65536; it must be 65535 or less", "PREFETCH", "STEP_ID is missing"):
        assert each in line["msg"]


def test_the_heartbeat_is_renewed_while_the_worker_lives_and_gone_afterwards(stage: Stage) -> None:
    file = stage.file("heartbeat")
    with stage.worker(PYSAILOR_HEARTBEAT_FILE=str(file)):
        first = file.stat().st_mtime
        eventually(lambda: file.stat().st_mtime > first)
        assert time.time() - file.stat().st_mtime < 10
    assert not file.exists()
