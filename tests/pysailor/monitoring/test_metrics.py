"""What was noted is counted, once, and its labels stay few."""

from __future__ import annotations

import socket
import threading
from decimal import Decimal
from typing import Any

import pytest

from pysailor import CallReport
from pysailor.monitoring.health import Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import MessageReport, Notes
from pysailor.monitoring.server import MonitoringServer
from tests.support.monitoring import SESSION, Scraped


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def metrics(notes: Notes) -> Metrics:
    return Metrics(notes, Health(), 20, {"version": "1.2.3", "step": 'a "quoted" \\ step\n'})


def scrape(metrics: Metrics) -> Scraped:
    return Scraped(metrics.render().decode())


def test_everything_stands_there_before_anything_happened(metrics: Metrics) -> None:
    scraped = scrape(metrics)
    assert scraped.value("pysailor_messages_total") == 0
    assert scraped.value("pysailor_info", version="1.2.3", step='a "quoted" \\ step\n') == 1
    assert not [name for name in scraped.names if name.endswith("_created")]


def test_notes_of_many_threads_are_all_counted_once(notes: Notes, metrics: Metrics) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 500):
            notes.begin(number)
            notes.call(CallReport("m", "ok", 0.1, 2, {"output_tokens": 3}, Decimal("0.001")))
            notes.end(number, MessageReport("done", 0.2))

    threads = [threading.Thread(target=work, args=(1000 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.render()
    scraped = scrape(metrics)
    assert scraped.value("pysailor_messages_total", outcome="done") == 4000
    assert scraped.value("pysailor_call_tries_total", target="m") == 8000
    assert scraped.value("pysailor_call_units_total", unit="output_tokens") == 12000
    assert scraped.value("pysailor_call_cost_total", currency="USD") == pytest.approx(4.0)
    assert scraped.value("pysailor_in_flight") == 0


def test_labels_beyond_a_hundred_are_counted_together(notes: Notes, metrics: Metrics) -> None:
    for number in range(150):
        notes.call(CallReport(f"model-{number}", "ok", 1.0))
        notes.end(number, MessageReport("failed", 1.0, f"code-{number}"))
    scraped = scrape(metrics)
    assert scraped.value("pysailor_calls_total", target="other") == 50
    assert scraped.value("pysailor_calls_total") == 150
    assert scraped.value("pysailor_errors_total") == 150
    assert len({sample.labels["code"] for sample in scraped.samples if sample.name == "pysailor_errors_total"}) <= 101


def test_a_cost_that_is_not_known_is_counted_as_such_and_not_as_nothing(notes: Notes, metrics: Metrics) -> None:
    notes.call(CallReport("m", "ok", 1.0))
    notes.call(CallReport("m", "timeout", 1.0))
    notes.call(CallReport("m", "ok", 1.0, cost=Decimal(0)))
    assert scrape(metrics).value("pysailor_calls_unpriced_total", target="m") == 1


@pytest.mark.parametrize("cost", [Decimal("NaN"), Decimal("Infinity"), Decimal(-1)])
def test_amounts_that_are_none_spoil_no_counter(notes: Notes, metrics: Metrics, cost: Decimal) -> None:
    notes.call(CallReport("m", "ok", 1.0, units={"tokens": -5}, cost=cost, tries=-1))
    notes.call(CallReport("m", "ok", 1.0, units={"tokens": 5}, cost=Decimal(2)))
    scraped = scrape(metrics)
    assert scraped.value("pysailor_call_cost_total", target="m") == 2
    assert scraped.value("pysailor_call_units_total", target="m") == 5


@pytest.mark.parametrize(
    "wrong",
    [{"target": None}, {"outcome": 1}, {"seconds": "1"}, {"tries": 1.5}, {"units": {"tokens": "5"}}, {"cost": 0.5}],
)
def test_a_call_of_the_wrong_shape_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="CallReport"):
        CallReport(**{"target": "m", "outcome": "ok", "seconds": 1.0, **wrong})


def test_clients_that_say_nothing_do_not_keep_others_from_their_answer(metrics: Metrics) -> None:
    server = MonitoringServer("127.0.0.1", 0, metrics, Health())
    server.start()
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
    try:
        assert SESSION.get(f"http://127.0.0.1:{server.port}/metrics", timeout=60).status_code == 200
    finally:
        for each in silent:
            each.close()
        server.stop()


def test_what_was_said_in_a_call_is_not_held_until_it_is_counted(notes: Notes) -> None:
    notes.call(CallReport("gpt-5", "ok", 1.0, content=lambda: {"gen_ai.input.messages": ["x" * 1_000_000]}))
    (noted,) = notes.take()
    assert isinstance(noted, CallReport)
    assert noted.content is None
